"""The stub of the native module says what the module really has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import streamlit_gatehouse


def test_the_stub_matches_the_native_module(tmp_path: Path) -> None:
    # Alone in a package of the same name: mypy would otherwise read all of Streamlit for it.
    alone = tmp_path / "streamlit_gatehouse"
    alone.mkdir()
    (alone / "__init__.py").touch()
    for file in Path(streamlit_gatehouse.__file__).parent.glob("_native.*"):
        shutil.copy(file, alone)
    # PyO3 adds `__all__` by itself; everything else has to stand in the stub.
    allowed = tmp_path / "allowed"
    allowed.write_text("streamlit_gatehouse._native.__all__\n")
    stubtest = [
        sys.executable,
        "-m",
        "mypy.stubtest",
        "streamlit_gatehouse._native",
        "--allowlist",
        str(allowed),
    ]
    done = subprocess.run(stubtest, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
