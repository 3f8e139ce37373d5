# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Types of a payload are kept; what has no JSON form is refused by its path."""

from __future__ import annotations

import enum
import json
import pathlib
import types
import typing as t
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.values import (
    compact,
    plain,
    read_payload,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class Text(str):
    """A text of a tool's own type."""

    __slots__ = ()

    def __str__(self) -> str:
        return "changed"


class Word(str, enum.Enum):
    A = "a"


class Number(enum.IntEnum):
    ONE = 1


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_any_json_object_arrives_as_it_was(payload: dict[str, t.Any]) -> None:
    assert read_payload(payload) == payload
    assert list(read_payload(payload)) == list(payload)
    assert json.loads(compact(read_payload(payload))) == payload
    assert read_payload(json.dumps(payload)) == payload
    assert repr(json.loads(compact(payload))) == repr(payload)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        ("true", '"true"'),
        ("no", '"no"'),
        (1, "1"),
        ("1", '"1"'),
        (1.0, "1.0"),
        (1.1, "1.1"),
        ("1.10", '"1.10"'),
        (493, "493"),
        (None, "null"),
        ("", '""'),
        ("{{ x }}", '"{{ x }}"'),
        ("[1]", '"[1]"'),
        (12345678901234567890123, "12345678901234567890123"),
        ("äöü 🚀", '"äöü 🚀"'),
        ("C:\\Users\\o'neil", '"C:\\\\Users\\\\o\'neil"'),
        ((1, (2,)), "[1,[2]]"),
        ({1: "a"}, '{"1":"a"}'),
        (date(2024, 1, 2), '"2024-01-02"'),
        (datetime(2024, 1, 2, 3, 4, 5), '"2024-01-02T03:04:05"'),  # noqa: DTZ001
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc), '"2024-01-02T03:04:05+00:00"'),
        (datetime(2024, 1, 2, tzinfo=timezone(timedelta(hours=2))), '"2024-01-02T00:00:00+02:00"'),
        (b"caf\xc3\xa9", '"café"'),
        (bytearray(b"x"), '"x"'),
        (Text("kept"), '"kept"'),
        ({Text("key"): 1}, '{"key":1}'),
        (Word.A, '"a"'),
        (Number.ONE, "1"),
        (types.MappingProxyType({"a": 1}), '{"a":1}'),
    ],
)
def test_every_type_has_one_text(value: object, text: str) -> None:
    assert compact(plain({"x": value}, "p")).decode("utf-8") == f'{{"x":{text}}}'


@given(JSON)
def test_plain_values_are_of_jsons_own_types(value: t.Any) -> None:
    seen = [plain([Text("x"), value], "p")]
    while seen:
        item = seen.pop()
        assert type(item) in (dict, list, str, int, float, bool, type(None))
        seen += list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []


@pytest.mark.parametrize(
    "value",
    [{1}, frozenset(), Decimal("1.1"), pathlib.PurePath("x"), (i for i in [1]), object(), b"\xff", float("nan"),
     float("inf"), -float("inf"), ValueError("x"), 1j, int],
)  # fmt: skip
def test_what_has_no_json_form_is_refused_by_its_path(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_payload({"a": [{"b": value}]})
    assert caught.value.message.startswith("client_payload.a[0].b ")


@pytest.mark.parametrize("key", [True, None, 1.5, b"x", (1,), date(2024, 1, 2)])
def test_keys_are_texts(key: object) -> None:
    with pytest.raises(InvalidInput, match=r"client_payload\.a has a key"):
        read_payload({"a": {key: 1}})


def test_no_key_hides_another() -> None:
    with pytest.raises(InvalidInput, match="twice"):
        read_payload({"a": {1: "number", "1": "text"}})


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, {}), ({}, {}), ("{}", {}), ('{"a": 1}', {"a": 1}), (b'{"a": 1}', {"a": 1}), ('\n {"a": 1}\r\n', {"a": 1}),
     ('\ufeff{"a": 1}', {"a": 1}), (b'\xef\xbb\xbf{"a": 1}', {"a": 1})],
)  # fmt: skip
def test_a_payload_is_an_object_or_its_text(value: object, expected: dict[str, t.Any]) -> None:
    assert read_payload(value) == expected


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("'{\"a\":1}'", "the text is not JSON"),
        ("[1,2]", "a list"),
        ("null", "null"),
        ("true", "a boolean"),
        ("5", "a number"),
        ('"text"', "a text"),
        ('"{\\"a\\": 1}"', "a text"),
        ("a=1 b=2", "the text is not JSON"),
        ("{'a': True}", "the text is not JSON"),
        ('{"a": NaN}', "the text is not JSON"),
        ('{"a": 1e999}', "client_payload.a is inf"),
        ('{"a": 1, "a": 2}', "a key stands twice"),
        ('{"x": {"a": 1, "a": 2}}', "a key stands twice"),
        ('{"a": ' * 100_000, "the text is not JSON"),
        ("", "the text is not JSON"),
        (b"\xff", "the text is not JSON"),
        ([], "a list"),
        ([{"a": 1}], "a list"),
        (5, "a number"),
        (False, "a boolean"),
        ({1}, "of type set"),
    ],
)
def test_anything_else_is_named(value: object, seen: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_payload(value)
    assert seen in caught.value.message
    assert len(caught.value.message) < 200


def test_depth_ends_somewhere() -> None:
    loop: dict[str, t.Any] = {}
    loop["a"] = loop
    for value in (loop, json.loads('{"a":' * 70 + "1" + "}" * 70)):
        with pytest.raises(InvalidInput, match="levels deep"):
            read_payload(value)
    assert read_payload(json.loads('{"a":' * 50 + "1" + "}" * 50))


@pytest.mark.parametrize("payload", [{"a": "\ud800"}, {"\udfff": 1}, {"a": 10**5000}])
def test_what_can_not_be_written_is_refused(payload: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidInput):
        compact(read_payload(payload))
