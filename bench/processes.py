"""What Gatehouse weighs: bytes to load, memory, and the time of the import."""

from __future__ import annotations

import json
import subprocess
import urllib.request
import zipfile
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

import hanko
import peers
from figures import PAIRS, Row, difference, exactly, median
from served import ROOT, Served

#: Memory hardly differs from one start to the next.
MEMORY_PAIRS = 8


def bundle(_home: Path) -> list[Row]:
    wheel = next((ROOT / "dist").glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        static = "streamlit_gatehouse/static/"
        manifest = json.loads(archive.read(static + "manifest.json"))
        sizes = {
            part: archive.getinfo(f"{static}{manifest[part]}.gz").file_size / 1000
            for part in ("entry", "bundle", "wasm", "css", "watch")
        }
    element = hanko.packed()
    needed = sum(sizes[part] for part in ("entry", "bundle", "wasm", "css"))
    note = ", ".join(f"{part} {size:.1f}" for part, size in sizes.items())
    return [
        Row("bundle to sign in, gzip", exactly(needed), "kB", 100, note=note),
        Row("bundle: Gatehouse, everything to sign in", exactly(needed), "kB"),
        Row("bundle: Hanko's whole element", exactly(len(element) / 1000), "kB", note="elements.js, gzip -9"),
        Row("the wheel", exactly(wheel.stat().st_size / 1e6), "MB"),
    ]


def resident(served: Served) -> float:
    """Megabytes of an idle server after one visit to its page."""
    served.start()
    try:
        with urllib.request.urlopen(served.url) as answer:
            answer.read()
        stream = served.url.replace("http", "ws") + "/_stcore/stream"
        with connect(stream, subprotocols=[Subprotocol("streamlit")], origin=Origin(served.url)) as socket:
            socket.send(BackMsg(rerun_script=ClientState()).SerializeToString())
            while not ForwardMsg.FromString(socket.recv(20, decode=False)).HasField("script_finished"):
                pass
        status = Path(f"/proc/{served.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1000
    finally:
        served.stop()


def memory(home: Path) -> list[Row]:
    bare, ours = [], []
    for number in range(MEMORY_PAIRS):
        bare.append(resident(peers.bare(home / f"bare{number}")))
        ours.append(resident(peers.gatehouse(home / f"gatehouse{number}", "script")))
    return [
        Row("memory added, idle", difference(ours, bare), "MB", 40, samples={"bare": bare, "ours": ours}),
        Row("… bare st.form", median(bare), "MB"),
        Row("… Gatehouse", median(ours), "MB"),
    ]


def imports(home: Path) -> list[Row]:
    script = (
        "import time, streamlit\n"
        "started = time.perf_counter()\n"
        "{statement}\n"
        "print((time.perf_counter() - started) * 1000)\n"
    )
    python = str(peers.ENVIRONMENT / "bin" / "python")
    # The package imports its parts when they are first named.
    ours, theirs = "from streamlit_gatehouse import login", "import streamlit_authenticator"
    taken: dict[str, list[float]] = {ours: [], theirs: []}
    for _ in range(PAIRS):
        for statement, samples in taken.items():
            command = [python, "-c", script.format(statement=statement)]
            samples.append(float(subprocess.check_output(command, cwd=home, stderr=subprocess.DEVNULL)))
    return [
        Row("import after streamlit", median(taken[ours]), "ms", 50, samples=taken),
        Row("… streamlit-authenticator", median(taken[theirs]), "ms"),
    ]
