# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What was found and where, as a user gives it in options, for tools that find changes in a way of their own."""

from __future__ import annotations

import re
import typing as t

from ..errors import InvalidInput
from .envelope import KINDS, Evidence, Origin
from .values import plain

_PARTS = ("key", "summary", "changes", "truncated")
_KEY = re.compile(r"sha256:[0-9a-f]{64}\Z")
#: A commit in the form that the schema wants.
SHA = re.compile(r"[0-9a-f]{7,64}\Z")
TOOLS = ("ansible", "terraform", "cli")
#: What can be said of where an event comes from, beside the tool.
FACTS = tuple(name for name in Origin._fields if name not in ("tool", "controller"))
_LONGEST = 500  # characters


def read_kind(value: object, option: str = "kind") -> str:
    """Return what an event is about.

    :raises InvalidInput: when it is none of :data:`KINDS`.
    """
    if value is None:
        return "custom"
    if value not in KINDS:
        raise InvalidInput(f"{option} is none of {', '.join(KINDS)}.", "Leave it out for custom.")
    return str(value)


def read_origin(
    tool: object,
    facts: t.Mapping[str, t.Any],
    *,
    tools: t.Sequence[str] = TOOLS,
    option: str = "source_details.tool",
    prefix: str = "source_details.",
) -> Origin:
    """Return where an event comes from.

    :param facts: some of :data:`FACTS`; empty ones count as not given.
    :param option: what holds the tool, and ``prefix`` what stands before a fact's name in the option that holds it.
    :raises InvalidInput: naming the fact that is not as the schema of the payload has it.
    """
    if tool not in tools:
        raise InvalidInput(f"{option} is none of {', '.join(tools)}.", "Leave it out for the usual one.")
    given = {name: value for name, value in facts.items() if value not in (None, "")}
    for name, value in given.items():
        if name not in FACTS:
            raise InvalidInput(f"{prefix}{name} is not known.", f"Possible: {', '.join(FACTS)}.")
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise InvalidInput(f"{prefix}{name} is no text of up to {_LONGEST} characters.", "Shorten it.")
        if name == "sha" and not SHA.match(value):
            raise InvalidInput(f"{prefix}sha is no commit.", "Give 7 to 64 lower-case hexadecimal digits.")
    return Origin(str(tool), **given)


def read_evidence(value: object, option: str = "evidence") -> Evidence | None:
    """Return the evidence in a mapping with the keys ``key``, ``summary``, ``changes`` and ``truncated``, as the schema
    of the payload has them, all of them optional.

    :raises InvalidInput: naming the part that is not as the schema of the payload has it.
    """
    if value is None:
        return None
    if not isinstance(value, t.Mapping):
        raise InvalidInput(f"{option} is not a mapping.", f"Give a mapping with {', '.join(_PARTS)}.")
    unknown = sorted(str(key) for key in value if key not in _PARTS)
    if unknown:
        raise InvalidInput(f"{option} has unknown keys: {', '.join(unknown)}.", f"Possible: {', '.join(_PARTS)}.")
    key, summary, changes, truncated = (value.get(part) for part in _PARTS)
    if key is not None and not (isinstance(key, str) and _KEY.match(key)):
        raise InvalidInput(
            f"{option}.key is not sha256: and 64 hexadecimal digits.", "Make it of what changed by the filter hash."
        )
    if summary is not None:
        _check_counts(summary, f"{option}.summary")
    if changes is not None and not _are_mappings(changes):
        raise InvalidInput(f"{option}.changes is not a list of mappings.", "Give one mapping for each change.")
    return Evidence(
        str(key or ""),
        plain(summary or {}, f"{option}.summary"),
        plain(changes or [], f"{option}.changes"),
        _omitted(truncated, f"{option}.truncated"),
    )


def as_option(evidence: Evidence) -> dict[str, t.Any]:
    """Return evidence as a mapping that :func:`read_evidence` reads, without what is empty."""
    parts = {
        "key": evidence.key,
        "summary": dict(evidence.summary),
        "changes": [dict(change) for change in evidence.changes],
        "truncated": {"changes": evidence.omitted} if evidence.omitted else None,
    }
    return {name: part for name, part in parts.items() if part}


def _check_counts(value: object, path: str) -> None:
    """Refuse anything but numbers and flags, which are never cut and so have to be small."""
    if not isinstance(value, t.Mapping):
        raise InvalidInput(f"{path} is not a mapping.", "Give names with numbers and flags.")
    for name, item in value.items():
        if isinstance(item, t.Mapping):
            _check_counts(item, f"{path}.{name}")
        elif not isinstance(item, (bool, int, float)):
            raise InvalidInput(f"{path}.{name} is neither a number nor a flag.", "Put texts into changes.")


def _omitted(value: object, path: str) -> int:
    """Return how many changes were left out before."""
    if value is None:
        return 0
    number = value.get("changes") if isinstance(value, t.Mapping) and len(value) == 1 else None
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise InvalidInput(f"{path} does not hold a number of changes.", "Give {changes: NUMBER}, or leave it out.")
    return number


def _are_mappings(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, t.Mapping) for item in value)
