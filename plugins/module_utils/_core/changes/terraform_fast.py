# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Batches of a plan parsed by msgspec, which makes objects of what is needed only. Importable where msgspec is."""

from __future__ import annotations

import importlib
import typing as t

from .terraform_json import parse

msgspec: t.Any = importlib.import_module("msgspec")  # optional, and so no import that a type checker has to follow


def decoder() -> t.Callable[[str, bytes], t.Any]:
    """Return a function that parses a batch of the list with the given name.

    What isn't of the documented types is parsed by the standard library: it is classified all the same, only slower.
    """
    decoders = _decoders()

    def decode(name: str, batch: bytes) -> t.Any:
        try:
            return decoders[name].decode(batch) if name in decoders else parse(batch)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return parse(batch)

    return decode


def _decoders() -> dict[str, t.Any]:
    """Make the types and their decoders."""
    texts = dict.fromkeys(
        ("address", "type", "module_address", "mode", "previous_address", "deposed", "action_reason"), (str, "")
    )

    def struct(name: str, **fields: tuple[t.Any, t.Any]) -> t.Any:
        return msgspec.defstruct(name, [(field, *of) for field, of in fields.items()], gc=False)

    change = struct("PlannedChange", actions=(list[str], ()), importing=(t.Optional[dict[str, msgspec.Raw]], None))
    drift = struct(
        "DriftChange", actions=(list[str], ()), before=(msgspec.Raw, None), after=(msgspec.Raw, None)
    )
    planned = struct("Planned", **texts, change=(t.Optional[change], None))
    drifted = struct("Drifted", **texts, change=(t.Optional[drift], None))
    return {
        "resource_changes": msgspec.json.Decoder(list[planned]),
        "resource_drift": msgspec.json.Decoder(list[drifted]),
        "output_changes": msgspec.json.Decoder(dict[str, change]),
    }
