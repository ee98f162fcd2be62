"""A thousand people, and a million: what grows with them, and what replicas bring."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import loading
import postgres
import rust
import servers
from figures import Row, exactly, median
from served import ROOT

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
REPLICAS = (1, 2, 4)
ROUNDS = 10
DIGITS = str.maketrans("0123456789", "abcdefghjk")
DAY = 86_400_000
IDENTITY = "id, username, username_folded, password, must_change, disabled, created_at"
SESSION = (
    "id, identity_id, token_hash, created_at, authenticated_at, last_used_at, idle_ttl, absolute_ttl,"
    " persistent, aal, user_agent, address"
)
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)


def cheap_hash() -> str:
    """A hash that costs nothing, as bench/endpoint/scale.rs has them."""
    made = (
        "import argon2; print(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)"
        f".hash({servers.PASSWORD!r}))"
    )
    python = str(ROOT / ".build" / "peers" / "bin" / "python")
    return subprocess.check_output([python, "-c", made], text=True).strip()


def identities(numbers: range, password: str) -> Iterator[tuple[object, ...]]:
    now = int(time.time() * 1000)
    for number in numbers:
        name = "p" + str(number).translate(DIGITS)
        yield f"identity-{number:08}", name, name, password, 0, 0, now


def sessions(numbers: range) -> Iterator[tuple[object, ...]]:
    now = int(time.time() * 1000)
    for number in numbers:
        token = hashlib.sha256(f"token-{number}".encode()).digest()
        times = (now, now, now, 30 * DAY, 30 * DAY)
        yield f"session-{number:09}", f"identity-{number:08}", token, *times, 1, 1, AGENT, "192.0.2.10"


class Sqlite:
    """The embedded database."""

    name = "SQLite"

    def __init__(self, home: Path) -> None:
        self.path = home / "gatehouse.db"
        self.url = f"sqlite:{self.path}"

    def fill(self, table: str, columns: str, rows: Iterator[tuple[object, ...]]) -> None:
        marks = ", ".join("?" * len(columns.split(",")))
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608

    def settled(self) -> float:
        """Bytes, after everything is in its place."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        os.sync()
        return float(self.path.stat().st_size)

    def logged(self) -> float | None:
        """Nothing here counts it."""
        return None


class Postgres:
    """A cluster of our own."""

    name = "PostgreSQL"

    def __init__(self, _home: Path) -> None:
        self.url = postgres.database()

    def fill(self, table: str, columns: str, rows: Iterator[tuple[object, ...]]) -> None:
        flags = [at for at, name in enumerate(columns.split(", ")) if name in BOOLEANS]
        command = postgres.psql(self.url, f"COPY {table} ({columns}) FROM STDIN")
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as copying:
            assert copying.stdin is not None
            for row in rows:
                written = [f"\\\\x{v.hex()}" if isinstance(v, bytes) else str(v) for v in row]
                for at in flags:
                    written[at] = "t" if row[at] else "f"
                copying.stdin.write("\t".join(written) + "\n")
        assert copying.returncode == 0, f"COPY {table} failed"

    def settled(self) -> float:
        postgres.sql("VACUUM ANALYZE", self.url)
        # What was loaded is written out now, or the next commits wait behind it.
        postgres.sql("CHECKPOINT", self.url)
        os.sync()
        tables = "pg_total_relation_size('identity') + pg_total_relation_size('session')"
        return float(postgres.sql(f"SELECT {tables}", self.url))

    def logged(self) -> float:
        """Bytes of its log so far."""
        return float(postgres.sql("SELECT pg_current_wal_insert_lsn() - '0/0'", self.url))


BOOLEANS = ("must_change", "disabled", "persistent")


def databases(home: Path) -> Iterator[Sqlite | Postgres]:
    yield Sqlite(home)
    if postgres.served():
        yield Postgres(home)


def ask(url: str, key: Path, count: int) -> dict[str, list[float]]:
    command = [rust.program("endpoint"), "scale", url, str(key), str(count)]
    told: dict[str, list[float]] = json.loads(subprocess.check_output(command, text=True).splitlines()[-1])
    return told


def scale(home: Path) -> list[Row]:
    rows: list[Row] = []
    password = cheap_hash()
    for database in databases(home):
        key = home / f"{database.name}.key"
        ask(database.url, key, 0)
        done, before = 0, database.settled()
        for count in COUNTS:
            database.fill("identity", IDENTITY, identities(range(done, count), password))
            filled = database.settled()
            database.fill("session", SESSION, sessions(range(done, count)))
            size = database.settled()
            each = count - done
            logged = database.logged()
            told = ask(database.url, key, count)
            label = f"{database.name}, {count:,} people"
            rows += [
                Row(f"session, first time, {label}", median(told["first"]), "µs"),
                Row(f"session, known, {label}", median(told["known"]), "µs"),
                Row(f"login without its hash, {label}", median(told["logins"]), "µs"),
            ]
            if logged is not None and (now := database.logged()) is not None:
                written = exactly((now - logged) / told["signed_in"][0])
                rows.append(Row(f"… which writes to the log, {label}", written, "bytes"))
            if count == COUNTS[-1]:
                person, session = (filled - before) / each, (size - filled) / each
                rows.append(Row(f"one person more, {label}", exactly(person), "bytes"))
                rows.append(Row(f"one session more, {label}", exactly(session), "bytes"))
            done, before = count, size
    return rows


def replicas(home: Path) -> list[Row]:
    """Session checks of one, two and four processes on one PostgreSQL, spread over both cores."""
    if not postgres.served():
        raise RuntimeError("this Gatehouse has no PostgreSQL")
    rates: dict[int, list[float]] = {}
    with ExitStack() as stack:
        running: list[servers.GatehousePostgres] = []
        for number in range(max(REPLICAS)):
            server = servers.GatehousePostgres(home / f"replica{number}", "0,1", loading.program())
            server.shared = running[0] if running else None
            stack.callback(server.stop)
            server.start()
            running.append(server)
        for number in range(-1, ROUNDS):
            for count in REPLICAS:
                taken = together(running[:count])
                if number >= 0:
                    rates.setdefault(count, []).append(taken)
    note = "the load runs on the same two cores"
    return [
        Row(f"with {count} of them", median(samples), "/s", note=note) for count, samples in rates.items()
    ]


def together(replicas: Sequence[servers.Server]) -> float:
    """Answers per second of all of them at once."""
    span = 1.0
    driving = []
    for server in replicas:
        stream = {"name": "x", "connections": 32 // len(replicas), "requests": [server.check()]}
        plan = {"port": server.port, "seconds": span, "patience": 10, "streams": [stream]}
        process = subprocess.Popen(
            [loading.program(), "drive"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(plan))
        process.stdin.close()
        driving.append((server, process))
    rate = 0.0
    for server, process in driving:
        assert process.stdout is not None
        rate += loading.rate(server, json.loads(process.stdout.read()))
        process.wait()
    return rate
