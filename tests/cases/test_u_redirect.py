# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class U, redirects: repositories that have moved are followed within one server, and nothing leads anywhere else."""

from __future__ import annotations

import pytest
from cases.conftest import HOST
from cases.support import expect
from cases.support.world import World, as_text

SECRET = "s3cretpw"

# -- P15: renamed, transferred


@pytest.mark.parametrize("new", ["acme/website", "umbrella/site"])
@pytest.mark.parametrize("wait", [False, True])
def test_a_repository_with_a_new_name(world: World, new: str, wait: bool) -> None:
    """P15: the event is posted again as it was, exactly once, and the task warns."""
    world.github.rename_repository("acme/site", new)
    result = world.run(world.by_token(wait=wait))
    expect.success(result, "succeeded" if wait else "accepted", world=world)
    assert [(post.status, post.path) for post in world.posts] == [
        (307, "/repos/acme/site/dispatches"),
        (204, f"/repositories/{world.github.repository(new).id}/dispatches"),
    ]
    assert world.posts[0].body == world.posts[1].body
    assert world.posts[1].headers["content-type"] == world.posts[0].headers["content-type"]
    assert len(result["warnings"]) == 1
    assert "has moved" in result["warnings"][0]
    assert "new name" in result["warnings"][0]


@pytest.mark.parametrize("wait", [False, True])
def test_an_app_follows_a_new_name(world: World, wait: bool) -> None:
    world.github.rename_repository("acme/site", "acme/website")
    result = world.run(world.by_app(wait=wait))
    expect.success(result, "succeeded" if wait else "accepted", world=world)
    assert [post.status for post in world.posts] == [307, 204]
    assert world.github.world.events[0][1].repositories == ["acme/website"]


def moved(world: World) -> str:
    return f"/repositories/{world.github.repository('acme/site').id}/dispatches"


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("prefix", ["", "base"])
def test_a_redirect_within_the_server_is_followed(world: World, status: int, prefix: str) -> None:
    """P15: an absolute Location, and one that is relative."""
    location = (world.github.base_url if prefix else "") + moved(world)
    world.github.faults.redirect(location, status)
    expect.success(world.run(world.by_token()), "accepted", world=world)
    assert [post.status for post in world.posts] == [status, 204]


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_turn_the_event_into_a_get_is_an_error(world: World, status: int) -> None:
    world.github.faults.redirect(moved(world), status, times=None)
    result = world.run(world.by_token())
    expect.failure(result, "rejected", says=[str(status), "127.0.0.1"], world=world)
    assert [request.method for request in world.requests()] == ["POST"]


def test_a_loop_ends(world: World) -> None:
    world.github.faults.redirect("/repos/acme/site/dispatches", times=None)
    result = world.run(world.by_token())
    expect.failure(result, "rejected", says=["redirected more than", "circle"], world=world)
    assert len(world.posts) <= 6


@pytest.mark.parametrize("status", [307, 308, 301])
@pytest.mark.parametrize(
    ("location", "shown"),
    [
        (f"https://{HOST}/repos/acme/site/dispatches", HOST),
        ("http://127.0.0.1:9/repos/acme/site/dispatches", "127.0.0.1:9"),
        ("http://localhost/repos/acme/site/dispatches", "localhost"),
        (f"//{HOST}/x", HOST),
        (f"https://user:{SECRET}@{HOST}/x", HOST),
        ("https://127.0.0.1/x", "https://127.0.0.1"),
    ],
)
def test_a_redirect_to_another_host_is_refused(world: World, location: str, shown: str, status: int) -> None:
    """P15: the target is named, and the token never goes there."""
    world.github.faults.redirect(location, status, times=None)
    result = world.run(world.by_token())
    expect.failure(result, "rejected", says=[shown, "another host"], world=world)
    assert SECRET not in as_text(result)
    assert len(world.posts) == 1


@pytest.mark.parametrize("path", [r"/installation$", r"/access_tokens$", r"/actions/runs$", r"/actions/runs/\d+$"])
def test_no_request_follows_to_another_host(world: World, path: str) -> None:
    """Every credential stays with its host, the App's own too."""
    world.github.script_runs("acme/site", statuses=["queued", "in_progress", "in_progress", "completed"])
    world.github.faults.redirect(f"https://{HOST}/x", 302, path=path, times=None)
    result = world.run(world.by_app(wait=True))
    expect.failure(result, "rejected", says=[HOST], changed="actions" in path, world=world)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_reading_follows_within_the_server(world: World, status: int) -> None:
    number = world.github.repository("acme/site").id
    location = f"/api/v3/repositories/{number}/actions/runs?per_page=100"
    world.github.faults.redirect(location, status, path="^/repos/acme/site/actions/runs$", times=None)
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)


def test_reading_in_a_loop_ends(world: World) -> None:
    location = "/api/v3/repos/acme/site/actions/runs"
    world.github.faults.redirect(location, 301, path="/actions/runs$", times=None)
    result = world.run(world.by_token(wait=True))
    expect.failure(result, "rejected", says=["redirected more than"], changed=True, world=world)


def test_a_redirect_without_a_location(world: World) -> None:
    world.github.faults.add(path="/dispatches$", status=307, body={"message": "Moved"})
    result = world.run(world.by_token())
    expect.failure(result, "rejected", says=["307"], world=world)
    assert len(world.posts) == 1
