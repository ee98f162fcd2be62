"""Writes bench/REPORT.md and its pictures from what is kept in results.json."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import sections
from figures import Row
from results import Part, Results
from sections import SECTIONS, Section

PATH = Path(__file__).parent / "REPORT.md"
TEXTS = Path(__file__).parent / "texts.md"


def write(results: Results) -> Path:
    parts, texts = results.parts, read_texts()
    text = [
        "# What it costs, measured",
        "",
        *origin(results),
        "",
        texts["how"],
        "",
        "## Budgets",
        "",
        *budgets(parts),
        "",
    ]
    for section in SECTIONS:
        present = [(name, parts[name]) for name in section.parts if name in parts]
        if present:
            text += [
                f"## {section.title}",
                "",
                texts[section.parts[0]],
                "",
                *told(section, results, present),
                "",
            ]
    PATH.write_text("\n".join(text).rstrip() + "\n")
    return PATH


def read_texts() -> dict[str, str]:
    """The sentences, by the part that they are about."""
    pieces = re.split(r"<!-- (\w+) -->\n", TEXTS.read_text())[1:]
    return {name: text.strip() for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def origin(results: Results) -> list[str]:
    """The machine and the versions, as the newest part found them."""
    newest = max(results.parts.values(), key=lambda part: part.date, default=None)
    if newest is None:
        return ["Nothing was measured yet."]
    lines = [f"Measured {newest.date} at commit `{newest.commit}`.", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in (newest.machine | newest.versions).items()]
    return lines


def budgets(parts: dict[str, Part]) -> list[str]:
    rows = [
        row for section in SECTIONS for name in section.parts if name in parts for row in parts[name].rows
    ]
    held = [row for row in rows if row.budgeted]
    missed = [row for row in held if row.missed]
    lines = [f"{len(held) - len(missed)} of {len(held)} budgets are met.", ""]
    lines += ["| what | budget | measured | 95 % interval | |", "|---|---|---|---|---|"]
    for row in held:
        lines.append(
            f"| {row.what} | {row.budget} | {sections.value(row)} | {row.interval} | {row.verdict} |"
        )
    failures = {name: part.failure for name, part in parts.items() if part.failure}
    if failures:
        lines += ["", "These parts could not be measured in their last run:", ""]
        lines += [f"- **{name}**: {failure}" for name, failure in failures.items()]
    return lines


def told(section: Section, results: Results, present: Sequence[tuple[str, Part]]) -> list[str]:
    rows: list[Row] = [row for _, part in present for row in part.rows]
    lines: list[str] = []
    for draw in section.plots:
        if (picture := attempt(draw, rows)) is not None:
            alt, address = picture
            lines += [f"![{alt}]({address})", ""]
    if rows:
        lines += ["| what | measured | 95 % interval | beside it |", "|---|---|---|---|"]
        lines += [f"| {row.what} | {sections.value(row)} | {row.interval} | {row.note} |" for row in rows]
        lines.append("")
    for name, part in present:
        when = f"`bench/run {name}`: {part.date}, commit `{part.commit}`, {part.seconds:.0f} s."
        if part.failure:
            when = f"`bench/run {name}` **failed in its last run** ({part.failure})." + (
                f" The rows are from {part.date}, commit `{part.commit}`." if part.rows else ""
            )
        elif part.run != results.run:
            when += " Not part of the newest run."
        lines.append(f"- {when}")
    return lines


def attempt(
    draw: Callable[[Sequence[Row]], tuple[str, str] | None], rows: Sequence[Row]
) -> tuple[str, str] | None:
    """A picture, or none where its rows are not there."""
    try:
        return draw(rows)
    except (StopIteration, KeyError, ValueError):
        return None
