# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The changes as a table for people: the step summary of a workflow (at most 1 MiB for a step)."""

from __future__ import annotations

import re
import typing as t

from .terraform_result import Changes

MOST_ROWS = 200
_LONGEST = 200  # letters of a cell
_SIGNS = {
    "delete": "🟥 delete", "replace": "🟧 replace", "forget": "⬜ forget", "update": "🟨 update", "create": "🟩 create",
    "drift": "🟪 drift", "import": "🟦 import", "move": "🟦 move",
}  # fmt: skip
_TOTALS = (
    ("add", "to add"), ("change", "to change"), ("destroy", "to destroy"), ("import", "to import"), ("move", "to move"),
    ("forget", "to forget"), ("drift", "drifted"), ("outputs", "outputs"), ("deferred", "put off"),
    ("failed", "failed"), ("other", "of an unknown kind"),
)  # fmt: skip
_VERDICTS = {
    "planned": "Changes are planned.",
    "drift": "There is drift.",
    "applied": "Changes were applied.",
    "failed": "The run failed.",
    "unchanged": "Nothing changes.",
}
_MARKUP = re.compile(r"[\\`*_\[\]#!|~<>&@$:]")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def markdown(changes: Changes, *, title: str = "Terraform changes") -> str:
    """Return a heading, the counts and a table, the most dangerous first. No cell is markup, whatever it says."""
    summary = changes.evidence.summary
    lines = [
        f"### {escaped(title)}",
        "",
        f"**{_VERDICTS.get(changes.kind, escaped(changes.kind))}** {_totals(summary)}",
    ]
    about = ", ".join(
        f"{name.replace('_', ' ')} {escaped(text)}" for name, text in changes.about.items() if name != "url"
    )
    if about:
        lines += ["", about]
    lines += [line for warning in changes.warnings for line in ("", f"> ⚠️ {escaped(warning, 500)}")]
    lines += _table(changes)
    return "\n".join([*lines, ""])


def escaped(text: object, longest: int = _LONGEST) -> str:
    """Return a text that Markdown shows as it is, in one line, cut when it is very long."""
    line = _UNSEEN.sub(" ", str(text))
    if len(line) > longest:
        line = f"{line[:longest]}…"
    return _MARKUP.sub(lambda found: f"&#{ord(found.group())};", line)


def _totals(summary: t.Mapping[str, t.Any]) -> str:
    """Return the counts in words, those that say something."""
    words = [f"{summary[name]} {word}" for name, word in _TOTALS if summary.get(name)]
    return f"{', '.join(words)}." if words else ""


def _table(changes: Changes) -> list[str]:
    """Return the lines of the table."""
    entries = changes.evidence.changes
    if not entries:
        return []
    lines = ["", "| action | address | type |", "| --- | --- | --- |"]
    lines += [f"| {_action(entry)} | {_address(entry)} | {escaped(entry['type'])} |" for entry in entries[:MOST_ROWS]]
    more = max(len(entries) - MOST_ROWS, 0) + changes.evidence.omitted
    return [*lines, "", f"… and {more} more."] if more else lines


def _action(entry: t.Mapping[str, t.Any]) -> str:
    """Return what happens to a resource."""
    actions = list(entry["actions"])
    word = "replace" if sorted(actions) == ["create", "delete"] else "+".join(actions)
    if word == "no-op":
        word = "move" if "previous_address" in entry else "import"
    shown = _SIGNS.get(word) or escaped(word)
    also = [name for name in ("drift", "deferred", "failed") if entry.get(name)]
    return f"{shown} ({', '.join(also)})" if also else shown


def _address(entry: t.Mapping[str, t.Any]) -> str:
    """Return an address, and where it was before."""
    shown = escaped(entry["address"])
    if "previous_address" in entry:
        shown = f"{shown} (was {escaped(entry['previous_address'])})"
    return f"{shown} (deposed)" if "deposed" in entry else shown
