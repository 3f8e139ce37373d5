# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Batches of a plan parsed by msgspec, where it is installed: it makes objects of what is needed only."""

from __future__ import annotations

import importlib
import types
import typing as t

from .terraform_json import broken, parse


def decoder() -> t.Callable[[str, bytes], t.Any]:
    """Return a function that parses a batch of the list with the given name.

    :raises ImportError: where msgspec is not installed.

    What isn't of the documented types is parsed by the standard library: it is classified all the same, only slower.
    """
    msgspec: t.Any = importlib.import_module("msgspec")  # optional, and so no import that a type checker has to follow
    decoders = _decoders(msgspec)

    def decode(name: str, batch: bytes) -> t.Any:
        if name not in decoders:
            return parse(batch)
        try:
            return decoders[name].decode(batch)
        except msgspec.ValidationError:
            return parse(batch)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise broken() from None

    return decode


def checker() -> t.Callable[[bytes], t.Any]:
    """Return a function that parses the JSON of an array of objects, and keeps nothing of it.

    :raises ImportError: where msgspec is not installed.
    """
    msgspec: t.Any = importlib.import_module("msgspec")
    array = msgspec.json.Decoder(_list_of(msgspec.defstruct("Nothing", [])))

    def check(batch: bytes) -> t.Any:
        try:
            return array.decode(batch)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise broken() from None

    return check


def _decoders(msgspec: t.Any) -> dict[str, t.Any]:
    """Make the types and their decoders."""
    names = ("address", "type", "module_address", "mode", "previous_address", "deposed", "action_reason")
    texts: list[t.Any] = [(name, str, "") for name in names]
    actions: t.Any = ("actions", list[str], ())
    values: list[t.Any] = [(name, msgspec.Raw, None) for name in ("before", "after")]
    importing: t.Any = ("importing", t.Optional[_members_of(msgspec.Raw)], None)
    # One name for all of them lets a type checker look away: these types exist at run time only.
    made: t.Any = {
        "planned": msgspec.defstruct("PlannedChange", [actions, importing], gc=False),
        "drifted": msgspec.defstruct("DriftedChange", [actions, importing, *values], gc=False),
    }
    resource = {
        name: msgspec.defstruct(name, [*texts, ("change", change, None)], gc=False) for name, change in made.items()
    }
    return {
        "resource_changes": msgspec.json.Decoder(_list_of(resource["planned"])),
        "resource_drift": msgspec.json.Decoder(_list_of(resource["drifted"])),
        "output_changes": msgspec.json.Decoder(_members_of(made["planned"])),
    }


def _list_of(item: t.Any) -> t.Any:
    """Return the type of a list."""
    return types.GenericAlias(list, (item,))


def _members_of(item: t.Any) -> t.Any:
    """Return the type of an object with any names."""
    return types.GenericAlias(dict, (str, item))
