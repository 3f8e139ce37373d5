# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class R, reading: an answer without use never ends a wait early, and never ends in a traceback (P17)."""

from __future__ import annotations

import typing as t

import pytest
from cases.support import expect
from cases.support.world import World

LIST, ONE, JOBS = r"/actions/runs$", r"/actions/runs/\d+$", r"/attempts/\d+/jobs$"
MINT, INSTALLATION = r"/access_tokens$", r"/installation$"

USELESS: dict[str, dict[str, t.Any]] = {
    "P17a-502-html": {"status": 502, "headers": {"content-type": "text/html"}, "body": "<html>" + "x" * 8192},
    "P17b-500-empty": {"status": 500},
    "P17e-cut-off": {"truncate": True},
    "P17f-closed": {"reset": True},
    "P17g-503-retry-after": {"status": 503, "headers": {"retry-after": "1"}, "body": {"message": "busy"}},
    "never-answers": {"hang": True},
}
STRANGE: dict[str, dict[str, t.Any]] = {
    "P17h-list": {"status": 200, "body": [1, 2]},
    "P17h-null": {"status": 200, "body": "null"},
    "P17i-not-utf8": {"status": 200, "body": b'{"id": "\xff\xfe"}'},
    "P17j-message-null": {"status": 200, "body": {"message": None}},
    "empty": {"status": 200},
    "text": {"status": 200, "body": "fine"},
    "html": {"status": 200, "headers": {"content-type": "text/html"}, "body": "<html><title>Sign in</title></html>"},
    "number": {"status": 200, "body": "5"},
    "deep": {"status": 200, "body": "[" * 50_000},
    "wrong-types": {
        "status": 200,
        "body": {"id": "1", "workflow_runs": "none", "jobs": 5, "token": 7, "status": None, "expires_at": []},
    },
    "list-of-nonsense": {"status": 200, "body": {"workflow_runs": [None, 1, "x", {}, {"id": None}, {"id": "7"}]}},
    "204": {"status": 204},
}


def scripted(world: World) -> None:
    world.github.script_runs("acme/site", statuses=["queued", "queued", "in_progress", "in_progress", "completed"])


@pytest.mark.parametrize("name", [*USELESS, *STRANGE])
@pytest.mark.parametrize("path", [LIST, ONE])
@pytest.mark.parametrize("skip", [0, 1])
def test_waiting_goes_on(world: World, path: str, name: str, skip: int) -> None:
    """P17: three useless answers in a row, at the list or at the run itself."""
    scripted(world)
    fault = {**USELESS, **STRANGE}[name]
    world.github.faults.add(method="GET", path=path, times=3, skip=skip, **fault)
    result = world.run(world.by_token(wait=True, timeout=0.2))
    expect.success(result, "succeeded", world=world)
    assert len(world.posts) == 1


@pytest.mark.parametrize("name", [*USELESS, *STRANGE])
def test_jobs_that_can_not_be_read_do_not_change_the_verdict(world: World, name: str) -> None:
    scripted(world)
    world.github.faults.add(method="GET", path=JOBS, times=None, **{**USELESS, **STRANGE}[name])
    result = world.run(world.by_token(wait=True, timeout=0.2))
    expect.success(result, "succeeded", world=world)
    assert result["runs"][0]["jobs"] == []


@pytest.mark.parametrize("name", [*USELESS, *STRANGE])
@pytest.mark.parametrize("path", [LIST, ONE])
def test_waiting_ends_at_its_deadline_and_says_what_was_in_the_way(world: World, path: str, name: str) -> None:
    """Not early as "failed", and not never."""
    scripted(world)
    fault = {**USELESS, **STRANGE}[name]
    world.github.faults.add(method="GET", path=path, times=None, skip=0 if path == LIST else 1, **fault)
    result = world.run(world.by_token(wait=True, timeout=0.1, find_timeout=12, wait_timeout=25))
    code = "run_not_found" if path == LIST else "wait_timeout"
    expect.failure(result, code, changed=True, world=world)
    assert 10 <= world.clock.slept <= 26


@pytest.mark.parametrize("name", USELESS)
@pytest.mark.parametrize("path", [INSTALLATION, MINT])
def test_the_way_to_a_token_is_tried_again(world: World, path: str, name: str) -> None:
    """Asking for an installation or a token has no effect that could happen twice too often."""
    world.github.faults.add(path=path, times=2, **USELESS[name])
    result = world.run(world.by_app(timeout=0.2))
    expect.success(result, "accepted", world=world)


@pytest.mark.parametrize("name", [*USELESS, *STRANGE])
@pytest.mark.parametrize("path", [INSTALLATION, MINT])
def test_the_way_to_a_token_ends_cleanly(world: World, path: str, name: str) -> None:
    """P17 h-j: with the status, and without a page or a traceback."""
    fault = {**USELESS, **STRANGE}[name]
    if path == MINT and fault.get("status") == 200:
        fault = {**fault, "status": 201}
    world.github.faults.add(path=path, times=None, **fault)
    result = world.run(world.by_app(timeout=0.1))
    expect.failure(result, "unreachable", says=["127.0.0.1|GitHub"], world=world, accepted=0)
    assert world.posts == []
    assert world.clock.slept < 60


@pytest.mark.parametrize("missing", ["expires_at", "permissions", "repository_selection", "repositories"])
def test_nothing_but_the_text_of_a_token_is_needed(world: World, missing: str) -> None:
    world.github.faults.add(path=MINT, times=None, replace={missing: "__remove__"})
    expect.success(world.run(world.by_app()), "accepted", world=world)


RUN_FIELDS = (
    "name", "display_title", "html_url", "run_attempt", "event", "created_at", "path", "jobs_url", "actor",
)  # fmt: skip


@pytest.mark.parametrize("value", ["__remove__", None, 5, [], {}])
@pytest.mark.parametrize("field", RUN_FIELDS)
def test_fields_of_a_run_may_be_missing_or_odd(world: World, field: str, value: t.Any) -> None:
    """P17: nothing assumes that keys exist. (The title is still there in the list.)"""
    scripted(world)
    world.github.faults.add(method="GET", path=ONE, times=None, replace={field: value})
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)


def test_unchanged_runs_cost_nothing(world: World) -> None:
    """Polls are conditional; 304 means: go on waiting."""
    world.github.script_runs("acme/site", statuses=[["in_progress", 0], ["completed", 600]])
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)
    statuses = [request.status for request in world.requests("GET", ONE)]
    assert statuses.count(304) > 10
    assert statuses.count(200) <= 3


@pytest.mark.parametrize("newer", [0, 99, 100, 350])
def test_a_run_on_a_later_page_is_found(world: World, newer: int) -> None:
    """A busy repository shows a hundred runs on a page."""
    world.github.script_runs("acme/site", created_offset=-5, statuses=["queued", "in_progress", "completed"])

    def others_push(text: str) -> None:
        for _run in range(newer if "looking for its run" in text else 0):
            world.github.add_run("acme/site")

    world.on_progress = others_push
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)
