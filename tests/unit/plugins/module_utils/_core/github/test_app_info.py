# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An App looked at as a whole."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.app_info import audit_app, read_question
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import AppClient, open_app
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

APP = Answer(200, {"id": 1, "slug": "mine", "permissions": {"contents": "write"}})
ONE = {"id": 7, "account": {"login": "acme"}, "repository_selection": "selected", "permissions": {}}
Open = t.Callable[..., AppClient]


@pytest.fixture
def client(stub: Stub, clock: FakeClock, pem: str) -> t.Iterator[Open]:
    """Open Apps; all are closed in the end."""
    opened: list[AppClient] = []

    def start(**options: t.Any) -> AppClient:
        given = {"api_url": stub.url, "app_id": "1", "private_key": pem, **options}
        opened.append(open_app(given, env={}, clock=clock))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_all_installations_are_shown_with_findings(stub: Stub, client: Open) -> None:
    stub.on("GET", "/app", APP)
    stub.on("GET", "/app/installations", Answer(200, [{**ONE, "permissions": {"issues": "write"}}]))
    shown = audit_app(client(), read_question({"needed_permissions": {"contents": "write"}}))
    assert shown["app"]["slug"] == "mine"
    assert [each["id"] for each in shown["installations"]] == [7]
    assert [(each["installation"], each["permission"]) for each in shown["findings"]] == [
        (7, "contents"),
        (7, "issues"),
    ]
    assert [method for method, _path in stub.requests] == ["GET", "GET"]


@pytest.mark.parametrize(
    ("question", "options", "path"),
    [
        ({"repository": "acme/site"}, {}, "/repos/acme/site/installation"),
        ({"owner": "acme"}, {}, "/orgs/acme/installation"),
        ({}, {"installation_id": "7"}, "/app/installations/7"),
    ],
)
def test_one_installation_when_one_is_asked_for(
    stub: Stub, client: Open, question: dict[str, t.Any], options: dict[str, t.Any], path: str
) -> None:
    stub.on("GET", "/app", APP)
    stub.on("GET", path, Answer(200, ONE))
    shown = audit_app(client(**options), read_question(question))
    assert [each["account"] for each in shown["installations"]] == ["acme"]


@pytest.mark.parametrize(
    "options",
    [
        {"repository": "acme/site", "owner": "acme"},
        {"repository": "acme"},
        {"owner": "a b"},
        {"needed_permissions": []},
        {"max_installations": 0},
        {"max_installations": True},
        {"max_installations": "many"},
        {"deadline": -1},
    ],
)
def test_wrong_options(options: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_question(options)
    assert caught.value.hint


def test_what_is_not_given_has_a_default() -> None:
    question = read_question({})
    assert (question.owner, question.repository, question.max_installations, question.deadline) == ("", "", 10, 300)
    assert read_question({"max_installations": 3}).max_installations == 3
