"""The servers that are put under load, each started the same way: Gatehouse, its peers, and a bare route."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import postgres
from served import ROOT, free_port

PASSWORD = "quiet harbor window lamp"
#: How many people sign in, in turn.
PEOPLE = 40
PEERS = ROOT / "bench" / "peers"


class Server:
    """A server on cores of its own, with people who can sign in, one of whom is."""

    name = ""

    def __init__(self, home: Path, cores: str, load: str) -> None:
        home.mkdir(parents=True)
        self.home, self.cores, self.load = home, cores, load
        self.port = free_port()
        self.cookies = ""
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def variables(self) -> dict[str, str]:
        return {}

    def fill(self) -> None:
        """Adds the people, and signs one in."""

    def check(self) -> str:
        """The request that asks who is signed in."""
        raise NotImplementedError

    def login(self, person: int) -> str:
        """The request that signs somebody in."""
        raise NotImplementedError

    def logins(self) -> list[str]:
        return [self.login(person) for person in range(1, PEOPLE)]

    def start(self) -> None:
        with (self.home / "log").open("wb") as log:
            kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
            self._process = subprocess.Popen(
                ["taskset", "-c", self.cores, *self.command()],
                cwd=self.home,
                env=kept | self.variables(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            assert self._process.poll() is None, (self.home / "log").read_text()
            assert time.monotonic() < until, f"{self.name} does not listen"
            time.sleep(0.05)
        self.fill()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
            self._process = None

    def resident(self) -> float:
        return self._status("VmRSS")

    def peak(self) -> float:
        return self._status("VmHWM")

    def _status(self, what: str) -> float:
        """Megabytes."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(what))
        return int(line.split()[1]) / 1000

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def get(self, path: str) -> str:
        return f"GET {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nCookie: {self.cookies}\r\n\r\n"

    def post(self, path: str, body: str, kind: str = "application/json") -> str:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nOrigin: {self.origin}\r\n"
        return f"{head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}"

    def ask(self, path: str, body: str, kind: str = "application/json") -> str:
        """Posts once; the cookies that the answer sets."""
        request = urllib.request.Request(
            self.origin + path, body.encode(), {"Content-Type": kind, "Origin": self.origin}
        )
        with urllib.request.urlopen(request) as answer:
            answer.read()
            set_now = answer.headers.get_all("Set-Cookie") or []
        return "; ".join(cookie.split(";")[0] for cookie in set_now)


class Constant(Server):
    """What a server on axum can do at most: a route that answers a constant."""

    name = "bare axum route"

    def command(self) -> list[str]:
        return [self.load, "constant", str(self.port)]

    def check(self) -> str:
        return self.get("/")


class Gatehouse(Server):
    """`gatehouse serve`, with limits so high that only its queue of hashes refuses."""

    name = "Gatehouse, SQLite"
    database = ""
    key = Path()

    def command(self) -> list[str]:
        permits = len(self.cores.split(","))
        lines = [f'database = "{self.database}"', f'key_file = "{self.key}"'] if self.database else []
        lines += [
            "[password]",
            f"hash_permits = {permits}",
            "[session]",
            "max_per_identity = 1000",
            "[limits]",
        ]
        lines += ["account_attempts = 100", "address_attempts = 1000000", "global_attempts = 1000000"]
        (self.home / "gatehouse.toml").write_text("\n".join(lines) + "\n")
        return [str(program()), "serve", "--listen", f"127.0.0.1:{self.port}"]

    def fill(self) -> None:
        for person in range(PEOPLE):
            added = ["users", "add", f"person{person}", "--password-stdin", "--no-must-change"]
            done = subprocess.run(
                [str(program()), *added],
                cwd=self.home,
                input=PASSWORD + "\n",
                text=True,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        self.cookies = self.ask("/_gatehouse/login", self._step(0))

    def _step(self, person: int) -> str:
        step = {"step": "password", "identifier": f"person{person}", "password": PASSWORD, "keep": False}
        return json.dumps(step | {"challenge": None})

    def check(self) -> str:
        return self.get("/_gatehouse/session")

    def login(self, person: int) -> str:
        return self.post("/_gatehouse/login", self._step(person))


class GatehousePostgres(Gatehouse):
    """The same on PostgreSQL."""

    name = "Gatehouse, PostgreSQL"
    #: The replica whose database, key and people this one shares.
    shared: GatehousePostgres | None = None

    def command(self) -> list[str]:
        if self.shared is None:
            self.database, self.key = postgres.database(self.cores), self.home / "key"
        else:
            self.database, self.key = self.shared.database, self.shared.key
        return super().command()

    def fill(self) -> None:
        if self.shared is None:
            super().fill()
        else:
            self.cookies = self.shared.cookies


class BetterAuth(Server):
    """better-auth behind node:http."""

    name = "better-auth, SQLite"
    options: tuple[str, ...] = ()

    def database(self) -> str:
        return f"sqlite:{self.home / 'auth.db'}"

    def command(self) -> list[str]:
        return ["node", str(PEERS / "better_auth.mjs"), str(self.port), self.database(), *self.options]

    def variables(self) -> dict[str, str]:
        return {"NODE_ENV": "production"}

    def fill(self) -> None:
        for person in range(PEOPLE):
            self.ask("/api/auth/sign-up/email", json.dumps({"name": "bob"} | self._who(person)))
        self.cookies = self.ask("/api/auth/sign-in/email", json.dumps(self._who(0)))

    def _who(self, person: int) -> dict[str, str]:
        return {"email": f"person{person}@example.org", "password": PASSWORD}

    def check(self) -> str:
        return self.get("/api/auth/get-session")

    def login(self, person: int) -> str:
        return self.post("/api/auth/sign-in/email", json.dumps(self._who(person)))


class BetterAuthCookies(BetterAuth):
    """The same, believing a signed copy of the session in a cookie for five minutes, whoever ends it."""

    name = "better-auth, SQLite, cookie cache"
    options = ("cookie-cache",)


class BetterAuthPostgres(BetterAuth):
    """The same on PostgreSQL."""

    name = "better-auth, PostgreSQL"

    def database(self) -> str:
        return postgres.database(self.cores)


class FastapiUsers(Server):
    """fastapi-users behind one uvicorn."""

    name = "fastapi-users, SQLite"

    def command(self) -> list[str]:
        python = str(ROOT / ".build" / "peers" / "bin" / "python")
        return [
            *(python, "-m", "uvicorn", "fastapi_users_app:app", "--app-dir", str(PEERS)),
            *("--port", str(self.port), "--no-access-log", "--log-level", "warning"),
        ]

    def variables(self) -> dict[str, str]:
        return {"BENCH_DATABASE": f"sqlite+aiosqlite:///{self.home / 'users.db'}"}

    def fill(self) -> None:
        for person in range(PEOPLE):
            account = {"email": f"person{person}@example.org", "password": PASSWORD}
            self.ask("/auth/register", json.dumps(account))
        self.cookies = self.ask("/auth/login", self._form(0), "application/x-www-form-urlencoded")

    def _form(self, person: int) -> str:
        return urlencode({"username": f"person{person}@example.org", "password": PASSWORD})

    def check(self) -> str:
        return self.get("/session")

    def login(self, person: int) -> str:
        return self.post("/auth/login", self._form(person), "application/x-www-form-urlencoded")


def program() -> Path:
    """The `gatehouse` of the measured wheel."""
    return ROOT / ".build" / "bench" / "bin" / "gatehouse"


SIGNED_INTO: list[type[Server]] = [
    Gatehouse,
    *([GatehousePostgres] if postgres.served() else []),
    BetterAuth,
    BetterAuthPostgres,
    FastapiUsers,
]
CHECKED: list[type[Server]] = [Constant, *SIGNED_INTO, BetterAuthCookies]
