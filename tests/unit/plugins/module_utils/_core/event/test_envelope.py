# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event as it is sent."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import (
    KINDS,
    Evidence,
    Origin,
    make_event,
    new_id,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.limits import MAX_BYTES

ORIGIN = Origin("ansible", name="site.yml")
ID = "0123456789abcdef" * 2


def _event(payload: object = None, **more: t.Any) -> t.Any:
    return make_event("infra-changed", payload, ORIGIN, dispatch_id=ID, **more)


def test_ids_are_32_hexadecimal_digits_and_never_the_same() -> None:
    ids = {new_id() for _number in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)


def test_the_body_holds_the_users_keys_and_ours() -> None:
    event = _event({"service": "web", "ratio": 1.0})
    assert event.body.decode("utf-8") == (
        '{"event_type":"infra-changed","client_payload":{"service":"web","ratio":1.0,"dispatch":{"schema":1,'
        f'"id":"{ID}","kind":"custom","source":{{"tool":"ansible","name":"site.yml"}}}}}}}}'
    )
    assert json.loads(event.body)["client_payload"] == event.client_payload
    assert event.id == ID


def test_size_is_that_of_the_payload_as_compact_json() -> None:
    event = _event({"a": "ä"})
    sent = json.dumps(event.client_payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    assert event.payload_bytes == len(sent)
    assert sent in event.body


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_stands_in_our_key(kind: str) -> None:
    evidence = Evidence("sha256:ab", {"changed": 1}, [{"host": "a"}])
    ours = _event({"a": 1}, kind=kind, evidence=evidence).client_payload["dispatch"]
    assert ours["kind"] == kind
    assert (ours["key"], ours["summary"], ours["changes"]) == ("sha256:ab", {"changed": 1}, [{"host": "a"}])


def test_evidence_makes_room_for_the_user() -> None:
    room = {"mine": "x" * 60_000}
    event = _event(room, evidence=Evidence("", {}, [{"host": "y" * 1000}] * 50))
    assert event.payload_bytes <= MAX_BYTES
    assert event.client_payload["mine"] == room["mine"]
    assert event.client_payload["dispatch"]["truncated"]["changes"] > 0


@pytest.mark.parametrize(
    ("event_type", "payload", "words"),
    [
        ("", {}, "event_type is empty"),
        ("x", [1], "client_payload is a list"),
        ("x", {"dispatch": 1}, "reserved"),
        ("x", {"a": "x" * 70_000}, "GitHub allows 65,535"),
        ("x", {"a": "x" * 65_500}, "GitHub allows 65,535"),
        ("x", {str(n): n for n in range(10)}, "9 are possible"),
    ],
)
def test_limits_are_checked_with_our_own_part_counted(event_type: str, payload: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        make_event(event_type, payload, ORIGIN, dispatch_id=ID)
