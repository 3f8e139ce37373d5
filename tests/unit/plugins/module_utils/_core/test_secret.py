# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret gets out by accident."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import MASK, Secret, redact

HIDDEN = "hunter2hunter2"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJJdjEifQ.c2lnbmF0dXJl"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEfakefakefake\n-----END RSA PRIVATE KEY-----"
TOKENS = [
    "ghp_" + "a1B2" * 9,
    "gho_" + "a1B2" * 9,
    "ghu_" + "a1B2" * 9,
    "ghr_" + "a1B2" * 9,
    "ghs_" + "a1B2" * 9,
    "ghs_123456_" + JWT,
    "github_pat_11AAAAAAA_" + "b2C3" * 15,
    JWT,
]


@pytest.mark.parametrize("show", [str, repr, "{}".format, "%s".__mod__, "{0!r}".format])
def test_no_way_of_printing_shows_the_text(show: object) -> None:
    assert HIDDEN not in show(Secret(HIDDEN))  # type: ignore[operator]
    assert HIDDEN not in show([Secret(HIDDEN)])  # type: ignore[operator]


@pytest.mark.parametrize("leave", [pickle.dumps, copy.deepcopy, copy.copy, json.dumps])
def test_a_secret_can_not_be_copied_out(leave: object) -> None:
    with pytest.raises(TypeError) as caught:
        leave(Secret(HIDDEN))  # type: ignore[operator]
    assert HIDDEN not in str(caught.value)


def test_a_secret_equals_a_secret_of_the_same_text_only() -> None:
    assert Secret(HIDDEN) == Secret(HIDDEN)
    assert len({Secret(HIDDEN), Secret(HIDDEN), Secret("x")}) == 2
    assert Secret(HIDDEN) != HIDDEN
    assert not Secret("")
    assert Secret(HIDDEN).reveal() == HIDDEN
    assert not hasattr(Secret(HIDDEN), "__dict__")


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("around", ["{}", "token {} refused", '{{"token":"{}"}}', "x={}&y=1", "\\n{}\\n", "({})."])
def test_tokens_are_taken_out_wherever_they_stand(token: str, around: str) -> None:
    assert token[12:] not in redact(around.format(token))


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY.replace("\n", "\\n"),
        KEY.replace("RSA ", ""),
        KEY.replace("RSA ", "ENCRYPTED "),
        KEY[:60],
        f"before {KEY} between {KEY}",
    ],
)
def test_private_keys_are_taken_out_whole_or_cut_off(text: str) -> None:
    assert "MIIE" not in redact(text)


def test_what_stands_around_a_key_stays() -> None:
    assert redact(f"before {KEY} between {KEY} after") == f"before {MASK} between {MASK} after"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {HIDDEN}",
        f"authorization: token {HIDDEN}",
        f"Proxy-Authorization: Basic {HIDDEN}",
        f"{{'Authorization': 'Bearer {HIDDEN}'}}",
        f'{{"authorization":"{HIDDEN}"}}',
        f'"{{\\"Authorization\\": \\"Bearer {HIDDEN}\\"}}"',
        f"AUTHORIZATION=Bearer {HIDDEN}",
        f"the header was Bearer {HIDDEN}{HIDDEN}",
        f"https://user:{HIDDEN}@proxy.example:3128/x",
        f"http://{HIDDEN}@host",
        f"http://user:p@{HIDDEN}@host",
    ],
)
def test_headers_and_urls_lose_their_credential(text: str) -> None:
    assert HIDDEN not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Resource not accessible by integration",
        "https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event",
        "https://ghes.example.com:8443/acme/site",
        "Bearer token is missing",
        "github_pat_ tokens and ghp_ tokens are accepted",
        "mail ops@example.com, see https://example.com/a",
        "The key -----BEGIN PUBLIC KEY----- is public",
        "the user's authorization was not checked",
        "sha 0123456789abcdef0123456789abcdef01234567",
    ],
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.text(), st.text(min_size=1), st.text())
def test_a_given_secret_never_survives(before: str, secret: str, after: str) -> None:
    cleaned = redact(before + secret + after, [Secret(secret), Secret("")])
    assert secret in MASK or secret not in cleaned.replace(MASK, "\0") or secret in before + "\0" + after


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)
