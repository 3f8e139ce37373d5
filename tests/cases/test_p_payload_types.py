# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class P in the core: GitHub's limits are checked before any request, and a value arrives as it was given.

What Ansible makes of values on the way here is in test_ansible_payload.py.
"""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import json
import pathlib
import typing as t

import pytest
from cases.support import expect
from cases.support.world import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UTC = dt.timezone.utc


def sent(world: World) -> dict[str, t.Any]:
    """The payload of the one event that arrived, without our own key."""
    assert world.accepted == 1
    payload = dict(world.github.world.events[0][1].client_payload or {})
    assert set(payload.pop("dispatch")) >= {"schema", "id", "kind", "source"}
    return payload


def refused(world: World, options: dict[str, t.Any], *says: str) -> dict[str, t.Any]:
    """In both modes, and before any request."""
    for check_mode in (False, True):
        result = world.run(options, check_mode=check_mode)
        expect.failure(result, "invalid_input", says=says, world=world)
    assert world.requests() == []
    return result


# -- P21: limits


def keys(count: int) -> dict[str, int]:
    return {f"key{number}": number for number in range(count)}


@pytest.mark.parametrize("count", [0, 1, 9])
def test_nine_keys_fit(world: World, count: int) -> None:
    """P21 a: one of GitHub's ten is ours."""
    expect.success(world.run(world.by_token(client_payload=keys(count))), "accepted", world=world)
    assert sent(world) == keys(count)


@pytest.mark.parametrize("count", [10, 11, 50])
def test_more_keys_are_refused_with_the_real_allowance(world: World, count: int) -> None:
    """P21 a, b."""
    refused(
        world, world.by_token(client_payload=keys(count)), f"{count} keys", "9 are possible", "allows 10", "dispatch"
    )


def test_our_key_is_reserved(world: World) -> None:
    refused(world, world.by_token(client_payload={"dispatch": {"id": "mine"}}), "dispatch", "reserved", "rename")


def test_keys_further_down_are_not_counted(world: World) -> None:
    payload = {"all": keys(500)}
    expect.success(world.run(world.by_token(client_payload=payload)), "accepted", world=world)
    assert sent(world) == payload


def filled(world: World, size: int, character: str = "x") -> dict[str, t.Any]:
    """Options for a payload of exactly so many bytes."""
    result = world.run(world.by_token(client_payload={"text": ""}), check_mode=True)
    room = size - result["payload_bytes"]
    return world.by_token(client_payload={"text": character * (room // len(character.encode()))})


def test_the_largest_payload_fits(world: World) -> None:
    options = filled(world, 65_535)
    result = world.run(options)
    expect.success(result, "accepted", world=world)
    assert result["payload_bytes"] == 65_535


@pytest.mark.parametrize("size", [65_536, 70_000, 5_000_000])
def test_a_larger_one_is_refused_with_its_size_and_its_largest_key(world: World, size: int) -> None:
    """P21 c, g: one long text, or five megabytes of a command's output."""
    options = filled(world, size)
    world.github.records.clear()
    refused(world, options, f"{size:,}", "65,535", r"Largest: text \(")


def test_bytes_are_counted_and_not_characters(world: World) -> None:
    refused(world, world.by_token(client_payload={"text": "ä" * 40_000}), "80,", "65,535")


@pytest.mark.parametrize("length", [1, 2, 99, 100])
def test_a_type_of_up_to_a_hundred_characters(world: World, length: int) -> None:
    """P21 d."""
    expect.success(world.run(world.by_token(event_type="ü" * length)), "accepted", world=world)
    assert world.github.world.events[0][1].event_type == "ü" * length


TYPES = {
    "P21d-101": ("x" * 101, "101 characters.*allows 100"),
    "P21d-0": ("", "empty"),
    "none": (None, "empty"),
    "number": (5, "event_type"),
    "boolean": (True, "event_type"),
    "list": (["a"], "event_type"),
    "blanks": ("   ", "empty"),
    "P21e-before": (" infra", "blanks"),
    "P21e-after": ("infra ", "blanks"),
    "P21e-newline": ("infra\n", "blanks|newlines"),
    "newline-inside": ("infra\nchanged", "newlines|control"),
    "tab": ("infra\tchanged", "control"),
    "nul": ("infra\0", "control"),
    "no-break-space": ("\u00a0infra", "blanks"),
}


@pytest.mark.parametrize("name", TYPES)
def test_a_type_that_could_never_match_is_refused(world: World, name: str) -> None:
    """P21 d, e."""
    value, says = TYPES[name]
    refused(world, world.by_token(event_type=value), "event_type", says)


@pytest.mark.parametrize("value", ["infra changed", "a/b", "*", "ä", "Infra-Changed", "{{ x }}", "${{ x }}", "--x"])
def test_a_type_with_unusual_characters_is_fine(world: World, value: str) -> None:
    expect.success(world.run(world.by_token(event_type=value)), "accepted", world=world)
    assert world.github.world.events[0][1].event_type == value


def test_the_words_of_the_server_are_shown(world: World) -> None:
    """P21: a 422 all the same."""
    body = {
        "message": "Invalid request.\n\nNo more than 10 properties are allowed; 11 were supplied.",
        "errors": ["no"],
    }
    world.github.faults.add(path="/dispatches$", status=422, body=body)
    result = world.run(world.by_token())
    expect.failure(result, "rejected", says=["No more than 10 properties are allowed", r"\(no\)"], world=world)


# -- P22: text in place of an object

TEXTS = {
    "P22a": ('{"a": 1}', {"a": 1}),
    "P22b": (json.dumps({"d": {"n": 1, "t": None, "ü": [True]}}), {"d": {"n": 1, "t": None, "ü": [True]}}),
    "P22g": ("{}", {}),
    "blanks": (' \n {"a": 1.50} ', {"a": 1.5}),
    "mark": ('\ufeff{"a": "x"}', {"a": "x"}),
    "bytes": (b'{"a": 1}', {"a": 1}),
    "text-inside": ('{"a": "{\\"b\\": 1}"}', {"a": '{"b": 1}'}),
    "big": ('{"a": 12345678901234567890123}', {"a": 12345678901234567890123}),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_of_an_object_is_an_object(world: World, name: str) -> None:
    given_, expected = TEXTS[name]
    expect.success(world.run(world.by_token(client_payload=given_)), "accepted", world=world)
    assert sent(world) == expected


@pytest.mark.parametrize("name", ["absent", "null", "empty"])
def test_no_payload_is_only_ours(world: World, name: str) -> None:
    """P22 g, h."""
    options = world.by_token(client_payload={"null": None, "empty": {}}.get(name))
    if name == "absent":
        del options["client_payload"]
    expect.success(world.run(options), "accepted", world=world)
    assert sent(world) == {}


NO_OBJECTS = {
    "P22c": ("'{\"a\":1}'", "text"),
    "P22d": ("[1,2]", "a list"),
    "P22e": ("null", "null"),
    "P22f": ("a=1 b=2", "not JSON"),
    "P22i": ([1, 2], "a list"),
    "P22j": ("{'a': True}", "not JSON"),
    "list-of-pairs": ([["a", 1]], "a list"),
    "number": (5, "a number"),
    "number-text": ("5", "a number"),
    "boolean": (True, "a boolean"),
    "text": ("hello", "not JSON"),
    "quoted-twice": ('"{\\"a\\": 1}"', "a text"),
    "empty-text": ("", "not JSON"),
    "cut-off": ('{"a": 1', "not JSON"),
    "comma": ('{"a": 1,}', "not JSON"),
    "comment": ('{"a": 1} // x', "not JSON"),
    "two": ('{"a": 1}{"b": 2}', "not JSON"),
    "nan": ('{"a": NaN}', "not JSON"),
    "infinity": ('{"a": -Infinity}', "not JSON"),
    "twice": ('{"a": 1, "a": 2}', "stands twice"),
    "twice-inside": ('{"o": {"a": 1, "a": 2}}', "stands twice"),
    "deep": ("[" * 100_000, "not JSON"),
    "yaml": ("a: 1\nb: 2", "not JSON"),
    "no-utf8": (b'{"a": "\xff"}', "not JSON"),
}


@pytest.mark.parametrize("name", NO_OBJECTS)
def test_what_is_no_object_is_named(world: World, name: str) -> None:
    """P22 c-f, i, j: and never sent as a text."""
    given_, says = NO_OBJECTS[name]
    refused(world, world.by_token(client_payload=given_), "client_payload", says)


# -- P23: types stay

VALUES: dict[str, t.Any] = {
    "true": True, "false": False, "null": None, "int": 5, "zero": 0, "negative": -7, "float": 1.1, "big": 10**23,
    "exponent": 1e300, "tiny": 5e-324, "float-int": 3.0, "list-empty": [], "dict-empty": {}, "tuple": (1, 2),
    "text-true": "true", "text-no": "no", "text-null": "null", "text-number": "5", "text-octal": "0755", "empty": "",
    "version": "1.10", "text-date": "2024-01-02", "unicode": "grüße 🎉 \u2028", "surrogate-pair": "\U0001f600",
    "jinja": "{{ x }}", "expression": "${{ x }}", "quotes": "a \"b\" 'c' \\ \n \t", "control": "\x01\x7f",
    "html": "</script>&amp;", "long": "x" * 15_000, "list": [1, "1", None, [True]], "object": {"z": 1, "a": [{}]},
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_a_value_arrives_as_it_was_given(world: World, name: str) -> None:
    value = VALUES[name]
    payload = {"value": value, "nested": {"list": [value, {"value": value}]}}
    expect.success(world.run(world.by_token(client_payload=payload)), "accepted", world=world)
    arrived = sent(world)
    plain = json.loads(json.dumps(value))
    for found in (arrived["value"], arrived["nested"]["list"][0], arrived["nested"]["list"][1]["value"]):
        assert found == plain
        assert found.__class__ is plain.__class__


def test_keys_keep_their_order(world: World) -> None:
    payload = dict.fromkeys(("zulu", "alpha", "mike"), 1)
    expect.success(world.run(world.by_token(client_payload=payload)), "accepted", world=world)
    assert list(sent(world)) == ["zulu", "alpha", "mike"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.dictionaries(st.text(max_size=8).filter(lambda key: key != "dispatch"), _JSON, max_size=9))
def test_any_json_arrives_as_it_was_given(world: World, payload: dict[str, t.Any]) -> None:
    world.github.world.events.clear()
    expect.success(world.run(world.by_token(client_payload=payload)), "accepted", world=world)
    assert json.dumps(sent(world)) == json.dumps(payload)


# -- P24: values of Python's own


class Tagged(str):
    """Like the texts of Ansible, which know where they come from."""

    __slots__ = ()

    def __str__(self) -> str:
        return "not this"


class Number(int):
    def __repr__(self) -> str:
        return "not this"


FORMS: dict[str, tuple[t.Any, t.Any]] = {
    "date": (dt.date(2024, 1, 2), "2024-01-02"),
    "aware": (dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02T03:04:05+00:00"),
    "offset": (
        dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.timezone(dt.timedelta(hours=5.5))),
        "2024-01-02T03:04:05+05:30",
    ),
    "naive": (dt.datetime(2024, 1, 2, 3, 4, 5), "2024-01-02T03:04:05"),  # noqa: DTZ001
    "bytes": ("grüße".encode(), "grüße"),
    "bytearray": (bytearray(b"abc"), "abc"),
    "str-subclass": (Tagged("text"), "text"),
    "int-subclass": (Number(7), 7),
    "ordered": (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    "int-key": ({1: "x"}, {"1": "x"}),
    "str-subclass-key": ({Tagged("key"): 1}, {"key": 1}),
}


@pytest.mark.parametrize("name", FORMS)
def test_values_with_one_clear_form_take_it(world: World, name: str) -> None:
    value, expected = FORMS[name]
    expect.success(world.run(world.by_token(client_payload={"value": [value]})), "accepted", world=world)
    assert sent(world) == {"value": [expected]}


def _generator() -> t.Iterator[int]:
    yield 1


OBJECTS: dict[str, tuple[t.Any, str]] = {
    "set": ({1, 2}, "set"),
    "frozenset": (frozenset("a"), "frozenset"),
    "decimal": (decimal.Decimal("1.10"), "Decimal"),
    "path": (pathlib.PurePosixPath("/etc"), "PurePosixPath"),
    "generator": (_generator(), "generator"),
    "object": (object(), "object"),
    "exception": (ValueError("no"), "ValueError"),
    "time": (dt.timedelta(seconds=1), "timedelta"),
    "complex": (1j, "complex"),
    "function": (len, "builtin_function"),
    "nan": (float("nan"), "nan"),
    "infinity": (float("-inf"), "-inf"),
    "bytes-no-utf8": (b"\xff\xfe", "not UTF-8"),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_values_without_a_form_are_refused_by_their_path(world: World, name: str) -> None:
    value, says = OBJECTS[name]
    payload = {"outer": [{"inner": value}]}
    refused(world, world.by_token(client_payload=payload), r"client_payload\.outer\[0\]\.inner", says)


@pytest.mark.parametrize("key", [1.5, None, True, (1, 2), dt.date(2024, 1, 2), b"key"])
def test_keys_that_are_no_text_are_refused(world: World, key: t.Any) -> None:
    refused(world, world.by_token(client_payload={"outer": {key: 1}}), r"client_payload\.outer", "key", "quote")


def test_half_a_character_is_refused(world: World) -> None:
    refused(world, world.by_token(client_payload={"text": "\ud800"}), "Unicode")


def test_a_value_that_holds_itself_is_refused(world: World) -> None:
    loop: dict[str, t.Any] = {}
    loop["self"] = loop
    refused(world, world.by_token(client_payload=loop), "levels deep")


# -- several repositories


def test_each_repository_can_say_its_own(world: World) -> None:
    world.github.add_repository("acme/audit")
    entries = [
        {"repository": "acme/site", "client_payload": '{"n": 1}'},
        {"repository": "acme/audit", "event_type": "x"},
    ]
    result = world.run(world.by_token(repository=None, repositories=entries))
    expect.success(result, "accepted", world=world, accepted=2)
    assert {entry["dispatch_id"] for entry in result["dispatches"]} == {
        (event.client_payload or {})["dispatch"]["id"] for _where, event in world.github.world.events
    }


ENTRIES: dict[str, tuple[t.Any, str]] = {
    "empty": ([], "at least one"), "text": ("acme/site", "list"), "number": ([5], r"repositories\[0\]"),
    "null": ([None], r"repositories\[0\]"), "no-repository": ([{"event_type": "x"}], r"repositories\[0\]"),
    "unknown-key": ([{"repository": "acme/site", "payload": {}}], "unknown key payload"),
    "wrong-name": (["acme/site", "nonsense"], r"repositories\[1\]"), "twice": (["acme/site", "Acme/Site"], "twice"),
    "wrong-payload": (["acme/site", {"repository": "acme/audit", "client_payload": [1]}], r"repositories\[1\].*list"),
    "wrong-type": ([{"repository": "acme/site", "event_type": "x" * 101}], r"repositories\[0\].*101"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_one_wrong_entry_stops_all(world: World, name: str) -> None:
    """Nothing is half sent because of a mistake that could be seen before."""
    entries, says = ENTRIES[name]
    refused(world, world.by_token(repository=None, repositories=entries), says)
