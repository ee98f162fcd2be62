"""An app that is served by a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

APPS = Path(__file__).parent / "apps"
PASSWORD = "correct horse battery staple"  # an example from a comic, and not a common password
TIMEOUT = 20.0


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """An app that is served by a process of its own."""

    port: int
    directory: Path
    process: subprocess.Popen[bytes]
    log: Path
    endpoint_port: int
    base: str = ""
    public: str = ""

    @property
    def origin(self) -> str:
        """Give the origin of the app's page."""
        return self.public or f"http://localhost:{self.port}"

    def host(self, port: int) -> str:
        """Give the name under which a browser asks at a port, which a proxy may stand before."""
        return self.public.partition("://")[2] or f"localhost:{port}"

    def output(self) -> str:
        """Give what the process has printed."""
        return self.log.read_text("utf-8")

    def post(
        self, path: str, body: object, cookies: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, list[str]]:
        """Post JSON to the endpoint: status, answer and the cookies it sets."""
        connection = http.client.HTTPConnection("127.0.0.1", self.endpoint_port, timeout=TIMEOUT)
        sent = {"Host": self.host(self.endpoint_port), "Origin": self.origin, **(headers or {})}
        sent["Content-Type"] = "application/json"
        if cookies:
            sent["Cookie"] = cookies
        connection.request("POST", f"{self.base}/_gatehouse{path}", json.dumps(body), sent)
        answer = connection.getresponse()
        text = answer.read()
        found = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
        connection.close()
        return answer.status, json.loads(text) if text else None, found

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """Get a page of the app."""
        return self.ask("GET", path, headers)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request without a body to the app."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        connection.request(method, path, headers={"Host": self.host(self.port), **(headers or {})})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def command(self, *arguments: str, stdin: str = "") -> str:
        """Run the command line in the app's directory, in a process of its own."""
        ran = subprocess.run(
            [*gatehouse(), *arguments],
            cwd=self.directory,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def add_user(self, username: str, *roles: str) -> None:
        """Add someone by the command line."""
        given = [argument for role in roles for argument in ("--role", role)]
        self.command(
            "users", "add", username, *given, "--password-stdin", "--no-must-change", stdin=PASSWORD + "\n"
        )

    def sign_in(self, username: str, challenge: str | None = None, cookies: str = "") -> tuple[str, str]:
        """Sign in as the form does: the session's cookie, and the ticket if there was a challenge."""
        step = {"step": "password", "identifier": username, "password": PASSWORD, "keep": False}
        status, answer, found = self.post("/login", {**step, "challenge": challenge}, cookies)
        assert status == 200, answer
        return session_cookie(found), answer["ticket"] or ""

    def sign_out(self, cookie: str) -> None:
        """Sign out as the page does."""
        status, answer, _ = self.post("/logout", {}, cookie)
        assert status == 200, answer


def session_cookie(found: Sequence[str]) -> str:
    """Pick the session out of the cookies that an answer sets, as `name=value`."""
    pairs = [value.split(";")[0] for value in found]
    return next(pair for pair in pairs if "gatehouse-device" not in pair and not pair.endswith("="))


def gatehouse() -> list[str]:
    """Give the command line of this environment."""
    return [str(Path(sys.executable).parent / "gatehouse")]


@contextlib.contextmanager
def serve(
    app: Path,
    directory: Path,
    *,
    gate: bool = True,
    mode: str = "script",
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    port: int = 0,
) -> Iterator[Served]:
    """Serve a copy of `app` (a folder with `app.py`) until the block ends; `mode` is what the gate covers."""
    if not (directory / "app.py").exists():
        shutil.copytree(app, directory, dirs_exist_ok=True)
    port = port or free_port()
    runner = gatehouse() if gate else [sys.executable, "-m", "streamlit"]
    log = directory / f"log-{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*runner, "run", "app.py", "--server.port", str(port), "--server.headless", "true", *options],
            cwd=directory,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "GATEHOUSE_GATE": mode, **(environment or {})},
        )
    served = Served(port, directory, process, log, port)
    try:
        wait_for(lambda: reachable(port) or process.poll() is not None, "the app listens")
        assert process.poll() is None, served.output()
        yield served
    finally:
        process.terminate()
        process.wait(TIMEOUT)


def reachable(port: int) -> bool:
    """Say whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool], what: str, seconds: float = TIMEOUT) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)


def make_admin(served: Served, username: str = "alice") -> str:
    """Make the first administrator by the link on the console; give the session's cookie."""
    wait_for(lambda: "#setup=" in served.output(), "the set-up link is printed")
    found = re.findall(r"#setup=([\w-]+)", served.output())
    step = {"step": "submit", "username": username, "email": "", "password": PASSWORD, "token": found[-1]}
    status, answer, cookies = served.post("/registration", {**step, "challenge": None})
    assert status == 200, answer
    return session_cookie(cookies)


def address_of_login(served: Served, headers: Mapping[str, str]) -> tuple[str, list[str]]:
    """Sign in with headers: where the endpoint believes that it came from, and the cookies that it sets."""

    def noted() -> list[str]:
        return [line for line in served.output().splitlines() if "login.completed" in line]

    before = len(noted())
    step = {"step": "password", "identifier": "alice", "password": PASSWORD, "keep": False, "challenge": None}
    status, answer, found = served.post("/login", step, headers=headers)
    assert status == 200, answer
    wait_for(lambda: len(noted()) > before, "the login is in the log")
    address = re.search(r'address="([^"]*)"', noted()[-1])
    return (address[1] if address else ""), found
