# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies against their schema, refused in GitHub's words: one message, no ``errors`` array."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from .answers import Refusal

PREFIX = "Invalid request.\n\n"


@dataclass(frozen=True)
class Property:
    type: str
    required: bool = False
    minimum: int = 0
    maximum: int | None = None
    nullable: bool = False


_TYPES: dict[str, tuple[type, str]] = {
    "string": (str, "a string"),
    "object": (dict, "an object"),
    "array": (list, "an array"),
    "boolean": (bool, "a boolean"),
    "integer": (int, "an integer"),
}


def check(body: t.Mapping[str, t.Any], properties: t.Mapping[str, Property]) -> None:
    """Raise the 422 that names every problem, in the order in which GitHub lists them."""
    problems = [*_unknown(body, properties)]
    problems += [
        f'"{name}" wasn\'t supplied.' for name, rule in properties.items() if rule.required and name not in body
    ]
    for name, rule in properties.items():
        if name in body:
            problems += _of_value(name, body[name], rule)
    if problems:
        raise Refusal(422, PREFIX + "\n".join(problems))


def _unknown(body: t.Mapping[str, t.Any], properties: t.Mapping[str, Property]) -> list[str]:
    extra = [f'"{name}"' for name in body if name not in properties]
    if not extra:
        return []
    return [f"{extra[0]} is not a permitted key." if len(extra) == 1 else f"{', '.join(extra)} are not permitted keys."]


def _of_value(name: str, value: t.Any, rule: Property) -> list[str]:
    type_, words = _TYPES[rule.type]
    if value is None and rule.nullable:
        return []
    if not isinstance(value, type_) or (type_ is int and isinstance(value, bool)):
        words += " or null" if rule.nullable else ""
        return [f"For 'properties/{name}', {_shown(value)} is not {words}."]
    if not isinstance(value, (str, dict)):
        return []
    unit = "characters" if type_ is str else "properties"
    if rule.maximum is not None and len(value) > rule.maximum:
        limit = f"Only {rule.maximum} {unit}" if type_ is str else f"No more than {rule.maximum} {unit}"
        return [f"{limit} are allowed; {len(value)} were supplied."]
    if len(value) < rule.minimum:
        return [f"At least {rule.minimum} {unit} are required; {len(value)} were supplied."]
    return []


def _shown(value: t.Any) -> str:
    return "nil" if value is None else json.dumps(value, ensure_ascii=False)
