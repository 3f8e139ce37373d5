# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Evidence that a user gives in the form of options, for tools that find changes in a way of their own."""

from __future__ import annotations

import re
import typing as t

from ..errors import InvalidInput
from .envelope import KINDS, Evidence
from .values import plain

_PARTS = ("key", "summary", "changes")
_KEY = re.compile(r"sha256:[0-9a-f]{64}\Z")


def read_kind(value: object, option: str = "kind") -> str:
    """Return what an event is about.

    :raises InvalidInput: when it is none of :data:`KINDS`.
    """
    if value is None:
        return "custom"
    if value not in KINDS:
        raise InvalidInput(f"{option} is none of {', '.join(KINDS)}.", "Leave it out for custom.")
    return str(value)


def read_evidence(value: object, option: str = "evidence") -> Evidence | None:
    """Return the evidence in a mapping with the keys ``key``, ``summary`` and ``changes``, all of them optional.

    :raises InvalidInput: naming the part that is not as the schema of the payload has it.
    """
    if value is None:
        return None
    if not isinstance(value, t.Mapping):
        raise InvalidInput(f"{option} is not a mapping.", f"Give a mapping with {', '.join(_PARTS)}.")
    unknown = sorted(str(key) for key in value if key not in _PARTS)
    if unknown:
        raise InvalidInput(f"{option} has unknown keys: {', '.join(unknown)}.", f"Possible: {', '.join(_PARTS)}.")
    key, summary, changes = (value.get(part) for part in _PARTS)
    if key is not None and not (isinstance(key, str) and _KEY.match(key)):
        raise InvalidInput(
            f"{option}.key is not sha256: and 64 hexadecimal digits.", "Make it of what changed by the filter hash."
        )
    if summary is not None:
        _check_counts(summary, f"{option}.summary")
    if changes is not None and not _are_mappings(changes):
        raise InvalidInput(f"{option}.changes is not a list of mappings.", "Give one mapping for each change.")
    return Evidence(
        str(key or ""), plain(summary or {}, f"{option}.summary"), plain(changes or [], f"{option}.changes")
    )


def _check_counts(value: object, path: str) -> None:
    """Refuse anything but numbers and flags, which are never cut and so have to be small."""
    if not isinstance(value, t.Mapping):
        raise InvalidInput(f"{path} is not a mapping.", "Give names with numbers and flags.")
    for name, item in value.items():
        if isinstance(item, t.Mapping):
            _check_counts(item, f"{path}.{name}")
        elif not isinstance(item, (bool, int, float)):
            raise InvalidInput(f"{path}.{name} is neither a number nor a flag.", "Put texts into changes.")


def _are_mappings(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, t.Mapping) for item in value)
