"""From samples to figures: medians, bootstrap intervals, and the table."""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

PAIRS = 20
RESAMPLES = 2000


@dataclass
class Interval:
    """An estimate with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def bootstrap(count: int, figure: Callable[[Sequence[int]], float]) -> Interval:
    """Resamples positions, so that the two halves of an interleaved pair stay together."""
    chance = random.Random(1)
    drawn = sorted(figure(chance.choices(range(count), k=count)) for _ in range(RESAMPLES))
    return Interval(figure(range(count)), drawn[RESAMPLES // 40], drawn[-RESAMPLES // 40])


def median(samples: Sequence[float]) -> Interval:
    return bootstrap(len(samples), lambda at: statistics.median(samples[i] for i in at))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """How many times as long as theirs: the ratio of the medians."""

    def figure(at: Sequence[int]) -> float:
        return statistics.median(ours[i] for i in at) / statistics.median(theirs[i] for i in at)

    return bootstrap(min(len(ours), len(theirs)), figure)


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """How much more than theirs: the median of the differences within the pairs."""
    return bootstrap(
        min(len(ours), len(theirs)), lambda at: statistics.median(ours[i] - theirs[i] for i in at)
    )


@dataclass
class Row:
    """One line of the table; without a limit it is for comparison only."""

    what: str
    measured: Interval
    unit: str
    limit: float | None = None
    note: str = ""
    samples: dict[str, list[float]] = field(default_factory=dict)

    @property
    def missed(self) -> bool:
        """Only when even the lower end of the interval is over."""
        return self.limit is not None and self.measured.low > self.limit

    def line(self) -> str:
        value, low, high = (number(x) for x in (self.measured.value, self.measured.low, self.measured.high))
        spread = f"{low}–{high}" if low != high else ""
        limit = "" if self.limit is None else f"≤ {number(self.limit)}"
        verdict = "" if self.limit is None else ("MISSED" if self.missed else "held")
        return f"| {self.what} | {value} {self.unit} | {spread} | {limit} | {verdict} | {self.note} |"


def number(value: float) -> str:
    """Three significant digits, and none more."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(rows: Sequence[Row]) -> str:
    head = "| what | measured | 95 % interval | budget | | beside it |\n|---|---|---|---|---|---|"
    return "\n".join([head, *(row.line() for row in rows)])


def save(rows: Sequence[Row], path: Path) -> None:
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1))
