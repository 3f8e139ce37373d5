# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a workflow gets besides its event: approvals of environments, a token for each job, secrets, a step summary."""

from __future__ import annotations

import time
import typing as t

import pytest
from conformance.worlds import World, build

from emulator import Emulator

PRODUCTION = ".github/workflows/production.yml"
WORKFLOW = """
name: Production
run-name: "${{ github.event.action }} [${{ github.event.client_payload.dispatch.id }}]"
on: {repository_dispatch: {types: go}}
permissions: {}
jobs:
  before:
    runs-on: ubuntu-latest
    outputs: {word: "${{ steps.say.outputs.word }}"}
    steps:
      - id: say
        run: |
          echo word=hello >> "$GITHUB_OUTPUT"
          echo '# Before' >> "$GITHUB_STEP_SUMMARY"
      - run: echo '| more |' >> "$GITHUB_STEP_SUMMARY"
  deploy:
    needs: before
    runs-on: ubuntu-latest
    environment: {name: production, url: https://example.com}
    steps:
      - name: First
        env: {WORD: "${{ needs.before.outputs.word }}", HIDDEN: "${{ secrets.HIDDEN }}"}
        run: test "$WORD" = hello -a "$HIDDEN" = 's3 $ret'
      - name: Second
        id: second
        run: "true"
  after:
    needs: deploy
    if: always()
    runs-on: ubuntu-latest
    environment: open
    steps: [{run: "true"}]
"""
TOKENS = """
name: Tokens
on: {repository_dispatch: {types: tokens}}
permissions: {}
jobs:
  none: &none
    runs-on: ubuntu-latest
    steps:
      - shell: python3 {0}
        env: {TOKEN: "${{ github.token }}", SHA: "${{ github.sha }}"}
        run: |
          import json, os, sys, urllib.error, urllib.request
          url = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/statuses/{os.environ['SHA']}"
          headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "User-Agent": "step"}
          body = json.dumps({"state": "success", "context": os.environ["GITHUB_JOB"]}).encode()
          try:
              urllib.request.urlopen(urllib.request.Request(url, body, headers))
          except urllib.error.HTTPError as error:
              sys.exit(f"{error.code} {error.read()}")
  writes:
    <<: *none
    permissions: {statuses: write}
"""


@pytest.fixture(params=[False, True], ids=["simulated", "executed"])
def held(request: pytest.FixtureRequest) -> t.Iterator[World]:
    """A GitHub with a repository whose run waits for the approval of an environment."""
    with Emulator(execute=request.param, run_delay=0.0) as github:
        world = build(github)
        github.add_repository(
            "acme/live",
            files={PRODUCTION: WORKFLOW},
            environments={"production": ["octocat"]},
            secrets={"HIDDEN": "s3 $ret"},
        )
        _post(world, "live", "go")
        _until(world, lambda: _run(world)["status"] == "waiting")
        yield world


def _post(world: World, repository: str, event_type: str) -> None:
    token = world.github.add_token("classic", scopes=["repo"])
    body = {"event_type": event_type, "client_payload": {"dispatch": {"id": "1" * 32}}}
    assert world.ask("POST", f"/repos/acme/{repository}/dispatches", token, json=body).status_code == 204


def _get(world: World, path: str) -> t.Any:
    token = world.github.add_token("classic", scopes=["repo"])
    return world.ask("GET", f"/repos/acme/live/{path}", token).json()


def _run(world: World) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", _get(world, "actions/runs")["workflow_runs"][0])


def _until(world: World, condition: t.Callable[[], bool], seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, [job.log for job in world.github.runs("acme/live")[0].jobs]
        time.sleep(0.05)


def _pending(world: World) -> list[str]:
    found = _get(world, f"actions/runs/{_run(world)['id']}/pending_deployments")
    assert all([each["reviewer"]["login"] for each in one["reviewers"]] == ["octocat"] for one in found)
    return [each["environment"]["name"] for each in found]


def test_a_job_of_a_protected_environment_waits_and_goes_on(held: World) -> None:
    assert _pending(held) == ["production"]
    executed = held.github.runs("acme/live")[0]
    assert [job.status for job in executed.jobs] != ["completed"] * 3
    with pytest.raises(ValueError, match="nothing of"):
        executed.approve("staging")
    executed.approve("production")
    with pytest.raises(ValueError, match="nothing of"):
        executed.approve()
    _until(held, lambda: _run(held)["status"] == "completed")
    assert _run(held)["conclusion"] == "success", [job.log for job in executed.jobs]
    assert _pending(held) == []
    assert [step.name for step in executed.jobs[1].steps] == ["First", "Second"]
    assert {step.conclusion for job in executed.jobs for step in job.steps} == {"success"}


def test_a_rejected_job_fails_the_run(held: World) -> None:
    held.github.runs("acme/live")[0].reject()
    _until(held, lambda: _run(held)["status"] == "completed")
    assert _run(held)["conclusion"] == "failure"


def test_a_run_that_waits_can_be_cancelled(held: World) -> None:
    token = held.github.add_token("classic", scopes=["repo"])
    path = f"/repos/acme/live/actions/runs/{_run(held)['id']}/cancel"
    assert held.ask("POST", path, token).status_code == 202
    assert _run(held)["conclusion"] == "cancelled"
    with pytest.raises(ValueError, match="completed, held by"):
        held.github.runs("acme/live")[0].approve()


def test_jobs_before_the_environment_are_done_while_it_waits() -> None:
    with Emulator(execute=True, run_delay=0.0) as github:
        world = build(github)
        files = {PRODUCTION: WORKFLOW}
        github.add_repository("acme/live", files=files, environments={"production": []}, secrets={"HIDDEN": "s3 $ret"})
        _post(world, "live", "go")
        _until(world, lambda: _run(world)["status"] == "waiting")
        before, deploy, after = github.runs("acme/live")[0].jobs
        assert (before.status, deploy.status, after.status) == ("completed", "waiting", "queued")
        assert before.summary == "# Before\n| more |\n"


def test_the_token_of_a_job_may_do_what_its_permissions_say() -> None:
    with Emulator(execute=True, run_delay=0.0) as github:
        world = build(github)
        repository = github.add_repository("acme/live", files={".github/workflows/tokens.yml": TOKENS})
        _post(world, "live", "tokens")
        _until(world, lambda: _run(world)["status"] == "completed")
        run = github.runs("acme/live")[0]
        assert {job.key: job.conclusion for job in run.jobs} == {"none": "failure", "writes": "success"}
        assert [(status["context"], status["sha"]) for status in repository.statuses] == [("writes", run.head_sha)]
        assert all(request.status == 403 for request in github.requests if request.permissions == {"metadata": "read"})
