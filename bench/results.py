"""Everything that was ever measured here, by part: a run replaces the parts it ran, and keeps the others."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import machine
from figures import Row

PATH = Path(__file__).parent / "results.json"


@dataclass
class Part:
    """The rows of one part, and where they come from."""

    rows: list[Row]
    date: str
    run: str
    commit: str
    machine: dict[str, str]
    versions: dict[str, str]
    seconds: float
    #: Why the last try gave nothing; the rows are then older, or none.
    failure: str = ""


@dataclass
class Results:
    """All parts by name."""

    parts: dict[str, Part] = field(default_factory=dict)
    #: The date of the newest run.
    run: str = ""
    commit: str = ""
    machine: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Results:
        if not PATH.exists():
            return cls()
        stored: dict[str, Any] = json.loads(PATH.read_text())
        parts = {
            name: Part(**{**part, "rows": [Row.from_json(row) for row in part["rows"]]})
            for name, part in stored["parts"].items()
        }
        return cls(parts, stored["run"])

    def begin(self) -> None:
        self.run = stamp()
        self.commit, self.machine, self.versions = machine.commit(), machine.facts(), machine.versions()

    def measured(self, name: str, rows: list[Row], seconds: float) -> None:
        self.parts[name] = self._part(rows, seconds)
        self.save()

    def failed(self, name: str, failure: str) -> None:
        part = self.parts.get(name)
        if part is None:
            part = self._part([], 0)
            self.parts[name] = part
        part.failure = failure
        self.save()

    def _part(self, rows: list[Row], seconds: float) -> Part:
        return Part(rows, stamp(), self.run, self.commit, self.machine, self.versions, seconds)

    def save(self) -> None:
        parts = {
            name: {**vars(part), "rows": [row.to_json() for row in part.rows]}
            for name, part in self.parts.items()
        }
        PATH.write_text(json.dumps({"run": self.run, "parts": parts}, indent=1, ensure_ascii=False) + "\n")


def stamp() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
