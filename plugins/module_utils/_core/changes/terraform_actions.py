# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What an action of Terraform comes to: one word for people, and what it counts as."""

from __future__ import annotations

import typing as t

#: Words, the most dangerous first. ``other`` is whatever a newer Terraform may say: nobody knows what it does.
WORDS = ("delete", "replace", "other", "forget", "update", "create", "import", "move", "read", "no-op")
RANKS = {word: rank for rank, word in enumerate(WORDS)}

#: A replacement is one added and one destroyed, as Terraform's own summary counts it.
COUNTS: dict[str, tuple[str, ...]] = {
    "create": ("add",),
    "update": ("change",),
    "delete": ("destroy",),
    "replace": ("add", "destroy", "replace"),
    "forget": ("forget",),
    "import": (),
    "move": (),
    "read": ("read",),
    "no-op": ("no_op",),
    "other": ("other",),
}
NAMES = ("add", "change", "destroy", "replace", "import", "move", "forget", "read", "no_op", "other")

_WORDS: dict[tuple[str, ...], str] = {
    ("no-op",): "no-op",
    ("create",): "create",
    ("read",): "read",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
    ("create", "forget"): "forget",
}
#: The words of the event stream that aren't those of the plan document.
_STREAM: dict[str, tuple[str, ...]] = {
    "noop": ("no-op",),
    "remove": ("forget",),
    "move": ("no-op",),
    "import": ("no-op",),
}


class Change(t.NamedTuple):
    """One change as Terraform tells it, without any value."""

    address: str
    actions: tuple[str, ...]
    type: str = ""
    module: str = ""
    mode: str = "managed"
    previous: str = ""
    deposed: str = ""
    reason: str = ""
    importing: bool = False
    same: bool = False  # nothing differs between before and after

    @property
    def word(self) -> str:
        """Return the one word for it. What has no effect on anything that is managed is ``read`` or ``no-op``."""
        word = "replace" if self.actions == ("replace",) else _WORDS.get(self.actions, "other")
        if self.mode == "data" and word not in ("no-op", "other"):
            return "read"
        if word == "no-op":
            return "move" if self.previous else "import" if self.importing else word
        return word


def stream_actions(word: object) -> tuple[str, ...]:
    """Return the actions that one word of the event stream stands for; the order of a replacement isn't told there."""
    text = word if isinstance(word, str) and word else "unknown"
    return _STREAM.get(text, (text,))


def counts_of(change: Change, word: str) -> tuple[str, ...]:
    """Return the names of the counters that a change adds one to."""
    names = COUNTS[word]
    if change.importing:
        names = (*names, "import")
    if change.previous:
        names = (*names, "move")
    if change.actions == ("create", "forget"):
        names = (*names, "add")
    return names
