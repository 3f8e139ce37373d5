# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""GitHub's limits for an event, checked before any request. Source: "Create a repository dispatch event"; the docs of
the event say 65,535 characters, and bytes are counted here to be safe with either reading."""

from __future__ import annotations

import typing as t

from ..errors import InvalidInput
from .values import compact

MAX_EVENT_TYPE = 100
MAX_KEYS = 10
MAX_BYTES = 65_535
RESERVED_KEY = "dispatch"


def check_event_type(value: object, option: str = "event_type") -> str:
    """Return the event type.

    :raises InvalidInput: when it is no text of 1 to 100 characters, or could never equal an entry of ``types``.
    """
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"{option} is not a text.", "Quote it: YAML makes numbers and truth values of some words.")
    if value is None or not value.strip():
        raise InvalidInput(f"{option} is empty.", "Give a name of 1 to 100 characters, such as infra-changed.")
    text = str.__str__(value)
    if text != text.strip() or not text.isprintable():
        raise InvalidInput(
            f"{option} has blanks, newlines or control characters at its ends or inside.",
            "Remove them: workflows compare the type exactly.",
        )
    if len(text) > MAX_EVENT_TYPE:
        raise InvalidInput(f"{option} has {len(text)} characters; GitHub allows {MAX_EVENT_TYPE}.", "Shorten it.")
    return text


def check_dispatch_id(value: object, option: str = "dispatch_id") -> str:
    """Return the id of an event.

    :raises InvalidInput: when it is not 32 hexadecimal digits.
    """
    text = value.strip().lower() if isinstance(value, str) else ""
    if len(text) != 32 or not set(text) <= set("0123456789abcdef"):
        raise InvalidInput(f"{option} is not 32 hexadecimal digits.", "Give the dispatch_id that the sender returned.")
    return text


def check_user_payload(payload: t.Mapping[str, t.Any], option: str = "client_payload") -> None:
    """Check the user's own part of a payload.

    :raises InvalidInput: when it uses the reserved key, or leaves no room for it.
    """
    if RESERVED_KEY in payload:
        raise InvalidInput(
            f"{option} has the key {RESERVED_KEY}, which is reserved for the id of the event.", "Rename this key."
        )
    if len(payload) > MAX_KEYS - 1:
        raise InvalidInput(
            f"{option} has {len(payload)} keys at its top level; {MAX_KEYS - 1} are possible: GitHub allows "
            f"{MAX_KEYS}, and {RESERVED_KEY} is one of them.",
            "Put some of them together under one key.",
        )


def check_size(payload: t.Mapping[str, t.Any], option: str = "client_payload") -> int:
    """Return the size of the whole payload in bytes.

    :raises InvalidInput: when it is over the limit, naming the largest keys.
    """
    size = len(compact(payload))
    if size > MAX_BYTES:
        sizes = sorted(((len(compact(value)), key) for key, value in payload.items()), reverse=True)
        largest = ", ".join(f"{key} ({count:,})" for count, key in sizes[:3])
        raise InvalidInput(
            f"{option} has {size:,} bytes as JSON; GitHub allows {MAX_BYTES:,}. Largest: {largest}.",
            "Send a link or a digest in place of the data.",
        )
    return size
