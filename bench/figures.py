"""From samples to figures: medians, ratios, their bootstrap intervals, and what a budget says of them."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

PAIRS = 20
RESAMPLES = 2000


@dataclass
class Interval:
    """An estimate with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def exactly(value: float) -> Interval:
    """What was counted, not sampled."""
    return Interval(value, value, value)


def bootstrap(count: int, figure: Callable[[Sequence[int]], float]) -> Interval:
    """Resamples positions, so that the halves of an interleaved pair stay together."""
    chance = random.Random(1)
    drawn = sorted(figure(chance.choices(range(count), k=count)) for _ in range(RESAMPLES))
    return Interval(figure(range(count)), drawn[RESAMPLES // 40], drawn[-RESAMPLES // 40])


def median(samples: Sequence[float]) -> Interval:
    return bootstrap(len(samples), lambda at: statistics.median(samples[i] for i in at))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """How many times theirs: the ratio of the medians."""

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
    """One line of a table; without a limit or a floor it is for comparison only."""

    what: str
    measured: Interval
    unit: str
    limit: float | None = None
    note: str = ""
    samples: dict[str, list[float]] = field(default_factory=dict)
    #: At least so much, where more is better.
    floor: float | None = None

    @property
    def budgeted(self) -> bool:
        return self.limit is not None or self.floor is not None

    @property
    def missed(self) -> bool:
        """Only when even the better end of the interval is outside."""
        over = self.limit is not None and self.measured.low > self.limit
        return over or (self.floor is not None and self.measured.high < self.floor)

    @property
    def budget(self) -> str:
        if self.limit is not None:
            return f"≤ {number(self.limit)} {self.unit}"
        return "" if self.floor is None else f"≥ {number(self.floor)} {self.unit}"

    @property
    def verdict(self) -> str:
        return "" if not self.budgeted else "**missed**" if self.missed else "met"

    @property
    def interval(self) -> str:
        low, high = number(self.measured.low), number(self.measured.high)
        return f"{low} to {high}" if low != high else ""

    def to_json(self) -> dict[str, Any]:
        rounded = {name: [float(f"{x:.5g}") for x in samples] for name, samples in self.samples.items()}
        return asdict(self) | {"samples": rounded}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Row:
        return cls(**{**stored, "measured": Interval(**stored["measured"])})


def number(value: float) -> str:
    """Three significant digits, and none more."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
