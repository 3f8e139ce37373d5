# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The event: what the user says, and beside it the reserved key ``dispatch`` that names the event and its origin."""

from __future__ import annotations

import os
import typing as t

from .limits import RESERVED_KEY, check_event_type, check_size, check_user_payload
from .values import compact, read_payload

SCHEMA = 1
KINDS = ("custom", "changed", "unchanged", "failed", "drift", "planned", "applied")


class Event(t.NamedTuple):
    """An event, checked and ready to be sent. ``body`` is the exact request body; it never changes between tries."""

    id: str
    event_type: str
    client_payload: dict[str, t.Any]
    payload_bytes: int
    body: bytes


class Origin(t.NamedTuple):
    """Where an event comes from: only facts that were chosen for it. ``version`` is the tool's own."""

    tool: str
    name: str = ""
    repository: str = ""
    ref: str = ""
    sha: str = ""
    url: str = ""
    controller: str = ""
    version: str = ""


class Evidence(t.NamedTuple):
    """What changed, in a form that can be shortened: counts are kept whole, the list of changes is cut to fit.

    ``omitted`` is how many changes the list lacks already: they count as cut.
    """

    key: str = ""
    summary: t.Mapping[str, t.Any] = {}
    changes: t.Sequence[t.Mapping[str, t.Any]] = ()
    omitted: int = 0


def new_id() -> str:
    """Return a new event id: 32 hexadecimal digits from the system's randomness."""
    return os.urandom(16).hex()


def make_event(
    event_type: object,
    client_payload: object,
    origin: Origin,
    *,
    dispatch_id: str,
    kind: str = "custom",
    evidence: Evidence | None = None,
) -> Event:
    """Return the event for what the user gave.

    :raises InvalidInput: when a limit of GitHub is broken or a value has no JSON form; before any request.
    """
    checked_type = check_event_type(event_type)
    users = read_payload(client_payload)
    check_user_payload(users)
    envelope: dict[str, t.Any] = {
        "schema": SCHEMA,
        "id": dispatch_id,
        "kind": kind,
        "source": {name: value for name, value in origin._asdict().items() if value},
    }
    payload = {**users, RESERVED_KEY: envelope}
    if evidence is not None:
        from .fit import fit

        payload = fit(payload, evidence)
    size = check_size(payload)
    body = compact({"event_type": checked_type, "client_payload": payload})
    return Event(dispatch_id, checked_type, payload, size, body)
