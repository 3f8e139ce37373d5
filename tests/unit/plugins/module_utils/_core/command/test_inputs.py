# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes in, in the forms of Windows and Unix."""

from __future__ import annotations

import codecs
import io
import json
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.command.inputs import (
    Inputs,
    closest,
    decode,
    parse,
    read_request,
    shown_name,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.streams import Streams
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import Terminal

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(TEXTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.booleans())
def test_every_form_carries_the_same_text(text: str, encoding: str, crlf: bool) -> None:
    written = json.dumps({"a": text}, ensure_ascii=False, indent=1)
    data = (written.replace("\n", "\r\n") if crlf else written).encode(encoding)
    assert parse(decode(data, "X"), "X") == {"a": text}


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-16-be", codecs.BOM_UTF16_BE), ("utf-16-le", b""), ("utf-16-be", b"")]
)
def test_utf_16_with_and_without_its_mark(encoding: str, mark: bytes) -> None:
    assert parse(decode(mark + '{"a": "\u00e9"}'.encode(encoding), "X"), "X") == {"a": "\u00e9"}


@pytest.mark.parametrize("data", [b"\xe9\xe9", b"\xff\xfe{", b'{"a": "\xc3"}'])
def test_what_is_no_text_is_said(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="X is not text in UTF-8"):
        decode(data, "X")


@pytest.mark.parametrize(
    "value", ["C:\\Users\\o'neil\\x", 'a "b" c', "$HOME", "`id`", "%PATH%", "a\nb", "end\\", "x" * 200_000]
)
def test_values_that_shells_change_stay_as_they_are(value: str, tmp_path: Path) -> None:
    path = tmp_path / "request with 'quotes'.json"
    path.write_text(json.dumps({"a": value}), encoding="utf-8")
    assert parse(Inputs(Streams(None, None, None, {})).file(str(path), "X"), "X") == {"a": value}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "X is empty"),
        ("\ufeff \r\n", "X is empty"),
        ("{a: 1}", "X is not JSON: expecting property name enclosed in double quotes (line 1, column 2)"),
        ('{\n"a": "C:\\Users"}', "A backslash has to be doubled"),
        ("[NaN]", "it holds NaN"),
        ('{"a": {"b": 1, "b": 2}}', "a key stands twice"),
        ("[" * 100_000, "beyond all measure"),
        ("9" * 5000, "beyond all measure"),
    ],
)
def test_where_it_goes_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text, "X")
    assert words in str(caught.value)


@given(st.text(min_size=4, max_size=40))
def test_no_text_is_ever_shown(text: str) -> None:
    canary = f"zq{text}canary-7781"
    with pytest.raises(InvalidInput) as caught:
        parse(canary, "X")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(("stream", "state"), [(Terminal(), "a terminal"), (None, "closed")])
def test_nobody_is_waited_for_at_a_terminal(stream: t.BinaryIO | None, state: str) -> None:
    with pytest.raises(InvalidInput, match=f"X reads standard input, which is {state}"):
        Inputs(Streams(stream, None, None, {})).file("-", "X")


def test_standard_input_is_read_once() -> None:
    inputs = Inputs(Streams(io.BytesIO(b"x"), None, None, {}))
    assert inputs.file("-", "--one") == "x"
    with pytest.raises(InvalidInput, match="--two and --one both read standard input"):
        inputs.file("-", "--two")


@pytest.mark.parametrize("path", ["/nowhere/at/all", "", "\0"])
def test_a_file_that_cannot_be_read_is_said(path: str) -> None:
    with pytest.raises(InvalidInput, match=r"X: .*can't be read"):
        Inputs(Streams(None, None, None, {})).file(path, "X")


def test_a_secret_in_place_of_a_path_is_not_shown() -> None:
    secret = "ghp_" + "a1B2" * 9
    with pytest.raises(InvalidInput) as caught:
        Inputs(Streams(None, None, None, {})).file(secret, "--token-file")
    assert secret not in str(caught.value)


KNOWN = {"repository", "event_type", "client_payload"}


def test_a_request_is_its_object() -> None:
    assert read_request('{"repository": "a/b", "event_type": null}', "X", KNOWN, set()) == {
        "repository": "a/b",
        "event_type": None,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]", "X is not a JSON object"),
        ('{"reposiory": 1}', "unknown name reposiory. Did you mean repository?"),
        ('{"event-type": 1}', "Did you mean event_type?"),
        ('{"zzz": 1}', "Possible: client_payload, event_type, repository."),
        ('{"token": "canary-7781"}', "X holds token. Requests end up in files"),
        ('{"ghp_abcdefgh12345678abcdefgh12345678xx": 1}', "unknown name (not shown)"),
    ],
)
def test_a_request_that_is_wrong_is_refused_without_values(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_request(text, "X", KNOWN, {"token"})
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)


def test_names_are_shown_when_they_are_names() -> None:
    assert shown_name("wait_timeot") == "wait_timeot"
    assert shown_name("a" * 41) == shown_name("two words") == shown_name("") == "(not shown)"
    assert closest("wiat", ["wait", "send"]) == "Did you mean wait?"
