# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of workflows really run, alone with what belongs to them, and what they do becomes the state of the run."""

from __future__ import annotations

import os
import secrets
import time
import typing as t
from pathlib import Path

import pytest
import yaml
from conformance.worlds import World, build

from emulator import Emulator

LONG = str(secrets.randbelow(10**8) + 10**8)
"""A time by which the processes of this very session are known."""
CHECKOUT = """
name: Elsewhere
on: repository_dispatch
jobs:
  look:
    runs-on: ubuntu-24.04
    strategy:
      matrix: {leg: [one, two]}
    steps:
      - uses: actions/checkout@v4
      - name: Find the files of the repository
        run: test "$(cat data.txt)" = "from the repository"
      - name: Find nothing of the caller
        env: {LEG: "${{ matrix.leg }}"}
        run: |
          test -z "${EMULATOR_CANARY:-}"
          test "$GITHUB_REPOSITORY" = acme/other
          touch "$HOME/was-here-$LEG"
      - name: Never
        if: github.event.client_payload.never
        run: exit 1
"""
SLOW = """
name: Slow
on: {repository_dispatch: {types: slow}}
jobs:
  sleep:
    runs-on: ubuntu-latest
    steps:
      - name: Sleep
        run: sleep {long} & sleep {long}
""".replace("{long}", LONG)
BROKEN = """
name: Broken
on: [repository_dispatch]
jobs: {}
"""


@pytest.fixture
def executing() -> t.Iterator[World]:
    with Emulator(execute=True, run_delay=0.0) as github:
        yield build(github)


def _post(world: World, repository: str, event_type: str = "any") -> None:
    token = world.github.add_token("classic", scopes=["repo"])
    body = {"event_type": event_type, "client_payload": {"never": False}}
    assert world.ask("POST", f"/repos/acme/{repository}/dispatches", token, json=body).status_code == 204


def _until(condition: t.Callable[[], t.Any], seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


def test_verdict_jobs_steps_and_annotations(executing: World) -> None:
    assert executing.dispatch(executing.mint(), replicas=30).status_code == 204
    run = executing.settled()
    assert (run.conclusion, run.display_title) == ("failure", f"infra-changed [{'0' * 32}]")
    assert [(job.name, job.conclusion) for job in run.jobs] == [("Validate", "failure"), ("Report", "skipped")]
    assert [(step.name, step.conclusion) for step in run.jobs[0].steps] == [("Check the announced change", "failure")]
    path = f"/repos/acme/site/check-runs/{run.jobs[0].id}/annotations"
    notes = executing.ask("GET", path, executing.mint()).json()
    assert [note["message"] for note in notes] == ["replicas must be an integer from 1 to 10, not 30"]


@pytest.mark.parametrize(
    "shell", [None, "bash", "sh", "python", "python3 {0}", "bash -c 'source \"{0}\"'", "env sh {0}"]
)
def test_nothing_of_what_a_failing_step_wrote_is_lost(executing: World, shell: str | None) -> None:
    python = shell is not None and shell.startswith("python")
    script = "for n in range(300): print('::error::line', n)\nimport sys; print('::error::end', end=''); sys.exit(7)"
    lines = 'for n in $(seq 0 299); do echo "::error::line $n"; done\nprintf ::error::end\nexit 7'
    step = {"run": script if python else lines, **({} if shell is None else {"shell": shell})}
    jobs = {f"job{n}": {"runs-on": "ubuntu-latest", "steps": [step]} for n in range(3)}
    workflow = {"name": "Fail", "on": "repository_dispatch", "jobs": jobs}
    executing.github.add_repository("acme/failing", files={".github/workflows/fail.yml": yaml.safe_dump(workflow)})
    _post(executing, "failing")
    _until(lambda: executing.github.runs("acme/failing")[0].status == "completed")
    run = executing.github.runs("acme/failing")[0]
    assert [job.conclusion for job in run.jobs] == ["failure"] * 3
    expected = [*(f"line {n}" for n in range(300)), "end"]
    assert [[each["message"] for each in job.annotations] for job in run.jobs] == [expected] * 3
    assert not any("all of this was written by" in job.log for job in run.jobs)


def test_a_rerun_keeps_the_id(executing: World) -> None:
    token = executing.mint()
    executing.dispatch(token)
    first = executing.settled()
    path = f"/repos/acme/site/actions/runs/{first.id}"
    assert executing.ask("POST", f"{path}/rerun", token).status_code == 201
    again = executing.ask("GET", path, token).json()
    assert (again["run_attempt"], again["conclusion"]) == (2, None)
    assert executing.ask("GET", f"{path}/attempts/1", token).json()["conclusion"] == "success"
    assert executing.ask("POST", f"{path}/rerun", token).status_code == 403
    assert executing.settled().attempt == 2


def test_logs_are_on_another_host_that_sees_no_credential(executing: World) -> None:
    token = executing.mint()
    executing.dispatch(token)
    job = executing.settled().jobs[0]
    answer = executing.ask("GET", f"/repos/acme/site/actions/jobs/{job.id}/logs", token)
    assert answer.status_code == 302
    assert not answer.headers["location"].startswith(executing.github.base_url)


def test_clean_environment(executing: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMULATOR_CANARY", "seen")
    monkeypatch.setenv("HOME", str(tmp_path))
    files = {".github/workflows/elsewhere.yml": CHECKOUT, "data.txt": "from the repository"}
    executing.github.add_repository("acme/other", files=files)
    _post(executing, "other")
    _until(lambda: executing.github.runs("acme/other")[0].status == "completed")
    run = executing.github.runs("acme/other")[0]
    assert run.conclusion == "success", [job.log for job in run.jobs]
    assert len(run.jobs) == 2
    conclusions = [step.conclusion for step in run.jobs[0].steps]
    assert conclusions == ["success", "success", "success", "skipped"]
    assert list(tmp_path.iterdir()) == []


def test_cancelling_ends_the_steps(executing: World) -> None:
    executing.github.add_repository("acme/slow", files={".github/workflows/slow.yml": SLOW})
    _post(executing, "slow", "slow")
    _until(lambda: _sleepers() == 2)
    run = executing.github.runs("acme/slow")[0]
    token = executing.github.add_token("classic", scopes=["repo"])
    assert executing.ask("POST", f"/repos/acme/slow/actions/runs/{run.id}/cancel", token).status_code == 202
    assert (run.status, run.conclusion) == ("completed", "cancelled")
    _until(lambda: _sleepers() == 0)
    again = executing.ask("POST", f"/repos/acme/slow/actions/runs/{run.id}/cancel", token)
    assert again.status_code == 409


def test_stopping_ends_the_steps() -> None:
    with Emulator(execute=True) as github:
        world = build(github)
        github.add_repository("acme/slow", files={".github/workflows/slow.yml": SLOW})
        _post(world, "slow", "slow")
        _until(lambda: _sleepers() == 2)
    _until(lambda: _sleepers() == 0)


def test_a_workflow_without_jobs_fails_to_start(executing: World) -> None:
    executing.github.add_repository("acme/broken", files={".github/workflows/broken.yml": BROKEN})
    _post(executing, "broken")
    run = executing.github.runs("acme/broken")[0]
    assert (run.status, run.conclusion, run.jobs) == ("completed", "startup_failure", [])


def _sleepers() -> int:
    """How many of the sleeping steps are alive."""
    found = 0
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        found += words[:2] == [b"sleep", LONG.encode()]
    return found


if not Path("/proc/self/cmdline").exists():
    pytestmark = pytest.mark.skip(reason=f"{os.name}: no /proc to look for processes")
