# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON read bit by bit is the same JSON."""

from __future__ import annotations

import io
import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes import terraform_json
from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform_json import (
    Members,
    parse,
    reduce,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput

TEXTS = st.text(alphabet=st.sampled_from('ab"\\{}[],: \n\u00e9😀'), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(0, 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS | st.just("address"), inner, max_size=4),
    max_leaves=25,
)
ELEMENTS = st.lists(st.builds(lambda a, m, v: {"address": a, "mode": m, "change": v}, TEXTS, TEXTS, VALUES), max_size=8)


def take(text: bytes, step: int, names: t.Collection[str] = (), *, check: bool = False) -> dict[str, t.Any]:
    """Read the members of an object, reading so many bytes at a time, with or without what passes over arrays fast."""
    source = io.BytesIO(text)
    members = Members(lambda _size: source.read(step), parse if check else None)
    found: dict[str, t.Any] = {}
    for name in members:
        if name not in names:
            found[name] = members.value()
            continue
        batches = list(members.items(parse))
        found[name] = [item for batch in batches for item in (batch.items() if isinstance(batch, dict) else batch)]
    return found


def expected(document: dict[str, t.Any], names: t.Collection[str]) -> dict[str, t.Any]:
    """Return the same from the parsed document."""
    found: dict[str, t.Any] = {}
    for name, value in document.items():
        whole = value if isinstance(value, (dict, list)) else None
        found[name] = list(whole.items() if isinstance(whole, dict) else whole or []) if name in names else (
            None if whole is not None else value)  # fmt: skip
    return found


@settings(deadline=None)
@given(
    st.dictionaries(TEXTS, VALUES | ELEMENTS, max_size=5),
    st.integers(1, 40),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_members_are_those_that_parsing_finds(
    document: dict[str, t.Any], step: int, indent: int | None, plain: bool
) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=plain, separators=None if indent else (",", ":"))
    for names in (set(document), set(list(document)[::2]), set()):
        for check in (False, True):
            assert take(text.encode(), step, names, check=check) == expected(document, names)


@given(st.lists(st.builds(lambda a, v: {"address": a, "mode": "x", "v": v}, TEXTS, VALUES), min_size=1, max_size=9))
def test_a_guess_where_elements_begin_is_never_wrong(elements: list[t.Any]) -> None:
    nested = [{"address": "a", "mode": "b", "in": [{"address": "x", "mode": "y"}, *elements]}, *elements]
    text = json.dumps({"a": nested, "z": nested}, separators=(",", ":")).encode()
    for check in (False, True):
        assert take(text, len(text), {"a"}, check=check) == {"a": nested, "z": None}


@settings(deadline=None)
@given(st.lists(ELEMENTS, max_size=4), VALUES, st.integers(20, 400))
def test_what_is_passed_over_is_passed_over_whole(modules: list[t.Any], value: t.Any, step: int) -> None:
    tree: t.Any = {"values": value}
    for elements in modules:
        tree = {"resources": elements, "child_modules": [{"address": "module.a", "mode": "x", **tree}, tree]}
    text = json.dumps({"planned_values": tree, "z": "end", "prior_state": tree}, separators=(",", ":")).encode()
    for check in (False, True):
        assert take(text, step, check=check) == {"planned_values": None, "z": "end", "prior_state": None}


@settings(deadline=None)
@given(VALUES, st.data())
def test_levels_are_those_of_counting(value: t.Any, data: st.DataObject) -> None:
    text = json.dumps(value).encode()
    cut = data.draw(st.integers(0, len(text)))
    while cut and text[cut - 1] == 0x5C:
        cut -= 1
    up, down, inside = reduce(text[:cut], False)
    up_again, down_again, inside_again = reduce(text[cut:], inside)
    assert up == 0
    assert down - up_again + down_again == 0
    assert inside_again is False


@pytest.mark.parametrize("deep", [10, 63, 64, 65, 200, 5000])
def test_deep_nesting_is_passed_over_in_linear_time(deep: int) -> None:
    text = b'{"a":' + b"[" * deep + b"]" * deep + b',"b":' + b'{"x":[' * deep + b"]}" * deep + b',"c":1}'
    assert take(text, 1 << 18) == {"a": None, "b": None, "c": 1}


def test_elements_longer_than_a_piece_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_json, "PIECE", 64)
    items = [{"address": "x" * size, "mode": "m", "q": ['}]"\\'] * 3} for size in (1, 500, 20, 7000, 3)]
    document = {"first": 1, "items": items, "last": {"n": items}}
    for text in (json.dumps(document), json.dumps(document, separators=(",", ":"))):
        assert take(text.encode(), 64, {"items"})["items"] == items


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b'{"a', b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a":[', b'{"a":["x', b'{"a":{"b":"\\', b'{"a":"x'],
)
def test_json_that_was_cut_off_is_told(text: bytes) -> None:
    for names in ((), ("a",)):
        with pytest.raises(InvalidInput, match="ends in the middle"):
            take(text, 3, names)


@pytest.mark.parametrize(
    "text", [b"[]", b'{"a" 1}', b'{"a":1 2}', b'{"a":x}', b"{1:2}x", b'{"a":}', b"{]", b'{"a":[1 2]}']
)
def test_what_is_no_json_is_refused_without_showing_it(text: bytes) -> None:
    with pytest.raises(InvalidInput, match="not valid JSON"):
        take(text, 3, ("a",))


def test_a_text_without_an_end_is_given_up() -> None:
    with pytest.raises(InvalidInput, match="not valid JSON"):
        take(b'{"a":"' + b"x" * 3_000_000, 1 << 18)


def test_what_follows_the_object_is_left() -> None:
    source = io.BytesIO(b'{"a": 1}\n::debug::x\n')
    members = Members(source.read)
    assert [(name, members.value()) for name in members] == [("a", 1)]
    assert members.rest() == b"\n::debug::x\n"
