# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark has to say: tables for people, the same as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from measure import Cost, Spread, spread


@dataclass(frozen=True)
class Goal:
    """A ratio of ours to theirs (or a count), and what it must or should be at most."""

    what: str
    found: Spread
    target: float | None = None  # a promise: the program fails when it is broken
    aim: float | None = None  # a hope: shown only

    @property
    def met(self) -> bool:
        """Tell whether the promise is kept."""
        return self.target is None or self.found.median <= self.target

    def row(self) -> list[str]:
        """Return the row of a table."""
        return [self.what, str(self.found), *_limit(self.target, self.found), *_limit(self.aim, self.found)]


@dataclass
class Report:
    """The result of one benchmark."""

    title: str
    notes: list[str] = field(default_factory=list)
    columns: Sequence[str] = ()
    rows: list[list[str]] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # broken promises that are no numbers

    @property
    def met(self) -> bool:
        """Tell whether all promises are kept."""
        return not self.wrong and all(goal.met for goal in self.goals)

    def costs(self, costs: Mapping[str, Sequence[Cost]]) -> None:
        """Add a table of what each subject cost."""
        self.columns = ("", "CPU ms", "wall ms")
        for name, runs in costs.items():
            self.rows.append([name, *(str(spread(values)) for values in zip(*runs, strict=True))])

    def text(self) -> str:
        """Return all of it for people."""
        parts = [f"## {self.title}", *self.notes]
        if self.rows:
            parts.append(_table(self.columns, self.rows))
        if self.goals:
            columns = ("ours / theirs", "median (range)", "target", "met", "aim", "reached")
            parts.append(_table(columns, [goal.row() for goal in self.goals]))
        parts += [f"NOT MET: {wrong}" for wrong in self.wrong]
        return "\n\n".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it for programs."""
        return {**asdict(self), "goals": [{**asdict(goal), "met": goal.met} for goal in self.goals], "met": self.met}


def _limit(limit: float | None, found: Spread) -> list[str]:
    """Return a limit and whether it is kept."""
    if limit is None:
        return ["", ""]
    return [f"<= {limit:g}" if limit >= 0.2 else f"<= 1/{1 / limit:.0f}", "yes" if found.median <= limit else "NO"]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with its columns in line."""
    lines = [list(columns), *(list(row) for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    lines.insert(1, ["-" * width for width in widths])
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)
