# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quick way of `external` and the careful one."""

from __future__ import annotations

import io
import json
import sys
import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core import cli
from ansible_collections.infradispatch.github.plugins.module_utils._core.command import answer, external, quick
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.start import run
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.streams import Streams
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import Terminal

USUAL = ["acme/site", "acme/site.git", "Acme_x/site-1", "infra-changed", "https://docs.test/a", "null", "true"]
ODD = ["a/b/c", "acme", "", " acme/site", "\u00e9/x", "x" * 101, "a\nb", "ghp_abcdefghijkl", "https://x:y@z"]
WORDS = st.sampled_from(USUAL + ODD) | st.text(max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-5, 100_000) | st.floats() | WORDS
PAYLOADS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=11), max_leaves=14
)
NAMES = st.sampled_from(
    ["repository", "event_type", "client_payload", "wait", "wait_timeout", "deadline", "dispatch_id", "token", "other"]
)
REQUESTS = st.fixed_dictionaries(
    {"repository": st.just("acme/site") | WORDS, "event_type": st.just("infra-changed") | WORDS},
    optional={
        "client_payload": PAYLOADS | PAYLOADS.map(json.dumps),
        "wait": st.booleans() | WORDS | st.none(),
        "wait_timeout": LEAVES,
        "deadline": st.integers(1, 500),
        "other": LEAVES,
    },
)


def careful(data: bytes) -> tuple[int, bytes]:
    """Answer by the careful way."""
    out = io.BytesIO()
    status = run(["external"], Streams(io.BytesIO(data), out, io.StringIO(), {}))
    return status, out.getvalue()


@given(REQUESTS, st.booleans())
@example({"repository": "acme/site", "event_type": "x", "client_payload": ""}, True)
@example({"repository": "acme/site", "event_type": "x", "client_payload": []}, True)
@example({"repository": "acme/site", "event_type": "x", "client_payload": {"a": "x" * 65_400}}, True)
@example({"repository": "acme/site", "event_type": "x", "client_payload": {"a": {"b": [1.5e300, "\u20ac"]}}}, False)
def test_what_is_answered_quickly_is_what_care_would_answer(request_: dict[str, t.Any], whole: bool) -> None:
    if whole:
        query = {"request": json.dumps(request_)}
    else:
        query = {name: value if isinstance(value, str) else json.dumps(value) for name, value in request_.items()}
    data = json.dumps(query).encode("utf-8")
    found = quick.preview(data)
    if found is not None:
        assert careful(data) == (0, found)


def asking(**more: t.Any) -> dict[str, str]:
    """Return a query that holds its request whole."""
    return {"request": json.dumps({"repository": "acme/site", "event_type": "x", **more})}


@pytest.mark.parametrize(
    "query",
    [
        {"repository": "acme/site", "event_type": "infra-changed"},
        {"repository": "acme/site", "event_type": "infra-changed", "client_payload": '{"a": {"b": [1, null]}}'},
        asking(wait=True, wait_timeout=600, deadline=None),
        asking(client_payload={"path": "C:\\x", "quoted": 'a "b" \u00e9'}),
        asking(client_payload='{"a": 1}'),
    ],
)
def test_ordinary_queries_are_answered_quickly(query: dict[str, str]) -> None:
    data = json.dumps(query).encode("utf-8")
    found = quick.preview(data)
    assert found is not None
    assert careful(data) == (0, found)
    assert found.isascii()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"\xff\xfe{\0}\0",
        b'\xef\xbb\xbf{"repository":"a/b","event_type":"x"}',
        b'{"repository":1,"event_type":"x"}',
        b'{"repository":"a/..","event_type":"x"}',
        b'{"request":"7"}',
        b'{"request":"[]"}',
        json.dumps(asking(client_payload={"dispatch": 1})).encode("ascii"),
        json.dumps(asking(client_payload=json.loads('{"a":' * 60 + "1" + "}" * 60))).encode("ascii"),
        json.dumps(asking(client_payload=json.loads("[" * 60 + "]" * 60))).encode("ascii"),
    ],
)
def test_whatever_is_unusual_is_left_to_care(data: bytes) -> None:
    assert quick.preview(data) is None


class Pipe:
    """A pipe that somebody keeps open."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = list(chunks)

    def read1(self, _size: int) -> bytes:
        return self.chunks.pop(0) if self.chunks else pytest.fail("waits for more")


@pytest.mark.parametrize("chunks", [[b'{"a":"b"}'], [b'{"a":', b'"}', b'"}\r\n'], [b'{"a":"\xc3', b'\xa9"}']])
def test_a_pipe_that_stays_open_does_not_hold_us_up(chunks: list[bytes]) -> None:
    assert b"".join(quick.read_query(t.cast("t.BinaryIO", Pipe(*chunks)))) == b"".join(chunks)


class Process(t.NamedTuple):
    """Streams as `sys` has them."""

    out: io.TextIOWrapper
    err: io.StringIO


def process(monkeypatch: pytest.MonkeyPatch, data: bytes | None, *, tty: bool = False) -> Process:
    stdin = None if data is None else io.TextIOWrapper(Terminal(data) if tty else io.BytesIO(data))
    made = Process(io.TextIOWrapper(io.BytesIO()), io.StringIO())
    for name, stream in (("stdin", stdin), ("stdout", made.out), ("stderr", made.err)):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(quick.os, "environ", {})
    return made


GOOD = b'{"repository":"acme/site","event_type":"x"}'


@pytest.mark.parametrize("env", [{}, {"INFRADISPATCH_DEBUG": ""}])
def test_the_command_answers_on_standard_output_alone(monkeypatch: pytest.MonkeyPatch, env: dict[str, str]) -> None:
    made = process(monkeypatch, GOOD)
    monkeypatch.setattr(quick.os, "environ", env)
    assert cli.main(["external"]) == 0
    made.out.seek(0)
    assert json.loads(made.out.read())["would_send"] == "true"
    assert made.err.getvalue() == ""


@pytest.mark.parametrize(
    ("data", "tty", "word"),
    [(GOOD, True, "a terminal"), (None, False, "closed"), (b"", False, "empty"), (b"{", False, "not JSON")],
)
def test_a_query_that_is_none_is_one_line(
    monkeypatch: pytest.MonkeyPatch, data: bytes | None, tty: bool, word: str
) -> None:
    made = process(monkeypatch, data, tty=tty)
    assert cli.main(["external"]) == 2
    assert made.out.buffer.getvalue() == b""
    assert word in made.err.getvalue()
    assert made.err.getvalue().count("\n") == 1


class Gone:
    """Standard output whose reader is gone."""

    def write(self, _data: bytes) -> int:
        raise BrokenPipeError


def test_an_answer_that_nobody_reads_is_a_failure() -> None:
    assert answer.put(t.cast("t.BinaryIO", Gone()), b"x") == 1


def test_care_is_taken_when_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    made = process(monkeypatch, GOOD)
    assert external.run_with(GOOD) == 0
    assert json.loads(made.out.buffer.getvalue()) == json.loads(quick.preview(GOOD) or b"")
