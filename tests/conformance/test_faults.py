# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted faults and runs do what tests say, and nothing else."""

from __future__ import annotations

import contextlib
import time
import typing as t

import pytest
import requests
from conformance.worlds import World

from emulator import Emulator

DISPATCHES = r"/dispatches$"
RUNS = "/repos/acme/site/actions/runs"


def test_only_matching_requests_and_only_so_often(world: World) -> None:
    token = world.mint()
    world.github.faults.add(method="POST", path=DISPATCHES, status=502, body="<html>", times=2, skip=1)
    assert [world.dispatch(token).status_code for _number in range(4)] == [204, 502, 502, 204]
    assert len(world.github.events("acme/site")) == 2
    assert world.ask("GET", RUNS, token).status_code == 200


@pytest.mark.parametrize("fault", [{"status": 502}, {"reset": True}, {"hang": True}, {"status": 504, "delay": 0.1}])
def test_accepted_and_then_trouble(world: World, fault: dict[str, t.Any]) -> None:
    token = world.mint()
    world.github.faults.add(path=DISPATCHES, after_commit=True, **fault)
    if "status" in fault:
        assert world.dispatch(token).status_code == fault["status"]
    else:
        with pytest.raises((requests.ConnectionError, requests.Timeout)):
            world.ask("POST", "/repos/acme/site/dispatches", token, json={"event_type": "x"}, timeout=1)
    assert len(world.github.events("acme/site")) == 1
    assert world.github.requests[-1].status == fault.get("status")


@pytest.mark.parametrize("fault", [{"status": 502}, {"reset": True}])
def test_refused_without_an_effect(world: World, fault: dict[str, t.Any]) -> None:
    token = world.mint()
    world.github.faults.add(path=DISPATCHES, **fault)
    with contextlib.suppress(requests.ConnectionError):
        world.dispatch(token)
    assert world.github.events("acme/site") == []


def test_half_of_a_list(world: World) -> None:
    token = world.mint()
    world.github.faults.add(path=r"/runs$", truncate=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        world.ask("GET", RUNS, token)


def test_members_of_an_answer_are_replaced(world: World) -> None:
    world.github.faults.add(path=r"/access_tokens$", replace={"expires_at": "soon", "permissions": "__remove__"})
    path = f"/app/installations/{world.installation.id}/access_tokens"
    answer = world.ask("POST", path, world.jwt()).json()
    assert answer["expires_at"] == "soon"
    assert "permissions" not in answer
    assert world.dispatch(answer["token"]).status_code == 204


def test_fresh_tokens_are_unknown_at_first(world: World) -> None:
    world.github.faults.token_lag(401, uses=2)
    token = world.mint()
    assert [world.dispatch(token).status_code for _number in range(3)] == [401, 401, 204]


@pytest.mark.parametrize(
    ("kind", "arguments", "status", "words"),
    [
        ("secondary_limit", {}, 403, "You have exceeded a secondary rate limit."),
        ("secondary_limit", {"status": 429, "retry_after": 1}, 429, "You have exceeded a secondary rate limit."),
        ("secondary_limit", {"content": True}, 403, "temporarily blocked from content creation"),
        ("primary_limit", {"reset_in": 3}, 403, "API rate limit exceeded"),
        ("bad_gateway_html", {}, 502, "<!DOCTYPE html>"),
        ("server_error", {}, 500, "Server Error"),
        ("unavailable", {}, 503, "Service unavailable"),
        ("not_accessible", {}, 403, "Resource not accessible by integration"),
        ("saml", {}, 403, "SAML enforcement"),
        ("ip_allow_list", {}, 403, "IP allow list enabled"),
        ("classic_forbidden", {}, 403, "forbids access via a personal access token (classic)"),
        ("archived", {}, 403, "Repository was archived"),
        ("not_found", {}, 404, "Not Found"),
        ("bad_credentials", {}, 401, "Bad credentials"),
        ("redirect", {"location": "https://elsewhere.invalid/"}, 307, "Moved Permanently"),
    ],
)
def test_troubles_by_name(world: World, kind: str, arguments: dict[str, t.Any], status: int, words: str) -> None:
    token = world.mint()
    getattr(world.github.faults, kind)(**arguments)
    answer = world.dispatch(token)
    assert answer.status_code == status
    assert words in answer.text
    assert "x-github-request-id" in answer.headers
    assert world.github.events("acme/site") == []
    assert world.dispatch(token).status_code == 204


def test_runs_go_on_with_every_look(world: World) -> None:
    words = ["requested", "waiting", "pending", "queued", "in_progress", "resting", "completed"]
    world.github.script_runs("acme/site", statuses=words, conclusion="exploded", environments=["production"])
    token = world.mint()
    world.dispatch(token)
    run = world.ask("GET", RUNS, token).json()["workflow_runs"][0]
    seen = [run["status"]]
    while seen[-1] != "completed":
        run = world.ask("GET", f"{RUNS}/{run['id']}", token).json()
        seen.append(run["status"])
    assert seen == words
    assert run["conclusion"] == "exploded"


def test_runs_go_on_with_the_clock(world: World) -> None:
    world.github.clock.freeze()
    statuses = [["queued", 0], ["in_progress", 10], ["completed", 20]]
    world.github.script_runs("acme/site", statuses=statuses, visible_after=5, index_lag=30, conclusion="timed_out")
    token = world.mint()
    world.dispatch(token)
    seen: list[t.Any] = []
    for _number in range(8):
        plain = world.ask("GET", RUNS, token).json()["workflow_runs"]
        found = world.ask("GET", f"{RUNS}?event=repository_dispatch", token).json()["total_count"]
        seen.append((plain[0]["status"] if plain else None, found))
        world.github.clock.advance(5)
    assert seen[0] == (None, 0)
    assert [status for status, _other in seen[1:5]] == ["queued", "in_progress", "in_progress", "completed"]
    assert [count for _other, count in seen[5:]] == [0, 1, 1]


def test_no_run_several_runs_and_runs_in_reverse_order(world: World) -> None:
    token = world.mint()
    world.github.script_runs("acme/site")
    world.github.script_runs(
        "acme/site", {"id": 5002}, {"display_title": "other ${{ github.event.action }}", "id": 5003}
    )
    world.github.script_runs("acme/site", id=5001, conclusion="startup_failure")
    world.github.script_runs("acme/site", visible_after=None)
    for _number in range(4):
        assert world.dispatch(token).status_code == 204
    listed = world.ask("GET", RUNS, token).json()["workflow_runs"]
    assert [run["id"] for run in listed] == [5003, 5002, 5001]
    assert listed[0]["display_title"] == "other infra-changed"
    assert world.ask("GET", f"{RUNS}/5001/jobs", token).json() == {"total_count": 0, "jobs": []}
    assert len(world.github.runs("acme/site")) == 4


def test_waiting_for_approval(world: World) -> None:
    world.github.script_runs("acme/site", statuses=["waiting"], environments=["production"])
    token = world.mint()
    world.dispatch(token)
    run = world.ask("GET", RUNS, token).json()["workflow_runs"][0]
    held = world.ask("GET", f"{RUNS}/{run['id']}/pending_deployments", token).json()
    assert [each["environment"]["name"] for each in held] == ["production"]


def test_simulated_runs_succeed(world: World) -> None:
    token = world.mint()
    world.dispatch(token)
    limit = time.monotonic() + 5
    while time.monotonic() < limit:
        run = world.ask("GET", RUNS, token).json()["workflow_runs"][0]
        if run["status"] == "completed":
            break
        time.sleep(0.05)
    assert run["conclusion"] == "success"
    jobs = world.ask("GET", f"{RUNS}/{run['id']}/jobs", token).json()["jobs"]
    assert [job["name"] for job in jobs] == ["Validate", "Report"]


@pytest.mark.parametrize(
    ("body", "kind"), [("<html>", "text/html"), (b"\xff", "text/html"), ([1], "application/json"), (None, None)]
)
def test_bodies_of_any_kind(world: World, body: t.Any, kind: str | None) -> None:
    world.github.faults.add(path=r"/versions$", status=500, body=body)
    answer = world.ask("GET", "/versions")
    assert answer.status_code == 500
    assert answer.headers.get("content-type", "").split(";")[0] == (kind or "")


def test_accepted_with_an_explicit_length_of_zero(world: World) -> None:
    world.github.faults.add(path=DISPATCHES, status=204, headers={"content-length": "0"})
    answer = world.dispatch(world.mint())
    assert (answer.status_code, answer.headers["content-length"]) == (204, "0")


def test_a_client_certificate_is_demanded() -> None:
    with Emulator(tls=True, demand_client=True) as github, requests.Session() as session:
        session.trust_env, session.verify = False, github.ca_file or False
        with pytest.raises(requests.ConnectionError):
            session.get(f"{github.api_url}/versions", timeout=5)
        pair = (str(github.client_cert), str(github.client_key))
        assert session.get(f"{github.api_url}/versions", timeout=5, cert=pair).status_code == 200
