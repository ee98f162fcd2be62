"""`st.App(**mount())` under somebody else's server, in one process and in several."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import Client, client
from served import (
    APPS,
    Served,
    address_of_login,
    free_port,
    make_admin,
    reachable,
    wait_for,
)

HTML = {"Accept": "text/html"}


@contextlib.contextmanager
def run(directory: Path, *command: str, mode: str = "script", app: str = "mounted") -> Iterator[Served]:
    """Serve an app with a launcher by a command of Python's, which is told the port."""
    shutil.copytree(APPS / app, directory, dirs_exist_ok=True)
    port = free_port()
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command, str(port)],
            cwd=directory,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "GATEHOUSE_GATE": mode},
        )
    served = Served(port, directory, process, log, port)
    try:
        wait_for(lambda: reachable(port) or process.poll() is not None, "the server listens")
        assert process.poll() is None, served.output()
        yield served
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("forwarded", [None, "203.0.113.9"])
def test_mount_under_another_server(tmp_path: Path, forwarded: str | None) -> None:
    """The same gate under uvicorn, and no address that a header claims."""
    with run(tmp_path, "-m", "uvicorn", "launcher:app", "--no-access-log", "--port") as served:
        assert b"watch-" in served.get("/", HTML)[2]
        cookie = make_admin(served)
        with client(served) as browser:
            assert "user: None" in browser.texts
        with client(served, cookie=cookie) as browser:
            assert "user: alice" in browser.texts
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        assert address_of_login(served, headers)[0] == ("" if forwarded else "127.0.0.1")


def test_mount_in_forked_workers(tmp_path: Path) -> None:
    """Two children of one process that imported the app: each has an endpoint of its own, on one database."""
    with run(tmp_path, "workers.py") as served:
        assert b"watch-" in served.get("/", HTML)[2]
        served.add_user("alice", "admin")
        cookie, _ = served.sign_in("alice")
        with contextlib.ExitStack() as stack:
            browsers: dict[str, Client] = {}
            while len(browsers) < 2:
                browser = stack.enter_context(client(served, cookie=cookie))
                assert "user: alice" in browser.texts
                browsers[next(text for text in browser.texts if "process" in text)] = browser
            served.sign_out(cookie)
            for browser in browsers.values():
                assert browser.closed()[0] == 4401
