# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes two requests the same."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.command import fingerprint
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.fingerprint import Unusual

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_both_ways_to_read_and_write_agree(value: t.Any) -> None:
    quick, plain = fingerprint._by_accelerator(), fingerprint._by_json()
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert quick[0](text) == plain[0](text) == value
    assert quick[1](value) == plain[1](value)


@pytest.mark.parametrize("way", [fingerprint._by_accelerator, fingerprint._by_json])
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "{'a': 1}",
        '{"a": 1} x',
        '{"a": 1}{}',
        "[NaN]",
        "[-Infinity]",
        '{"a":1,"a":2}',
        '"\\x"',
        "\ufeff{}",
    ],
)
def test_both_ways_refuse_the_same(way: t.Any, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "_read", way()[0])
    with pytest.raises(Unusual):
        fingerprint.read_json(text)


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000])
def test_text_beyond_measure_is_refused_without_a_crash(text: str) -> None:
    with pytest.raises(Unusual):
        fingerprint.read_json(text)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), {1, 2}, "\ud800", b"x"])
def test_what_has_no_json_form_has_no_fingerprint(value: t.Any) -> None:
    with pytest.raises(Unusual):
        fingerprint.canonical({"a": value})


def test_the_order_of_keys_and_the_case_of_names_do_not_count() -> None:
    one = fingerprint.fingerprint([("acme/site", "x", {"a": 1, "b": {"c": 2, "d": 3}})])
    two = fingerprint.fingerprint([("Acme/Site", "x", {"b": {"d": 3, "c": 2}, "a": 1})])
    assert one == two
    assert one.startswith("sha256:")
    assert len(one) == 71


@pytest.mark.parametrize(
    "other",
    [
        ("acme/web", "x", {"a": 1}),
        ("acme/site", "y", {"a": 1}),
        ("acme/site", "x", {"a": "1"}),
        ("acme/site", "x", {"a": True}),
        ("acme/site", "x", {"a": 1.0}),
    ],
)
def test_what_is_said_counts_with_its_types(other: tuple[str, str, dict[str, t.Any]]) -> None:
    assert fingerprint.fingerprint([("acme/site", "x", {"a": 1})]) != fingerprint.fingerprint([other])


def test_without_the_accelerators_the_fingerprint_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [("acme/site", "x", {"a": "\u00e9", "b": [1.5, None]})]
    before = fingerprint.fingerprint(events)
    monkeypatch.setattr(fingerprint, "_write", fingerprint._by_json()[1])
    monkeypatch.setitem(__import__("sys").modules, "_sha2", None)
    monkeypatch.setitem(__import__("sys").modules, "_sha256", None)
    assert fingerprint.fingerprint(events) == before


def test_an_accelerator_of_another_form_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import _json

    monkeypatch.setattr(_json, "make_encoder", lambda *_all: lambda *_value: ["{}"])
    with pytest.raises(ImportError):
        fingerprint._by_accelerator()
