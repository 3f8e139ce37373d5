# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of which any part may be missing, cut off, or of the wrong shape."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply

BASE = "https://ghes.example.com/api/v3"
PAGE = b"<html><head><title>\n502   Bad\tGateway </title></head><body>" + b"x" * 8000 + b"</body></html>"


def _reply(body: bytes = b"", status: int = 200, **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, BASE)


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (204, True), (299, True), (300, False)])
def test_only_2xx_is_good(status: int, ok: bool) -> None:
    assert _reply(status=status).ok is ok


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message": "Not\\n Found"}', "Not Found"),
        (b'{"message": "Bad", "errors": "why"}', "Bad (why)"),
        (b'{"message": "Bad", "errors": ["a", "b", 5, null]}', "Bad (a; b)"),
        (b'{"message": "Bad", "errors": [{"field": "x", "code": "invalid"}, {}]}', "Bad (x invalid)"),
        (b'{"message": "Bad", "errors": [{"message": "too long"}]}', "Bad (too long)"),
        (b'{"message": "Bad", "errors": []}', "Bad"),
        (b'{"message": "Bad", "errors": {"a": 1}}', "Bad"),
        (b'{"message": null}', '{"message": null}'),
        (b'{"message": 5}', '{"message": 5}'),
        (b'{"message": " "}', '{"message": " "}'),
        (b"[1, 2]", "[1, 2]"),
        (b"null", "null"),
        (b'"text"', '"text"'),
        (b'{"message": "cut o', '{"message": "cut o'),
        (b"\xff\xfe bad", "\ufffd\ufffd bad"),
        (b"a\x00b\x1b[31mc", "a?b?[31mc"),
        (PAGE, "an HTML page: 502 Bad Gateway"),
        (b"  <!DOCTYPE html><p>x", "an HTML page"),
        (b"<title> </title>", "an HTML page"),
        (b"", ""),
    ],
)
def test_what_github_says_is_one_short_line(body: bytes, words: str) -> None:
    assert _reply(body).message == words


def test_html_is_known_by_its_header_too() -> None:
    assert _reply(b"Request forbidden", content_type="text/html; charset=utf-8").message == "an HTML page"


@given(st.binary(max_size=5000) | st.text(max_size=3000).map(lambda text: json.dumps({"message": text}).encode()))
def test_no_body_makes_a_message_long_or_many_lines(body: bytes) -> None:
    message = _reply(body).message
    assert len(message) <= 1600
    assert "\n" not in message
    assert "\x1b" not in message


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["message", "errors", "runs"]) | st.text(), inner)
        ),
    )
)
def test_no_shape_of_json_raises(value: t.Any) -> None:
    reply = _reply(json.dumps(value).encode())
    assert isinstance(reply.message, str)
    assert isinstance(reply.mapping(), dict)
    found = reply.objects("runs")
    assert found is None or all(isinstance(item, dict) for item in found)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", PAGE])
def test_what_is_no_json_is_nothing(body: bytes) -> None:
    reply = _reply(body)
    assert reply.json() is None
    assert reply.mapping() == {}
    assert reply.objects("runs") is None


def test_objects_are_told_from_their_absence() -> None:
    assert _reply(b'{"runs": [{"id": 1}, 5, null]}').objects("runs") == [{"id": 1}]
    assert _reply(b'{"runs": []}').objects("runs") == []
    assert _reply(b'{"runs": null}').objects("runs") is None


def test_messages_hold_no_secret() -> None:
    echoed = json.dumps({"message": "sent Authorization: Bearer ghs_" + "Fake" * 9}).encode()
    assert "Fake" not in _reply(echoed).message
    assert "Fake" not in _reply(echoed[:-4]).message


@pytest.mark.parametrize("text", ["Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 23:13:20 +0100"])
def test_the_servers_clock_is_read(text: str) -> None:
    assert _reply(date=text).date == 1_700_000_000


@pytest.mark.parametrize("text", ["", "soon", "Tue, 99 Nov 2023 22:13:20 GMT", "0", "Tue, 14 Nov 99999 22:13:20 GMT"])
def test_a_strange_date_is_none(text: str) -> None:
    assert _reply(date=text).date is None
    assert _reply().date is None


def test_the_request_id_is_there_or_empty() -> None:
    assert _reply(x_github_request_id="AB:1").request_id == "AB:1"
    assert _reply().request_id == ""
    assert len(_reply(x_github_request_id="A" * 5000).request_id) == 100


@pytest.mark.parametrize(
    ("link", "path"),
    [
        (f'<{BASE}/repos/a/b/actions/runs?page=2>; rel="next"', "/repos/a/b/actions/runs?page=2"),
        (f'<{BASE}/x?page=1>; rel="prev", <{BASE}/x?page=3>; rel="next", <{BASE}/x?page=9>; rel="last"', "/x?page=3"),
        (f'<{BASE}/x?page=1>; rel="first"', None),
        ('<https://elsewhere.example/api/v3/x>; rel="next"', None),
        ('<https://ghes.example.com/api/v3.evil/x>; rel="next"', None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_the_next_page_is_below_the_same_base_or_none(link: str, path: str | None) -> None:
    assert _reply(link=link).next_path(BASE) == path
    assert _reply().next_path(BASE) is None
