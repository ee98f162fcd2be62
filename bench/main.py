"""Runs the measurements, all or those that are named, keeps them in results.json, and writes the report.

`report` measures nothing, and writes the report of what is kept.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import browsing
import guarding
import loading
import processes
import proxying
import report
import rust
import scaling
from figures import Row
from results import Results

#: The parts in their order, and about how many seconds each takes.
PARTS: dict[str, tuple[Callable[[Path], list[Row]], int]] = {
    "guard": (guarding.guard, 190),
    "gate": (guarding.gate, 20),
    "endpoint": (rust.endpoint, 10),
    "checks": (loading.checks, 160),
    "logins": (loading.logins, 200),
    "flood": (loading.flood, 210),
    "scale": (scaling.scale, 120),
    "replicas": (scaling.replicas, 60),
    "forms": (browsing.forms, 150),
    "clicks": (browsing.clicks, 260),
    "reloads": (browsing.reloads, 90),
    "bundle": (processes.bundle, 1),
    "memory": (processes.memory, 50),
    "imports": (processes.imports, 40),
    "proxy": (proxying.requests, 20),
    "idle": (proxying.idle, 35),
}


def main(names: list[str]) -> None:
    results = Results.load()
    results.begin()
    chosen = [] if names == ["report"] else names or list(PARTS)
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        sys.exit(f"There is no part {', '.join(unknown)}. The parts are: {', '.join(PARTS)}, and report.")
    expected = {name: results.parts[name].seconds if name in results.parts else 0 for name in PARTS}
    failures = []
    for at, name in enumerate(chosen):
        measure, guess = PARTS[name]
        left = sum(expected[later] or PARTS[later][1] for later in chosen[at:])
        say(f"[{at + 1}/{len(chosen)}] {name}: about {expected[name] or guess:.0f} s of {left / 60:.0f} min")
        started = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix=f"gatehouse-bench-{name}-") as home:
                rows = measure(Path(home))
        except Exception as error:
            # One part that can't be measured here is no reason to have no report.
            traceback.print_exc()
            failures.append(name)
            results.failed(name, f"{type(error).__name__}: {short(str(error))}")
            continue
        results.measured(name, rows, time.monotonic() - started)
        for row in rows:
            say(f"    {row.what}: {row.measured.value:.4g} {row.unit} {row.budget} {row.verdict}")
    say(f"Written: {report.write(results).name}")
    if failures:
        sys.exit(f"Not measured: {', '.join(failures)}. The report says so.")


def short(text: str) -> str:
    """The first line of an error, without places of this machine and passwords of databases."""
    line = text.strip().partition("\n")[0]
    line = re.sub(r"\w+://\S+", "(address)", line)
    return re.sub(r"(/[\w.+@-]+){2,}", "(path)", line)[:200]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
