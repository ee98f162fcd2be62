"""Pictures of what was measured, as SVG that follows the reader's light or dark theme."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from figures import Interval, Row, number

PLOTS = Path(__file__).parent / "plots"
OURS, PEER, LIMIT = "#2563eb", "#94a3b8", "#d97706"
SECOND = "#7c3aed"
INK, FAINT = "#1f2328", "#8c959f"
WIDTH = 8.2
STYLE = """<style>
svg { color: #1f2328 }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }
</style>"""

mpl.rcParams.update(
    {
        "svg.fonttype": "path",
        "svg.hashsalt": "gatehouse",
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.linewidth": 0.6,
    }
)


@dataclass
class Bar:
    """One bar, or one line of dots."""

    label: str
    values: Sequence[Interval]
    color: str = PEER


def is_ours(label: str) -> bool:
    return "Gatehouse" in label


def is_limit(label: str) -> bool:
    return label.startswith("bare") or "limit" in label or "dictionary" in label


def color_of(label: str) -> str:
    return OURS if is_ours(label) else LIMIT if is_limit(label) else PEER


def bars_of(rows: Sequence[Row], start: str) -> list[Bar]:
    """The rows whose names begin so; what follows is the label."""
    found = [row for row in rows if row.what.startswith(start)]
    labels = [row.what.removeprefix(start) for row in found]
    return [Bar(label, [row.measured], color_of(label)) for label, row in zip(labels, found, strict=True)]


def _frame(rows: int, title: str, unit: str, log: bool) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, 1.04 + 0.32 * rows), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=10)
    axes.set_xlabel(unit)
    if log:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.grid(axis="x", color=FAINT, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure, axes


def bars(
    name: str,
    title: str,
    unit: str,
    shown: Sequence[Bar],
    *,
    log: bool = False,
    line: tuple[float, str] | None = None,
) -> str:
    """Horizontal bars with their intervals, the value written at each end."""
    figure, axes = _frame(len(shown), title, unit, log)
    if line:
        # Room for what is written above the line.
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=20)
    ends = [bar.values[0].high for bar in shown] + ([line[0]] if line else [])
    least = min(bar.values[0].low for bar in shown)
    left = 10 ** _floor(least) if log else 0.0
    for at, bar in enumerate(shown):
        value = bar.values[0]
        axes.barh(at, value.value - left, left=left, color=bar.color, height=0.62)
        axes.plot([value.low, value.high], [at, at], color=INK, linewidth=1.1)
        axes.annotate(
            number(value.value), (value.high, at), xytext=(5, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(shown)), [bar.label for bar in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(left, max(ends) * (4 if log else 1.14))
    if line is not None:
        axes.axvline(line[0], color=LIMIT, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.annotate(
            line[1],
            (line[0], 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, 2),
            textcoords="offset points",
            color=LIMIT,
            fontsize=8,
            va="bottom",
        )
    return _save(figure, name)


def dots(
    name: str, title: str, unit: str, shown: Sequence[Bar], kinds: Sequence[str], *, log: bool = True
) -> str:
    """A line from a first to a last dot for each: how far something goes up."""
    figure, axes = _frame(len(shown), title, unit, log)
    markers = ("o", "D", "s")
    for at, bar in enumerate(shown):
        values = [value.value for value in bar.values]
        axes.plot([min(values), max(values)], [at, at], color=bar.color, linewidth=2.2, alpha=0.45)
        for value, marker in zip(values, markers, strict=False):
            axes.plot([value], [at], marker=marker, color=bar.color, markersize=6.5, linestyle="none")
        axes.annotate(
            number(max(values)), (max(values), at), xytext=(8, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(shown)), [bar.label for bar in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    most = max(value.value for bar in shown for value in bar.values)
    least = min(value.value for bar in shown for value in bar.values)
    axes.set_xlim(least / 2 if log else 0, most * (3 if log else 1.14))
    for kind, marker in zip(kinds, markers, strict=False):
        axes.plot([], [], marker=marker, color=FAINT, linestyle="none", label=kind)
    figure.legend(loc="outside lower right", ncols=len(kinds), frameon=False, fontsize=8, borderpad=0)
    return _save(figure, name)


def lines(
    name: str,
    title: str,
    unit: str,
    shown: Sequence[tuple[str, Sequence[float], Sequence[Interval], str]],
    below: str,
) -> str:
    """Something over a growing count, both on logarithmic axes, with the intervals shaded."""
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=10)
    for label, counts, values, color in shown:
        axes.fill_between(
            counts, [v.low for v in values], [v.high for v in values], color=color, alpha=0.18, linewidth=0
        )
        axes.plot(counts, [v.value for v in values], marker="o", markersize=4.5, color=color, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(below)
    axes.set_ylabel(unit)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        axis.set_minor_locator(NullLocator())
    axes.grid(color=FAINT, alpha=0.25, linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return _save(figure, name)


def _floor(value: float) -> int:
    return math.floor(math.log10(value))


def _save(figure: Figure, name: str) -> str:
    """Writes the picture; its address from the report."""
    PLOTS.mkdir(exist_ok=True)
    path = PLOTS / f"{name}.svg"
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = path.read_text()
    # What is ink is the reader's own.
    text = text.replace(INK, "currentColor")
    text = re.sub(r"(<svg[^>]*>)", rf"\1\n{STYLE}", text, count=1)
    path.write_text(text)
    return f"plots/{name}.svg"
