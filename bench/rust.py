"""The endpoint in process: bench/endpoint.rs measures, this makes figures of it."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from figures import Row, bootstrap, median
from served import ROOT


@cache
def program(name: str) -> str:
    """A compiled program of the benchmark; bench/run has compiled it."""
    command = ["cargo", "bench", "--locked", "--no-run", "--bench", name, "--message-format=json"]
    printed = subprocess.check_output(command, cwd=ROOT, text=True)
    built = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    # The program itself is built, too.
    measuring = [line for line in built if line.get("executable") and line["target"]["kind"] == ["bench"]]
    return next(str(line["executable"]) for line in measuring if line["target"]["name"] == name)


def endpoint(_home: Path) -> list[Row]:
    printed = subprocess.check_output([program("endpoint")], cwd=ROOT, text=True)
    samples: dict[str, list[float]] = json.loads(printed.splitlines()[-1])

    def middle(name: str) -> float:
        return median(samples[name]).value

    names = ("login", "commit", "hash")

    # The budget allows one durable commit on top of the hash: it is taken off before comparing.
    def over(at: Sequence[int]) -> float:
        login, commit, hash_ = (statistics.median(samples[name][i] for i in at) for name in names)
        return (login - commit) / hash_

    note = (
        f"login {middle('login') / 1000:.1f} ms, hash {middle('hash') / 1000:.1f} ms,"
        f" commit {middle('commit') / 1000:.2f} ms"
    )
    return [
        Row(
            "login, without one commit",
            bootstrap(len(samples["login"]), over),
            "× bare hash",
            1.10,
            note=note,
            samples=samples,
        ),
        Row("… guard in Rust, cached", median(samples["cached"]), "µs"),
        Row("… guard in Rust, cold miss", median(samples["cold"]), "µs"),
    ]
