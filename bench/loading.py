"""The endpoint under load by HTTP, beside its peers: session checks, logins, and both at once.

Every server runs on the first core, its database too; what sends the load has the second one to itself.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import rust
import servers
from figures import PAIRS, Row, median, ratio
from servers import Server

SERVER_CORE, LOAD_CORE = "0", "1"
#: Argon2id, as Gatehouse's defaults have it and every peer is told to.
MEMORY, PASSES, LANES = "19456", "2", "1"
WARM = 3
#: Seconds: as fast as it goes, and at an even pace.
FAST, EVEN = 0.3, 0.5
QUIET_RATE = 200
FLOOD = 200
FLOOD_SECONDS = 5
FLOOD_ROUNDS = 2
PATIENCE = 5
SUCCESS = ("200", "204")


def program() -> str:
    """The compiled bench/load."""
    return rust.program("load")


def drive(port: int, seconds: float, *streams: dict[str, Any]) -> dict[str, Any]:
    plan = {"port": port, "seconds": seconds, "patience": PATIENCE, "streams": list(streams)}
    command = ["taskset", "-c", LOAD_CORE, program(), "drive"]
    told: dict[str, Any] = json.loads(subprocess.check_output(command, input=json.dumps(plan), text=True))
    return told


def hashes(threads: int, cores: str, seconds: float) -> float:
    """Bare Argon2id hashes per second on these cores."""
    command = ["taskset", "-c", cores, program(), "hashes", str(threads), str(seconds), MEMORY, PASSES, LANES]
    return float(subprocess.check_output(command, text=True))


@contextlib.contextmanager
def started(home: Path, kinds: Sequence[type[Server]], cores: str = SERVER_CORE) -> Iterator[list[Server]]:
    """Servers that are ready: with people to sign in, and one who is."""
    with ExitStack() as stack:
        running = []
        for number, kind in enumerate(kinds):
            server = kind(home / f"{number}-{kind.__name__}", cores, program())
            stack.callback(server.stop)
            try:
                server.start()
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                # A peer that can't be had is missing in the report, which says so; without us there is none.
                if kind in (servers.Constant, servers.Gatehouse):
                    raise
                print(f"{server.name} did not start: {error}", file=sys.stderr)
                continue
            running.append(server)
        yield running


def without(kinds: Sequence[type[Server]], measured: Iterable[str]) -> str:
    """Names who did not start."""
    missing = [kind.name for kind in kinds if kind.name not in set(measured)]
    return f"; did not start: {', '.join(missing)}" if missing else ""


def checks(home: Path) -> list[Row]:
    rates: dict[str, list[float]] = {}
    quiet: dict[str, dict[str, list[float]]] = {}
    busy = 0.0
    with started(home, servers.CHECKED) as running:
        for server in running:
            # What compiles as it goes has done so.
            drive(server.port, WARM, {"name": "x", "connections": 16, "requests": [server.check()]})
        for number in range(-2, PAIRS):
            for server in running:
                asked = {"name": "x", "requests": [server.check()]}
                told = drive(server.port, FAST, asked | {"connections": 16})
                even = drive(server.port, EVEN, asked | {"rate": QUIET_RATE})
                latency = answered(server, even)["microseconds"]
                if number < 0:
                    continue
                busy = max(busy, told["busy"])
                rates.setdefault(server.name, []).append(rate(server, told))
                kept = quiet.setdefault(server.name, {"p50": [], "p99": []})
                for quantile, samples in kept.items():
                    samples.append(latency[quantile])
    ours, bare = servers.Gatehouse.name, servers.Constant.name
    rows = [
        Row(
            "session checks per second, of a bare axum route",
            ratio(rates[ours], rates[bare]),
            "× bare",
            floor=0.5,
            note=f"the load took at most {busy:.0%} of its core" + without(servers.CHECKED, rates),
            samples=rates,
        )
    ]
    rows += [Row(f"checks per second: {name}", median(samples), "/s") for name, samples in rates.items()]
    for name, kept in quiet.items():
        note = f"at {QUIET_RATE} checks per second, from when each was due"
        rows.append(Row(f"check, p50: {name}", median(kept["p50"]), "µs", note=note, samples=kept))
        rows.append(Row(f"check, p99: {name}", median(kept["p99"]), "µs"))
    return rows


def answered(server: Server, told: dict[str, Any]) -> dict[str, Any]:
    """The one stream of a plan, whose every request must have had what it asked for."""
    stream: dict[str, Any] = told["streams"]["x"]
    assert all(status in SUCCESS for status in stream["statuses"]), f"{server.name}: {stream['statuses']}"
    return stream


def rate(server: Server, told: dict[str, Any]) -> float:
    """Answers per second."""
    count: int = sum(answered(server, told)["statuses"].values())
    return count / float(told["seconds"])


def logins(home: Path) -> list[Row]:
    """Logins per second, on one core and on both, of what the bare hash does there."""
    rows: list[Row] = []
    span = 1.0
    for cores, label, rounds, kinds in (
        (SERVER_CORE, "one core", PAIRS, servers.SIGNED_INTO),
        ("0,1", "two cores", 8, [servers.Gatehouse, servers.BetterAuth]),
    ):
        threads = len(cores.split(","))
        rates: dict[str, list[float]] = {"bare Argon2id": []}
        with started(home / label.replace(" ", "-"), kinds, cores) as running:
            for number in range(-1, rounds):
                hashed = hashes(threads, cores, span)
                measured = {"bare Argon2id": hashed}
                for server in running:
                    stream = {"name": "x", "connections": 4 * threads, "requests": server.logins()}
                    told = drive(server.port, span, stream)
                    measured[server.name] = rate(server, told)
                if number < 0:
                    continue
                for name, value in measured.items():
                    rates.setdefault(name, []).append(value)
        ours = rates[servers.Gatehouse.name]
        note = "the load has 4 connections per core"
        if threads > 1:
            note += ", and takes its small part of the same cores; hash_permits = 2"
        note += without(kinds, rates)
        what = f"logins per second on {label}, of the bare hash"
        rows.append(Row(what, ratio(ours, rates["bare Argon2id"]), "× bare", note=note, samples=rates))
        rows += [Row(f"logins, {label}: {name}", median(samples), "/s") for name, samples in rates.items()]
        rows.append(Row(f"logins per core, {label}: Gatehouse", scaled(ours, 1 / threads), "/s"))
    return rows


def scaled(samples: Sequence[float], by: float) -> Any:
    return median([sample * by for sample in samples])


def flood(home: Path) -> list[Row]:
    """Checks while 200 logins a second come in, and what that does to the memory."""
    before: dict[str, list[float]] = {}
    during: dict[str, dict[str, list[float]]] = {}
    kept: dict[str, dict[str, list[float]]] = {}
    outcomes: dict[str, dict[str, int]] = {}
    for number in range(FLOOD_ROUNDS):
        # Anew in every round: what a flood has left behind is not the rest of the next one.
        for kind in servers.SIGNED_INTO:
            with started(home / f"{number}-{kind.__name__}", [kind]) as running:
                if not running:
                    continue
                server = running[0]
                time.sleep(1)
                memory = kept.setdefault(server.name, {"at rest": [], "in the flood": [], "afterwards": []})
                memory["at rest"].append(server.resident())
                check = {"name": "check", "rate": QUIET_RATE, "requests": [server.check()]}
                login = {"name": "login", "rate": FLOOD, "requests": server.logins()}
                alone = drive(server.port, 2, check)["streams"]["check"]["microseconds"]
                before.setdefault(server.name, []).append(alone["p50"])
                told = drive(server.port, FLOOD_SECONDS, check, login)["streams"]
                memory["in the flood"].append(server.peak())
                time.sleep(2)
                memory["afterwards"].append(server.resident())
                quantiles = during.setdefault(server.name, {"p50": [], "p99": [], "max": []})
                for quantile, samples in quantiles.items():
                    samples.append(told["check"]["microseconds"].get(quantile, PATIENCE * 1e6))
                counted = outcomes.setdefault(server.name, {})
                for stream in ("login", "check"):
                    for status, count in told[stream]["statuses"].items():
                        key = f"{stream} {status}"
                        counted[key] = counted.get(key, 0) + count
    rows: list[Row] = []
    for name, quantiles in during.items():
        note = "; ".join(f"{stream}s: {outcome(outcomes[name], stream)}" for stream in ("login", "check"))
        kept_too = quantiles | {"alone": before[name]}
        rows.append(Row(f"check in the flood, p50: {name}", median(quantiles["p50"]), "µs", samples=kept_too))
        rows.append(Row(f"check in the flood, p99: {name}", median(quantiles["p99"]), "µs", note=note))
    for name, memory in kept.items():
        rows.append(Row(f"memory at rest: {name}", median(memory["at rest"]), "MB", samples=memory))
        rows.append(Row(f"memory in the flood, most: {name}", median(memory["in the flood"]), "MB"))
        rows.append(Row(f"memory 2 s afterwards: {name}", median(memory["afterwards"]), "MB"))
    return rows


def outcome(counted: dict[str, int], stream: str) -> str:
    parts: dict[str, int] = {}
    for key, count in counted.items():
        if key.startswith(stream):
            status = key.partition(" ")[2]
            status = "2xx" if status in SUCCESS else status
            parts[status] = parts.get(status, 0) + count
    whole = sum(parts.values())
    words = {
        "2xx": "answered",
        "429": "refused (429)",
        "503": "refused (503)",
        "none": f"no answer in {PATIENCE} s",
    }
    told = [(count, words.get(status, f"failed ({status})")) for status, count in sorted(parts.items())]
    return ", ".join(f"{count / whole:.1%} {word}" for count, word in told)
