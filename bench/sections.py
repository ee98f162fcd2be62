"""The sections of the report: what each part is about, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plots
from figures import Interval, Row, median, number
from plots import Bar, color_of

Picture = tuple[str, str] | None


@dataclass
class Section:
    """Parts that are told together."""

    title: str
    parts: Sequence[str]
    plots: Sequence[Callable[[Sequence[Row]], Picture]] = ()


def value(row: Row) -> str:
    return f"{number(row.measured.value)} {row.unit}"


def find(rows: Sequence[Row], what: str) -> Row:
    return next(row for row in rows if row.what == what)


def guard(rows: Sequence[Row]) -> Picture:
    title = "Who is there? The first answer in a rerun"
    shown = plots.bars_of(rows, "guard: ")
    return title, plots.bars("guard", title, "µs, logarithmic", shown, log=True)


def checks(rows: Sequence[Row]) -> Picture:
    title = "Session checks per second over HTTP, one core"
    shown = plots.bars_of(rows, "checks per second: ")
    bare = next(bar for bar in shown if bar.label.startswith("bare"))
    half = (bare.values[0].value / 2, "half of the bare route")
    return title, plots.bars("checks", title, "checks per second", shown, line=half)


def latency(rows: Sequence[Row]) -> Picture:
    title = "A session check at 200 a second"
    shown = [
        Bar(bar.label, [bar.values[0], find(rows, f"check, p99: {bar.label}").measured], bar.color)
        for bar in plots.bars_of(rows, "check, p50: ")
    ]
    return title, plots.dots("latency", title, "µs, logarithmic", shown, ("median", "99 of 100"))


def logins(rows: Sequence[Row]) -> Picture:
    title = "Logins per second, one core"
    shown = plots.bars_of(rows, "logins, one core: ")
    bare = next(bar for bar in shown if bar.label.startswith("bare"))
    limit = (bare.values[0].value, "nothing but the hash")
    return title, plots.bars("logins", title, "logins per second", shown, line=limit)


def flood(rows: Sequence[Row]) -> Picture:
    title = "A session check while 200 logins a second come in"
    shown = []
    for row in rows:
        if row.what.startswith("check in the flood, p50: "):
            label = row.what.partition(": ")[2]
            late = find(rows, f"check in the flood, p99: {label}").measured
            values = [milli(median(row.samples["alone"])), milli(row.measured), milli(late)]
            shown.append(Bar(label, values, color_of(label)))
    kinds = ("median without logins", "median", "99 of 100")
    return title, plots.dots("flood", title, "ms, logarithmic", shown, kinds)


def milli(of: Interval) -> Interval:
    return Interval(of.value / 1000, of.low / 1000, of.high / 1000)


def memory(rows: Sequence[Row]) -> Picture:
    title = "Memory of the server: at rest, and at most in the flood"
    shown = [
        Bar(
            bar.label,
            [bar.values[0], find(rows, f"memory in the flood, most: {bar.label}").measured],
            bar.color,
        )
        for bar in plots.bars_of(rows, "memory at rest: ")
    ]
    return title, plots.dots("memory", title, "MB", shown, ("at rest", "in the flood"), log=False)


def scale(rows: Sequence[Row]) -> Picture:
    title = "The same questions with a thousand and a million people"
    colors = {
        "SQLite": (plots.OURS, plots.SECOND, plots.LIMIT),
        "PostgreSQL": ("#0d9488", "#65a30d", "#be185d"),
    }
    shown = []
    for database, palette in colors.items():
        for kind, color in zip(
            ("session, first time", "session, known", "login without its hash"), palette, strict=True
        ):
            start = f"{kind}, {database}, "
            found = [row for row in rows if row.what.startswith(start)]
            if found:
                counts = [float(row.what.removeprefix(start).split(" ")[0].replace(",", "")) for row in found]
                shown.append((f"{kind}, {database}", counts, [row.measured for row in found], color))
    return title, plots.lines("scale", title, "µs", shown, "people and sessions")


def replicas(rows: Sequence[Row]) -> Picture:
    title = "Replicas on one PostgreSQL"
    shown = plots.bars_of(rows, "with ")
    for bar in shown:
        bar.color = plots.OURS
    return title, plots.bars("replicas", title, "session checks per second", shown)


def forms(rows: Sequence[Row]) -> Picture:
    title = "Until the form can be used, nothing cached"
    shown = plots.bars_of(rows, "form visible: ")
    return title, plots.bars("forms", title, "ms", shown)


def clicks(rows: Sequence[Row]) -> Picture:
    title = "From the click on Sign in to the content"
    shown = plots.bars_of(rows, "click → content: ")
    return title, plots.bars("clicks", title, "ms", shown)


def reloads(rows: Sequence[Row]) -> Picture:
    title = "From a reload to the content, signed in"
    shown = plots.bars_of(rows, "reload → content: ")
    return title, plots.bars("reloads", title, "ms", shown)


def bundles(rows: Sequence[Row]) -> Picture:
    title = "What the browser loads to sign in, gzip"
    shown = plots.bars_of(rows, "bundle: ")
    return title, plots.bars("bundles", title, "kB", shown)


SECTIONS = [
    Section(
        "On every rerun",
        ("guard", "gate"),
        (guard,),
    ),
    Section(
        "One login, in process",
        ("endpoint",),
    ),
    Section(
        "Session checks over HTTP",
        ("checks",),
        (checks, latency),
    ),
    Section(
        "Logins under load",
        ("logins",),
        (logins,),
    ),
    Section(
        "A flood of logins",
        ("flood",),
        (flood, memory),
    ),
    Section(
        "A thousand people, and a million",
        ("scale", "replicas"),
        (scale, replicas),
    ),
    Section(
        "In the browser",
        ("forms", "clicks", "reloads", "bundle"),
        (forms, clicks, reloads, bundles),
    ),
    Section(
        "In the Streamlit process",
        ("memory", "imports"),
    ),
    Section(
        "In front of other apps",
        ("proxy", "idle"),
    ),
]
