# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`external`, by the careful way."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.command.external import read_query
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import (
    Broken,
    Console,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import Stub

GOOD = {"repository": "acme/site", "event_type": "x"}


def ask(console: Console, query: t.Any, *words: str, **env: str) -> t.Any:
    return console("external", *words, stdin=json.dumps(query).encode(), **env)


def test_the_answer_is_one_object_of_texts_and_nobody_is_asked(console: Console, stub: Stub) -> None:
    done = ask(console, {**GOOD, "lookup": "false", "client_payload": " "}, INFRADISPATCH_OUTPUT="json")
    assert (done.status, done.err, stub.requests) == (0, "", [])
    assert all(isinstance(value, str) for value in done.value.values())
    assert ask(console, {**GOOD, "lookup": "false"}).out == done.out


def test_several_repositories(console: Console) -> None:
    done = ask(console, {"repositories": "acme/site, acme/web", "event_type": "x"})
    assert done.value["repository"] == "acme/site,acme/web"


def test_what_was_sent_before_would_not_be_sent(console: Console) -> None:
    key = ask(console, GOOD).value["fingerprint"]
    assert ask(console, {**GOOD, "last_fingerprint": key}).value["would_send"] == "false"
    assert ask(console, {**GOOD, "last_fingerprint": "sha256:0"}).value["would_send"] == "true"


@pytest.mark.parametrize(
    "name", ["token", "github_token", "private_key", "password", "API_KEY", "secret", "privateKey", "pem"]
)
@pytest.mark.parametrize("value", ["canary-7781", ""])
def test_names_of_credentials_are_refused(console: Console, name: str, value: str) -> None:
    done = ask(console, {**GOOD, name: value})
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert "looks like a credential" in done.err
    assert "canary" not in done.err


@pytest.mark.parametrize(
    "value",
    [
        "ghp_canarycanarycanary",
        "github_pat_canarycanary1",
        "-----BEGIN RSA PRIVATE KEY-----canary",
        "https://user:canary@host.test/x",
        "eyJcanarycanary.canarycanary.canary",
        '{"a": "Authorization: Bearer canary1234canary"}',
    ],
)
@pytest.mark.parametrize("name", ["event_type", "client_payload", "request"])
def test_values_of_credentials_are_refused(console: Console, name: str, value: str) -> None:
    done = ask(console, {**GOOD, name: value})
    assert (done.status, done.out) == (2, "")
    assert f"{name} in the query holds what looks like a credential" in done.err
    assert "canary" not in done.err


@pytest.mark.parametrize(
    "value",
    [
        "ssh://git@github.test/acme/site",
        "https://docs.test/token?x=1",
        "mail@acme.test",
        "a token of thanks",
        "author: x",
    ],
)
def test_what_only_resembles_a_credential_is_let_through(console: Console, value: str) -> None:
    done = ask(console, {**GOOD, "client_payload": json.dumps({"token_name": value})})
    assert done.status == 0, done.err


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ([], "not a JSON object"),
        ({**GOOD, "reposiory": "x"}, "unknown name reposiory. Did you mean repository?"),
        ({**GOOD, "client_payload": {"a": 1}}, "client_payload in the query is no text. Use jsonencode()"),
        ({**GOOD, "request": "{}"}, "request and repository, event_type are given together"),
        ({"request": '{"wait_timeot": 1}'}, "request has the unknown name wait_timeot. Did you mean wait_timeout?"),
        ({"request": '{"repository": "a/b", "event_type": "x", "wait_timeout": -1}'}, "wait_timeout is -1"),
        ({**GOOD, "client_payload": "{'a': 1}"}, "the text is not JSON"),
        ({**GOOD, "client_payload": json.dumps({"a": "x" * 66_000})}, "GitHub allows 65,535"),
        ({"event_type": "x"}, "No repository is given"),
        ({**GOOD, "lookup": "perhaps"}, "lookup is neither yes nor no"),
    ],
)
def test_what_is_wrong_is_one_line(console: Console, query: t.Any, said: str) -> None:
    done = ask(console, query)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err


def test_an_answer_that_nobody_reads_is_a_failure(console: Console) -> None:
    assert console("external", stdin=json.dumps(GOOD).encode(), stdout=Broken()).status == 1


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=4))
def test_any_query_is_read_or_refused(query: dict[str, str]) -> None:
    refused = False
    try:
        read = read_query(json.dumps(query).encode())
    except InvalidInput:
        refused = True
    assert refused or read == query
