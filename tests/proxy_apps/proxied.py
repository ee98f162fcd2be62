"""An app of any framework in a process of its own, and `gatehouse serve --upstream` in front of it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from served import ROOT, free_port

ENVIRONMENT = ROOT / ".build" / "proxied"
APPS = Path(__file__).parent / "apps"
PASSWORD = "quiet harbor window lamp"
PATIENCE = 60.0


class Process:
    """A program that listens on a port."""

    def __init__(
        self, command: Sequence[str], port: int, home: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        self.command = [str(ENVIRONMENT / "bin" / command[0]), *command[1:]]
        self.port = port
        self.home = home
        self.log = home / f"log-{port}"
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        self.environ = kept | {"HOME": str(home), "PYTHONUNBUFFERED": "1"} | dict(environ or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command, cwd=self.home, env=self.environ, stdout=output, stderr=subprocess.STDOUT
            )
        wait_for(self._listens, self.text)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def text(self) -> str:
        """Everything it has printed."""
        return self.log.read_text("utf-8", errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Proxied:
    """An app, the front, and the address that people use."""

    def __init__(self, name: str, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        upstream, front = free_port(), free_port()
        self.home = home
        self.url = f"http://localhost:{front}"
        self.app_url = f"http://127.0.0.1:{upstream}"
        environ = {"FRONT": self.url, "AUDIENCE": self.app_url}
        self.app = Process(COMMANDS[name](upstream), upstream, home, environ)
        serve = ["gatehouse", "serve", "--upstream", self.app_url, "--listen", f"127.0.0.1:{front}"]
        self.front = Process(serve, front, home)

    def start(self) -> Proxied:
        self.app.start()
        self.front.start()
        return self

    def stop(self) -> None:
        self.front.stop()
        self.app.stop()

    def command(self, *arguments: str, typed: str = "") -> str:
        """Runs `gatehouse …` beside the server, in a process of its own."""
        done = subprocess.run(
            [str(ENVIRONMENT / "bin" / "gatehouse"), *arguments],
            cwd=self.home,
            env=self.front.environ,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def add(self, name: str, *roles: str) -> None:
        given = [argument for role in roles for argument in ("--role", role)]
        typed = PASSWORD + "\n"
        self.command("users", "add", name, *given, "--password-stdin", "--no-must-change", typed=typed)


#: Starts an app by its name, once.
Serve = Callable[[str], Proxied]


def _streamlit(port: int) -> list[str]:
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    return ["streamlit", "run", str(APPS / "dashboard.py"), *given]


def _uvicorn(port: int) -> list[str]:
    return ["uvicorn", "--app-dir", str(APPS), "--host", "127.0.0.1", "--port", str(port), "api:app"]


def _shiny(port: int) -> list[str]:
    return ["shiny", "run", "--host", "127.0.0.1", "--port", str(port), str(APPS / "shiny_app.py")]


def _files(port: int) -> list[str]:
    return ["python", "-m", "http.server", "--bind", "127.0.0.1", "-d", str(APPS / "site"), str(port)]


COMMANDS: dict[str, Callable[[int], list[str]]] = {
    "streamlit": _streamlit,
    "fastapi": _uvicorn,
    "shiny": _shiny,
    "files": _files,
}


def wait_for(condition: Callable[[], bool], told: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, told()
        time.sleep(0.05)
