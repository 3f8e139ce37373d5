# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command is asked for, and where that comes from."""

from __future__ import annotations

import io
import typing as t
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.command.gather import gather, read_value
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.inputs import Inputs
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.options import (
    CONNECTION,
    NOTIFY,
    SENDING,
    Option,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.streams import Streams
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput

INPUTS = Inputs(Streams(io.BytesIO(b"from-stdin\r\n"), None, None, {}))


def ask(
    arguments: dict[str, t.Any] | None = None,
    env: dict[str, str] | None = None,
    request: dict[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    return gather(SENDING, arguments or {}, INPUTS, env or {}, request).options


def test_arguments_win_over_the_request_and_that_over_the_environment() -> None:
    env = {"INFRADISPATCH_EVENT_TYPE": "of-env", "INFRADISPATCH_REPOSITORY": "of/env", "INFRADISPATCH_WAIT": "yes"}
    request = {"event_type": "of-request", "repository": "of/request", "deadline": None}
    found = ask({"event_type": "of-arguments", "repository": None}, env, request)
    assert found == {"event_type": "of-arguments", "repository": "of/request", "wait": True}


def test_an_empty_variable_is_not_set() -> None:
    assert ask(env={"INFRADISPATCH_EVENT_TYPE": "", "INFRADISPATCH_TOKEN": ""}) == {}


def test_no_is_an_answer() -> None:
    assert ask({"wait": False}, {"INFRADISPATCH_WAIT": "yes"}) == {"wait": False}


@pytest.mark.parametrize("name", ["INFRADISPATCH_APP_ID", "INFRADISPATCH_CLIENT_ID"])
def test_credentials_of_the_environment_stay_there_so_that_they_clash_with_nothing(name: str) -> None:
    env = {"INFRADISPATCH_TOKEN": "secret-token", name: "12", "GITHUB_TOKEN": "other"}
    asked = gather(CONNECTION, {}, INPUTS, env)
    assert asked.options == {}
    assert asked.env["GITHUB_TOKEN"] == "secret-token"
    assert asked.env["GITHUB_APP_CLIENT_ID"] == "12"
    assert env["GITHUB_TOKEN"] == "other"


def test_a_secret_comes_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"\xef\xbb\xbfghp_abc\r\n")
    assert ask({"token_file": str(path)}) == {"token": "ghp_abc"}
    assert gather(NOTIFY, {"notify_urls_file": "-"}, INPUTS, {}).options == {"notify_urls": ["from-stdin"]}


def test_an_alias_of_the_request_counts() -> None:
    assert ask(request={"client_id": "Iv1.abc"}) == {"app_id": "Iv1.abc"}


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("TRUE", True), ("1", True), (" on ", True), ("no", False), ("0", False)]
)
def test_flags(text: str, value: bool) -> None:
    assert read_value(Option("wait", "flag", ""), text, "X") is value


@pytest.mark.parametrize("text", ["maybe", "ghp_secretsecret", "2"])
def test_a_flag_that_is_none_is_refused_without_its_value(text: str) -> None:
    with pytest.raises(InvalidInput, match="X is neither yes nor no") as caught:
        read_value(Option("wait", "flag", ""), text, "X")
    assert "ghp_" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"), [("30", 30), (" 30 ", 30), ("1.5", "1.5"), ("abc", "abc"), ("9" * 30, "9" * 30)]
)
def test_numbers_that_are_none_are_left_to_the_core(text: str, value: t.Any) -> None:
    assert read_value(Option("timeout", "number", ""), text, "X") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a/b", ["a/b"]),
        ("a/b,c/d", ["a/b", "c/d"]),
        (" a/b , c/d\n e/f ", ["a/b", "c/d", "e/f"]),
        ('["a/b", {"repository": "c/d"}]', ["a/b", {"repository": "c/d"}]),
        ("[]", []),
        (" ", []),
    ],
)
def test_lists(text: str, value: list[t.Any]) -> None:
    assert read_value(Option("repositories", "words", ""), text, "X") == value


def test_a_comma_is_a_part_of_an_address() -> None:
    urls = read_value(Option("notify_urls", "words", "", secret=True), "https://a.test/x,y  https://b.test", "X")
    assert urls == ["https://a.test/x,y", "https://b.test"]


@pytest.mark.parametrize("text", ["[a/b]", "[", "[" * 99_999])
def test_a_list_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="begins like a JSON list"):
        read_value(Option("repositories", "words", ""), text, "X")


def test_a_repeated_option_adds_up() -> None:
    option = Option("on", "words", "", repeatable=True)
    assert gather((option,), {"on": ["change,drift", "destroy"]}, INPUTS, {}).options == {
        "on": ["change", "drift", "destroy"]
    }


@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_signer_may_be_a_list_of_words(way: str) -> None:
    text = '["sign it", "--key", "a b"]'
    env = {"INFRADISPATCH_SIGNER_COMMAND": text} if way == "variable" else {}
    asked = gather(CONNECTION, {} if env else {"signer_command": text}, INPUTS, env)
    assert asked.options == {"signer_command": ["sign it", "--key", "a b"]}
