"""A process that runs while something is measured."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(command: list[str], home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with (home / f"log-{port}").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (home / f"log-{port}").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)
