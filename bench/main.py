"""Runs the measurements, all or those that are named, and prints one table."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import browsing
import guarding
import processes
import proxying
import rust
from figures import Row, save, table

PARTS: dict[str, Callable[[Path], list[Row]]] = {
    "guard": guarding.guard,
    "gate": guarding.gate,
    "endpoint": rust.endpoint,
    "forms": browsing.forms,
    "clicks": browsing.clicks,
    "bundle": processes.bundle,
    "memory": processes.memory,
    "imports": processes.imports,
    "proxy": proxying.requests,
    "idle": proxying.idle,
}


def main(names: list[str]) -> None:
    rows: list[Row] = []
    for name in names or PARTS:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"gatehouse-bench-{name}-") as home:
            rows += PARTS[name](Path(home))
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(table(rows))
    save(rows, Path(__file__).parent / "results.json")
    missed = [row.what for row in rows if row.missed]
    print(f"\n{len(missed)} budgets missed" + (": " + "; ".join(missed) if missed else "."))


if __name__ == "__main__":
    main(sys.argv[1:])
