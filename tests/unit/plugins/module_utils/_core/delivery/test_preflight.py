# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole answer, from options to result."""

from __future__ import annotations

import json
import sys
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.preflight import (
    preflight,
    read_question,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput, MissingLibrary
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    TOKEN,
    Answer,
    FakeClock,
    Stub,
)

SITE = "/repos/acme/site"
FOLDER = ".github/workflows"
CONTENTS = f"{SITE}/contents/{FOLDER}"
RECEIVER = """
name: Validate
run-name: "${{ github.event.client_payload.dispatch.id }}"
on: {repository_dispatch: {types: [infra-changed]}}
"""
KEYS = {
    "repository", "receivers", "heard_by", "closest", "unreadable", "credential", "may_send", "may_wait", "rate_limit",
    "api", "problems",
}  # fmt: skip


def repository(stub: Stub, *, text: str = RECEIVER, **more: t.Any) -> None:
    """Lay out a repository with a workflow."""
    found = {"id": 5, "full_name": "acme/site", "default_branch": "main", "private": True, "archived": False}
    stub.on("GET", SITE, Answer(200, {**found, "disabled": False, "permissions": {"push": True}, **more}))
    stub.on("GET", CONTENTS, Answer(200, [{"path": f"{FOLDER}/a.yml"}]))
    stub.on("GET", f"{CONTENTS}/a.yml", Answer(200, text))
    states = [{"path": f"{FOLDER}/a.yml", "name": "Validate", "state": "active"}]
    stub.on("GET", f"{SITE}/actions/workflows", Answer(200, {"workflows": states}))
    stub.on("GET", f"{SITE}/actions/runs", Answer(200, {"workflow_runs": []}))
    stub.on("GET", f"{SITE}/actions/permissions", Answer(200, {"enabled": True}))


def classic(stub: Stub, **headers: str) -> None:
    """Have GitHub know the token."""
    budget = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4990", "X-RateLimit-Used": "10"}
    stub.on("GET", "/user", Answer(200, {"login": "octocat"}, {"X-OAuth-Scopes": "repo", **budget, **headers}))


def ask(github: GitHub, event_type: str | None = "infra-changed") -> dict[str, t.Any]:
    answer = preflight(github, read_question({"repository": "acme/site", "event_type": event_type}))
    assert set(answer) == KEYS
    assert TOKEN not in json.dumps(answer)
    return answer


def test_all_is_well(stub: Stub, github: GitHub) -> None:
    classic(stub, **{"GitHub-Authentication-Token-Expiration": "2030-01-01 00:00:00 UTC"})
    repository(stub)
    answer = ask(github)
    assert (answer["heard_by"], answer["closest"], answer["unreadable"]) == ([f"{FOLDER}/a.yml"], [], [])
    assert (answer["may_send"], answer["may_wait"], answer["problems"]) == (True, True, [])
    assert answer["receivers"] == [
        {
            "path": f"{FOLDER}/a.yml",
            "name": "Validate",
            "state": "active",
            "enabled": True,
            "types": ["infra-changed"],
            "findable": "run-name",
            "unsafe": [],
        }
    ]
    assert answer["repository"] == {
        "full_name": "acme/site", "id": 5, "default_branch": "main", "private": True, "archived": False,
        "disabled": False, "html_url": None, "actions_enabled": True,
    }  # fmt: skip
    credential = answer["credential"]
    assert (credential["kind"], credential["accepted"], credential["login"]) == ("classic", True, "octocat")
    assert (credential["scopes"], credential["expires_at"]) == (["repo"], "2030-01-01T00:00:00Z")
    assert (credential["may_push"], credential["sso_url"]) == (True, None)
    assert answer["rate_limit"]["remaining"] == 4990
    assert (answer["api"]["product"], answer["api"]["clock_skew"]) == ("ghes", 0)
    assert {method for method, _path in stub.requests} == {"GET"}


def test_a_typo_is_answered_with_the_closest_name_and_its_file(stub: Stub, github: GitHub) -> None:
    classic(stub)
    repository(stub)
    answer = ask(github, "infra-change")
    assert (answer["heard_by"], answer["may_send"]) == ([], True)
    assert answer["closest"] == [{"event_type": "infra-changed", "paths": [f"{FOLDER}/a.yml"]}]
    (problem,) = answer["problems"]
    assert (problem["code"], set(problem)) == ("no_receiver", {"code", "message", "hint"})


def test_without_a_type_everybody_is_named(stub: Stub, github: GitHub) -> None:
    classic(stub)
    repository(stub)
    answer = ask(github, None)
    assert (answer["heard_by"], answer["closest"], answer["problems"]) == ([f"{FOLDER}/a.yml"], [], [])


def test_nothing_more_is_asked_with_a_bad_token(stub: Stub, github: GitHub) -> None:
    """GitHub shuts out who tries bad credentials often."""
    stub.on("GET", "/user", Answer(401, {"message": "Bad credentials"}))
    answer = ask(github)
    assert (answer["credential"]["accepted"], answer["may_send"], answer["may_wait"]) == (False, False, False)
    assert [problem["code"] for problem in answer["problems"]] == ["not_authenticated"]
    assert answer["repository"]["id"] is None
    assert len(stub.requests) == 1


def test_a_hidden_repository_ends_the_questions(stub: Stub, github: GitHub) -> None:
    classic(stub)
    answer = ask(github)
    assert (answer["may_send"], answer["may_wait"], answer["receivers"]) == (False, False, [])
    assert [problem["code"] for problem in answer["problems"]] == ["not_found"]
    assert stub.count("GET", CONTENTS) == 0


def test_a_fine_grained_token_is_not_known_to_write(stub: Stub, opened: t.Callable[..., GitHub]) -> None:
    stub.on("GET", "/user", Answer(200, {"login": "octocat"}))
    repository(stub)
    answer = ask(opened(token="github_pat_x"))
    assert (answer["may_send"], answer["may_wait"], answer["problems"]) == (None, True, [])
    assert "without a write" in answer["credential"]["how_known"]


def test_an_app_reads_with_the_token_it_made_and_revokes_it(
    stub: Stub, opened: t.Callable[..., GitHub], pem: str
) -> None:
    repository(stub, permissions={"push": False})
    held = {"contents": "write", "actions": "read"}
    stub.on("GET", "/app", Answer(200, {"id": 1, "slug": "mine"}))
    stub.on("GET", f"{SITE}/installation", Answer(200, {"id": 7, "permissions": held}))
    stub.on("POST", "/app/installations/7/access_tokens", Answer(201, {"token": "ghs_made"}))
    stub.on("DELETE", "/installation/token", Answer(204))
    github = opened(app_id="1", private_key=pem)
    answer = ask(github)
    github.close()
    assert (answer["may_send"], answer["may_wait"]) == (True, True)
    assert (answer["credential"]["kind"], answer["credential"]["permissions"]) == ("app", held)
    assert answer["repository"]["actions_enabled"] is None
    assert stub.count("POST", "/app/installations/7/access_tokens") == 1
    assert stub.count("DELETE", "/installation/token") == 1
    assert stub.count("GET", f"{SITE}/actions/permissions") == 0
    assert "ghs_made" not in json.dumps(answer)


def test_an_app_without_an_installation_reads_nothing(stub: Stub, opened: t.Callable[..., GitHub], pem: str) -> None:
    stub.on("GET", "/app", Answer(200, {"id": 1, "slug": "mine"}))
    answer = ask(opened(app_id="1", private_key=pem))
    assert (answer["may_send"], answer["may_wait"], answer["api"]["server_version"]) == (False, False, None)
    assert stub.count("GET", SITE) == 0


@pytest.mark.parametrize("skew", [0.0, 540.0])
def test_times_are_those_of_github(stub: Stub, clock: FakeClock, github: GitHub, skew: float) -> None:
    """A wrong clock here makes no token look as if it ended soon."""
    clock.skew = skew
    classic(stub, **{"GitHub-Authentication-Token-Expiration": "2023-11-21 22:18:00 UTC"})
    repository(stub)
    answer = ask(github)
    assert answer["problems"] == []
    assert answer["api"]["clock_skew"] == -skew


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"repository": "acme"},
        {"repository": "acme/site", "event_type": ""},
        {"repository": "acme/site", "event_type": "x" * 101},
        {"repository": "acme/site", "event_type": 1},
        {"repository": "acme/site", "deadline": 0},
    ],
)
def test_wrong_options(options: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidInput):
        read_question(options)


def test_a_missing_library_is_said_before_any_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingLibrary):
        read_question({"repository": "acme/site"})
