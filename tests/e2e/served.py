"""An app served by a real process from an installed wheel, with nothing of this repository on its path."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEWEST = ROOT / ".build" / "newest"
OLDEST = ROOT / ".build" / "oldest"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Served:
    """Copies an app into a directory of its own and serves it from there."""

    def __init__(
        self,
        app: Path,
        home: Path,
        *,
        settings: str = "",
        plain: bool = False,
        gate: str = "",
        environment: Path = NEWEST,
        below: str = "",
        secrets: str = "",
        options: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.below = below
        self.plain = plain
        self.gate = gate
        self.environment = environment
        self.port = free_port()
        self.url = f"http://localhost:{self.port}{below}"
        if app.is_dir():
            shutil.copytree(app, home, dirs_exist_ok=True)
            self.script = next(home / name for name in ("app.py", "home.py") if (home / name).exists())
        else:
            home.mkdir(parents=True, exist_ok=True)
            self.script = Path(shutil.copy(app, home / "app.py"))
        (home / "gatehouse.toml").write_text((f'gate = "{gate}"\n' if gate else "") + settings)
        self.options = list(options)
        self.variables = dict(variables or {})
        if secrets:
            self.keep_secrets(secrets)
        self.output: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    def keep_secrets(self, text: str) -> None:
        """Write `.streamlit/secrets.toml`."""
        (self.home / ".streamlit").mkdir(exist_ok=True)
        (self.home / ".streamlit" / "secrets.toml").write_text(text)

    def _command(self) -> list[str]:
        program = "streamlit" if self.plain else "gatehouse"
        return [
            str(self.environment / "bin" / program),
            "run",
            str(self.script),
            f"--server.port={self.port}",
            "--server.headless=true",
            "--browser.gatherUsageStats=false",
            "--server.fileWatcherType=none",
            f"--server.baseUrlPath={self.below}",
            *self.options,
        ]

    def _environ(self) -> dict[str, str]:
        kept = ("PATH", "LANG", "LC_ALL", "TMPDIR")
        environ = {name: os.environ[name] for name in kept if name in os.environ}
        return environ | {"HOME": str(self.home), "PYTHONUNBUFFERED": "1"} | self.variables

    def start(self) -> Served:
        self._process = subprocess.Popen(
            self._command(),
            cwd=self.home,
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError("The server ended at once:\n" + self.text())
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("The server did not come up:\n" + self.text())

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line.rstrip("\n"))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def text(self) -> str:
        """Everything it has printed so far."""
        return "\n".join(self.output)

    def stop(self, *, kill: bool = False) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def printed(self, pattern: str) -> str:
        """The first text on the console that matches; waits for it."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.text()):
                return found.group()
            time.sleep(0.05)
        raise AssertionError(f"Nothing printed matches {pattern}:\n{self.text()}")

    def setup_link(self) -> str:
        """The link that makes the first administrator, as the console shows it."""
        return self.printed(r"http://\S+#setup=[\w-]+")

    def command(self, *arguments: str, typed: str = "") -> str:
        """Runs `gatehouse …` in the app's directory, in a process of its own, with a password typed into it.

        Who is added keeps the password and has a confirmed address, so that a test begins where it means to.
        """
        more = ["--password-stdin"] if typed else []
        if arguments[:2] == ("users", "add"):
            more += ["--no-must-change", *(["--verified"] if "--email" in arguments else [])]
        done = subprocess.run(
            [str(self.environment / "bin" / "gatehouse"), *arguments, *more],
            cwd=self.home,
            env=self._environ(),
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"gatehouse {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout
