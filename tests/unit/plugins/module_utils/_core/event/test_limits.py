# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's limits, at their very edge."""

from __future__ import annotations

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.limits import (
    MAX_BYTES,
    check_dispatch_id,
    check_event_type,
    check_size,
    check_user_payload,
)


@pytest.mark.parametrize("text", ["x", "infra-changed", "Deploy to prod", "a" * 100, "ä" * 100, "émoji-🚀", "a.b/c:d"])
def test_an_event_type_of_1_to_100_characters_is_good(text: str) -> None:
    assert check_event_type(text) == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        (None, "is empty"),
        ("a" * 101, "101 characters; GitHub allows 100"),
        ("ä" * 101, "101 characters"),
        (" x", "blanks"),
        ("x\n", "blanks"),
        ("a\nb", "newlines"),
        ("a\tb", "control"),
        ("a\x00b", "control"),
        ("\ud800", "control"),
        (5, "is not a text"),
        (True, "is not a text"),
        (["x"], "is not a text"),
    ],
)
def test_another_event_type_is_refused_with_numbers(value: object, words: str) -> None:
    with pytest.raises(InvalidInput, match="event_type") as caught:
        check_event_type(value)
    assert words in caught.value.message


def test_nine_keys_are_the_users_and_one_is_ours() -> None:
    check_user_payload({str(number): 1 for number in range(9)})
    with pytest.raises(InvalidInput, match="10 keys at its top level; 9 are possible"):
        check_user_payload({str(number): 1 for number in range(10)})


@pytest.mark.parametrize("payload", [{"dispatch": 1}, {"dispatch": None, "a": 1}])
def test_our_key_is_ours(payload: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="dispatch, which is reserved"):
        check_user_payload(payload)
    check_user_payload({"Dispatch": 1, "dispatches": 2, "nested": {"dispatch": 3}})


@pytest.mark.parametrize("letter", ["x", "ä", "🚀"])
def test_bytes_are_counted_as_they_are_sent(letter: str) -> None:
    room = MAX_BYTES - len('{"a":""}')
    size = len(letter.encode("utf-8"))
    full = letter * (room // size) + "x" * (room % size)
    assert check_size({"a": full}) == MAX_BYTES
    with pytest.raises(InvalidInput, match="65,536 bytes as JSON; GitHub allows 65,535"):
        check_size({"a": full + "x"})


def test_the_largest_keys_are_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_size({"small": "x", "big": "x" * 70_000, "middle": "x" * 1000, "tiny": 1})
    assert "Largest: big (70,002), middle (1,002), small (3)." in caught.value.message
    assert "xxx" not in caught.value.message


@pytest.mark.parametrize("text", ["0123456789abcdef" * 2, " " + "0123456789ABCDEF" * 2 + "\n"])
def test_the_id_of_an_event_is_32_digits(text: str) -> None:
    assert check_dispatch_id(text) == "0123456789abcdef" * 2


@pytest.mark.parametrize("value", [None, "", 5, "0" * 31, "0" * 33, "g" * 32, "\uff10" * 32, ["0" * 32]])
def test_another_id_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match="mine is not 32 hexadecimal digits"):
        check_dispatch_id(value, "mine")
