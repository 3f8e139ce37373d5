# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer of `external`."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.command.answer import in_ascii, preview_of

KEY = "sha256:" + "a" * 64


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_the_texts_it_is_one_object_of_texts_in_ascii(event_type: str, more: str) -> None:
    data = preview_of([("acme/site", event_type, 7)], KEY, more={"more": more})
    assert data.isascii()
    value = json.loads(data)
    assert all(isinstance(item, str) for item in value.values())
    assert (value["event_type"], value["more"], value["payload_bytes"]) == (event_type, more, "7")


def test_several_events_are_told_together() -> None:
    value = json.loads(preview_of([("a/b", "y", 7), ("c/d", "x", 9), ("e/f", "y", 8)], KEY, would_send=False))
    assert value == {
        "outcome": "planned",
        "would_send": "false",
        "fingerprint": KEY,
        "kind": "custom",
        "repository": "a/b,c/d,e/f",
        "event_type": "x,y",
        "payload_bytes": "9",
    }


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escapes_are_those_of_json(text: str) -> None:
    assert (
        in_ascii(json.dumps(text, ensure_ascii=False).encode("utf-8")).decode("ascii")
        == json.dumps(text).replace("\\u007f", "\x7f") + "\n"
    )
