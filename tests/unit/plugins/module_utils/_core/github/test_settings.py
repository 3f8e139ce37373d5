# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who speaks to whom: options first, then the environment."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import BadKey, InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.settings import (
    read_app_id,
    read_settings,
)

TOKEN_ENV = {"GITHUB_TOKEN": "ghp_environment"}


@pytest.fixture
def app_env(pem: str) -> dict[str, str]:
    """An App in the environment."""
    return {"GITHUB_APP_ID": "77", "GITHUB_APP_PRIVATE_KEY": pem}


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345, "12345"), ("12345", "12345"), (" 12345\n", "12345"), ("9" * 20, "9" * 20), (10**19, "1" + "0" * 19),
     ("Iv23liAbCdEfGhIjKlMn", "Iv23liAbCdEfGhIjKlMn"), ("Iv1.0123456789abcdef", "Iv1.0123456789abcdef")],
)  # fmt: skip
def test_an_app_id_is_kept_digit_for_digit(value: object, text: str) -> None:
    assert read_app_id(value) == text


@pytest.mark.parametrize(
    "value",
    [12345.0, True, False, 0, -1, "", " ", "0", "000", "-1", "1.5", "1_000", "0x10", "١٢٣", None, [], "Iv", "acme-bot",
     "Ov23liAbCdEfGhIjKlMn", "1" * 5000],
)  # fmt: skip
def test_what_is_no_app_id_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidInput, match="app_id") as caught:
        read_app_id(value)
    assert len(str(caught.value)) < 300


def test_the_client_id_of_an_oauth_app_is_told_apart() -> None:
    with pytest.raises(InvalidInput, match="OAuth"):
        read_app_id("Ov23liAbCdEfGhIjKlMn")


@pytest.mark.parametrize(
    ("env", "token"),
    [
        (TOKEN_ENV, "ghp_environment"),
        ({"GH_TOKEN": "second"}, "second"),
        ({**TOKEN_ENV, "GH_TOKEN": "second"}, "ghp_environment"),
        ({"GITHUB_TOKEN": "", "GH_TOKEN": "second"}, "second"),
    ],
)
def test_the_first_token_of_the_environment_counts(env: dict[str, str], token: str) -> None:
    settings = read_settings({}, env)
    assert settings.app is None
    assert settings.token is not None
    assert settings.token.reveal() == token


def test_an_explicit_token_wins_over_everything_in_the_environment(app_env: dict[str, str]) -> None:
    settings = read_settings({"token": " explicit\n", "installation_id": "5"}, {**TOKEN_ENV, **app_env})
    assert settings.token is not None
    assert settings.token.reveal() == "explicit"


def test_an_explicit_app_does_not_clash_with_a_token_of_the_environment(pem: str) -> None:
    settings = read_settings({"app_id": 12345, "private_key": pem, "installation_id": 99}, TOKEN_ENV)
    assert settings.token is None
    assert settings.app is not None
    assert (settings.app.app_id, settings.app.installation_id, settings.app.key_option) == (
        "12345",
        "99",
        "private_key",
    )


def test_explicit_and_environment_may_each_give_a_half(app_env: dict[str, str], pem: str) -> None:
    first = read_settings({"app_id": "12345"}, app_env).app
    second = read_settings({"private_key": pem}, app_env).app
    assert first is not None
    assert second is not None
    assert (first.app_id, second.app_id) == ("12345", "77")
    assert first.key_option == "GITHUB_APP_PRIVATE_KEY"


def test_a_key_file_and_a_signer_can_come_from_the_environment(tmp_path: Path, pem: str) -> None:
    (tmp_path / "k").write_text(pem)
    by_file = read_settings({}, {"GITHUB_APP_ID": "77", "GITHUB_APP_PRIVATE_KEY_PATH": str(tmp_path / "k")}).app
    by_command = read_settings({}, {"GITHUB_APP_ID": "77", "INFRADISPATCH_SIGNER_COMMAND": "sign 'a b'"}).app
    assert by_file is not None
    assert by_file.key is not None
    assert by_file.key.reveal() == pem
    assert by_command is not None
    assert by_command.signer_command == ["sign", "a b"]


def test_an_app_alone_is_found_beside_a_token(app_env: dict[str, str]) -> None:
    settings = read_settings({}, {**TOKEN_ENV, **app_env}, app_only=True)
    assert settings.app is not None
    assert settings.app.app_id == "77"


WRONG: dict[str, tuple[dict[str, t.Any], dict[str, str], str]] = {
    "nothing": ({}, {}, "No credential"),
    "token and App": ({"token": "x", "app_id": 1, "private_key": "y"}, {}, "Two kinds"),
    "token and key": ({"token": "x", "private_key_path": "y"}, {}, "Two kinds"),
    "token and signer": ({"token": "x", "signer_command": ["y"]}, {}, "Two kinds"),
    "two keys": ({"app_id": 1, "private_key": "y", "private_key_path": "z"}, {}, "given together"),
    "key and signer": ({"app_id": 1, "private_key": "y", "signer_command": ["z"]}, {}, "given together"),
    "App without a key": ({"app_id": 1}, {}, "without a key"),
    "App without a key, token near": ({"app_id": 1}, TOKEN_ENV, "without a key"),
    "App with an empty signer": ({"app_id": 1, "signer_command": []}, {}, "without a key"),
    "key without an App": ({"private_key": "y"}, {}, "private_key is given without app_id"),
    "key without an App, token near": ({"private_key": "y"}, TOKEN_ENV, "without app_id"),
    "installation without an App": ({"installation_id": 5}, TOKEN_ENV, "installation_id is given without"),
    "id that is none": ({"app_id": "", "private_key": "y"}, TOKEN_ENV, "app_id"),
    "fraction of an id": ({"app_id": 1.5, "private_key": "y"}, {}, "app_id"),
    "id of the environment": ({}, {"GITHUB_APP_ID": "x", "GITHUB_APP_PRIVATE_KEY": "y"}, "GITHUB_APP_ID"),
    "installation": ({"app_id": 1, "private_key": "y", "installation_id": "acme"}, {}, "installation_id is not"),
    "empty token": ({"token": ""}, {}, "token is empty"),
    "blank token": ({"token": " "}, {}, "token is empty"),
    "key as token": ({"token": "-----BEGIN RSA PRIVATE KEY-----"}, {}, "token holds a key"),
    "blank inside a token": ({"token": "ghp_a b"}, {}, "white space"),
    "newline inside a token": ({"token": "a\nb"}, {}, "white space"),
    "foreign letters in a token": ({"token": "tökén"}, {}, "other characters"),
    "address": ({"token": "x", "api_url": "ghes"}, {}, "api_url"),
    "address of the environment": ({"token": "x"}, {"GITHUB_API_URL": "ghes"}, "GITHUB_API_URL"),
    "only a token where an App is wanted": ({"token": None}, {}, "No credential"),
}


@pytest.mark.parametrize(("options", "env", "words"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_refused_by_name(options: dict[str, t.Any], env: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_settings(options, env)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"app_id": 1, "private_key": ""}, "private_key is empty"),
        ({"app_id": 1, "private_key": " "}, "private_key is empty"),
        ({"app_id": 1, "private_key_path": ""}, "private_key_path is empty"),
        ({"app_id": 1, "private_key_path": "/nonexistent"}, "private_key_path: /nonexistent"),
        ({"app_id": 1, "private_key": "/etc/app.pem"}, "path of a file"),
    ],
)
def test_a_key_that_is_none_is_refused_even_beside_one_in_the_environment(
    options: dict[str, t.Any], words: str, app_env: dict[str, str]
) -> None:
    with pytest.raises(BadKey, match=words):
        read_settings(options, app_env)


@pytest.mark.parametrize(("value", "seconds"), [(None, 30), (5, 5), ("5", 5), (0.5, 0.5), (3600, 3600)])
def test_a_timeout_is_a_number_of_seconds(value: object, seconds: float) -> None:
    assert read_settings({"token": "x", "timeout": value}, {}).timeout == seconds


@pytest.mark.parametrize("value", [0, -1, 3601, "soon", True, float("nan"), float("inf"), [], 10**400])
def test_no_other_timeout_is_taken(value: object) -> None:
    with pytest.raises(InvalidInput, match="timeout"):
        read_settings({"token": "x", "timeout": value}, {})
