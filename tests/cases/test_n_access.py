# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class N, access: a credential that is valid and may not, with what it lacks; single sign-on and IP allow lists."""

from __future__ import annotations

import typing as t

import pytest
from cases.support import expect
from cases.support.world import World

CONTENTS = "contents: write"
ACTIONS = "actions: read"


def fine_grained(world: World, **permissions: str) -> str:
    """A fine-grained token for the repository."""
    return world.github.add_token("fine-grained", repositories=["acme/site"], permissions=permissions)


# -- P10: valid, but may not dispatch


def test_an_app_without_contents_write(world: World) -> None:
    world.installation.permissions = {"contents": "read", "metadata": "read"}
    result = world.run(world.by_app())
    expect.failure(result, "not_permitted", says=[CONTENTS, "acme/site"], world=world)
    assert world.posts == []


def test_an_app_without_actions_read_that_shall_wait_is_told_before_sending(world: World) -> None:
    world.installation.permissions = {"contents": "write", "metadata": "read"}
    result = world.run(world.by_app(wait=True))
    expect.failure(result, "not_permitted", says=[ACTIONS, "acme/site"], world=world)
    assert world.posts == []


@pytest.mark.parametrize("held", [{}, {"contents": "read"}, {"actions": "write"}])
def test_a_fine_grained_token_without_contents_write(world: World, held: dict[str, str]) -> None:
    """P10 a: with the permission that the server names."""
    result = world.run(world.by_token(token=fine_grained(world, **held)))
    expect.failure(
        result,
        "not_permitted",
        says=["not accessible by personal access token", CONTENTS, "contents=write"],
        world=world,
    )
    assert len(world.posts) == 1
    assert world.clock.sleeps == []


@pytest.mark.parametrize("by", ["integration", "personal access token"])
def test_github_says_not_accessible(world: World, by: str) -> None:
    """P10 a, for both kinds of tokens."""
    world.github.faults.not_accessible(by, times=None)
    options = world.by_app() if by == "integration" else world.by_token()
    result = world.run(options)
    expect.failure(
        result, "not_permitted", says=["not accessible", CONTENTS, "public_repo", "contents=write"], world=world
    )


def test_the_scopes_that_the_server_names_are_told(world: World) -> None:
    world.github.faults.add(
        path="/dispatches$",
        status=403,
        body={"message": "Forbidden"},
        headers={"x-accepted-oauth-scopes": "repo, other"},
    )
    result = world.run(world.by_token())
    expect.failure(result, "not_permitted", says=["scopes: repo, other"], world=world)


CLASSIC: dict[str, dict[str, t.Any]] = {
    "no-scope": {"scopes": []},
    "public-repo-only": {"scopes": ["public_repo"]},
    "another-scope": {"scopes": ["read:org", "gist"]},
    "may-only-read": {"scopes": ["repo"], "push": False},
}


@pytest.mark.parametrize("name", CLASSIC)
def test_a_classic_token_that_may_not_sees_404(world: World, name: str) -> None:
    """P10 b: three causes, and no claim that the repository does not exist."""
    result = world.run(world.by_token(token=world.github.add_token("classic", **CLASSIC[name])))
    expect.failure(
        result,
        "not_found",
        says=["404", "name is wrong", "may not see it", CONTENTS, "scope repo", "api_url"],
        world=world,
    )
    assert "does not exist" not in result["msg"]
    assert len(world.posts) == 1
    assert world.clock.sleeps == []


@pytest.mark.parametrize("repository", ["acme/siet", "nobody/site"])
def test_a_wrong_name_sees_404(world: World, repository: str) -> None:
    result = world.run(world.by_token(repository=repository))
    expect.failure(result, "not_found", says=[repository, "name is wrong"], world=world)
    assert len(world.posts) == 1


def test_a_public_repository_needs_only_public_repo(world: World) -> None:
    """What must not be refused."""
    world.github.repository("acme/site").private = False
    token = world.github.add_token("classic", scopes=["public_repo"])
    expect.success(world.run(world.by_token(token=token)), "accepted", world=world)


def test_a_fine_grained_token_with_contents_write(world: World) -> None:
    expect.success(world.run(world.by_token(token=fine_grained(world, contents="write"))), "accepted", world=world)


def test_sent_but_not_allowed_to_wait(world: World) -> None:
    """P10 c: the event was sent, once, and the task says so."""
    result = world.run(world.by_token(token=fine_grained(world, contents="write"), wait=True))
    expect.failure(result, "not_permitted", says=[ACTIONS], changed=True, world=world)
    assert len(world.posts) == 1
    assert result["dispatch_id"]


@pytest.mark.parametrize("status", [403, 404, 410, 422])
@pytest.mark.parametrize("path", [r"/actions/runs$", r"/actions/runs/\d+$"])
def test_reading_runs_is_refused_after_sending(world: World, path: str, status: int) -> None:
    """P10 c, for the list and for a single run, and for every refusal."""
    world.github.script_runs("acme/site", statuses=["queued", "in_progress", "in_progress", "completed"])
    body = {"message": "Resource not accessible by integration"}
    world.github.faults.add(method="GET", path=path, times=None, status=status, body=body)
    result = world.run(world.by_token(wait=True))
    code = {403: "not_permitted", 404: "not_found"}.get(status, "rejected")
    if status == 404 and path.endswith(r"\d+$"):
        code = "run_not_found"
    expect.failure(result, code, says=["run"], changed=True, world=world)
    assert len(world.posts) == 1


def test_no_right_to_cancel_does_not_hide_the_time_out(world: World) -> None:
    world.github.script_runs("acme/site", statuses=[["in_progress", 0]])
    token = fine_grained(world, contents="write", actions="read")
    result = world.run(world.by_token(token=token, wait=True, wait_timeout=30, cancel_on_timeout=True))
    expect.failure(result, "wait_timeout", says=["still in_progress"], changed=True, world=world)
    assert result["error"]["cancelled"] == []


def test_an_archived_repository(world: World) -> None:
    world.github.repository("acme/site").archived = True
    for options in (world.by_token(), world.by_app()):
        result = world.run(options)
        expect.failure(result, "not_permitted", says=["archived", "acme/site", "unarchive"], world=world)


def test_a_policy_against_classic_tokens(world: World) -> None:
    world.github.faults.classic_forbidden()
    result = world.run(world.by_token())
    expect.failure(result, "not_permitted", says=["forbids access via a personal access token"], world=world)
    assert len(world.posts) == 1


@pytest.mark.parametrize("token", ["ghp_" + "0" * 36, "gho_x", "github_pat_" + "1" * 82, "anything-else"])
def test_a_token_that_is_unknown(world: World, token: str) -> None:
    result = world.run(world.by_token(token=token))
    expect.failure(result, "not_authenticated", says=["Bad credentials", "revoked", "api_url"], world=world)
    assert len(world.posts) == 1
    assert world.clock.sleeps == []


# -- P11: single sign-on, IP allow list


def test_single_sign_on_prints_where_to_authorise(world: World) -> None:
    """P11 a: by GitHub's own rule."""
    token = world.github.add_token("classic", scopes=["repo"], sso_required=True)
    result = world.run(world.by_token(token=token))
    expect.failure(
        result,
        "not_permitted",
        says=["single sign-on", r"https://github\.com/orgs/acme/sso\?authorization_request="],
        world=world,
    )
    assert len(world.posts) == 1
    assert world.clock.sleeps == []


@pytest.mark.parametrize("value", ["required", "required;", "required; url=", "required; organizations=1"])
def test_single_sign_on_without_an_address(world: World, value: str) -> None:
    world.github.faults.add(path="/dispatches$", status=403, body={"message": "SAML"}, headers={"x-github-sso": value})
    result = world.run(world.by_token())
    expect.failure(result, "not_permitted", says=["single sign-on", "authorise the token"], world=world)


def test_partial_results_of_a_list_are_no_error(world: World) -> None:
    """P11 b."""
    headers = {"x-github-sso": "partial-results; organizations=21955855,20582480", "x-ratelimit-remaining": "4900"}
    world.github.faults.add(method="GET", path="/actions/runs", times=None, headers=headers)
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)


@pytest.mark.parametrize("by", ["app", "token"])
def test_an_ip_allow_list_blocks_this_machine(world: World, by: str) -> None:
    """P11 c: at the token request already, or at the event."""
    world.github.faults.ip_allow_list(times=None)
    result = world.run(world.by_app() if by == "app" else world.by_token())
    expect.failure(result, "not_permitted", says=["IP allow list", "address of this machine", "acme"], world=world)
    assert len(world.mints) + len(world.posts) == 1
    assert world.clock.sleeps == []


def test_an_ip_allow_list_found_out_while_waiting(world: World) -> None:
    world.github.faults.ip_allow_list(path="/actions/runs", times=None)
    result = world.run(world.by_token(wait=True))
    expect.failure(result, "not_permitted", says=["IP allow list"], changed=True, world=world)
