# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``POST /repos/{owner}/{repo}/dispatches``: the event itself."""

from __future__ import annotations

import json
import typing as t

from ..answers import Answer, Refusal
from ..registry import REPOSITORY, registry, repository_access
from ..runs import Event
from ..validation import PREFIX, Property, check

if t.TYPE_CHECKING:
    from ..registry import Call

MAX_CHARACTERS = 65_535
SCHEMA = {
    "event_type": Property("string", required=True, minimum=1, maximum=100),
    "client_payload": Property("object", maximum=10),
}


@registry.route(
    "POST",
    f"{REPOSITORY}/dispatches",
    "repos/repos#create-a-repository-dispatch-event",
    repository_access("contents", "write"),
)
def create_dispatch(call: Call) -> Answer:
    if not call.body.strip():
        raise Refusal(422, f"{PREFIX}For 'links/0/schema', nil is not an object.")
    body = call.json()
    check(body, SCHEMA)
    payload = body.get("client_payload")
    if len(json.dumps(payload, ensure_ascii=False, separators=(",", ":"))) > MAX_CHARACTERS:
        raise Refusal(422, "client_payload is too large.")
    call.service.starter.accept(call.repository, _event(call, body["event_type"], payload))
    return Answer(204)


def _event(call: Call, event_type: str, payload: dict[str, t.Any] | None) -> Event:
    kind, permissions, repositories = call.service.describe(call.credential)
    return Event(event_type, payload, kind, permissions, repositories, call.world.clock.now())
