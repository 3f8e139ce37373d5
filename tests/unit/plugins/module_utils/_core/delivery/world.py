# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs, jobs and plans as tests of the delivery need them."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.plan import Plan, read_plan
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Origin
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.credentials import Scope
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.urls import Repository
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    START,
    Answer,
    FakeClock,
    Stub,
)

ID = "0123456789abcdef" * 2
OTHER_ID = "fedcba9876543210" * 2
SITE = Repository("acme", "site")
SCOPE = Scope("acme", ("site",), (("contents", "write"), ("actions", "read")))
DISPATCHES = "/repos/acme/site/dispatches"
RUNS = "/repos/acme/site/actions/runs"


def run_of(number: int = 1, title: str = f"infra-changed [{ID}]", age: float = 0.0, **more: t.Any) -> dict[str, t.Any]:
    """Return a run as GitHub shows it, made ``age`` seconds before the test began."""
    created = datetime.fromtimestamp(START - age, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": number,
        "run_attempt": 1,
        "name": "Receive",
        "display_title": title,
        "event": "repository_dispatch",
        "status": "in_progress",
        "conclusion": None,
        "html_url": f"https://github.test/acme/site/actions/runs/{number}",
        "created_at": created,
        **more,
    }


def done(number: int = 1, conclusion: str | None = "success", **more: t.Any) -> dict[str, t.Any]:
    """Return a run that is over."""
    return run_of(number, status="completed", conclusion=conclusion, **more)


def listed(*runs: t.Any, **headers: str) -> Answer:
    """Return a page of the list of runs."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(200, {"total_count": len(runs), "workflow_runs": list(runs)}, named)


def job_of(name: str = "deploy", conclusion: str = "success", *steps: tuple[str, str]) -> dict[str, t.Any]:
    """Return a job with its steps as (name, conclusion)."""
    return {
        "id": 5,
        "name": name,
        "status": "completed",
        "conclusion": conclusion,
        "html_url": "https://github.test/job",
        "steps": [{"name": step, "conclusion": end} for step, end in steps],
        "runner_name": "not shown",
    }


def with_jobs(stub: Stub, number: int, *jobs: dict[str, t.Any], attempt: int = 1) -> None:
    """Have a run show its jobs."""
    answer = Answer(200, {"total_count": len(jobs), "jobs": list(jobs)})
    stub.on("GET", f"{RUNS}/{number}/attempts/{attempt}/jobs", answer)
    stub.on("GET", f"{RUNS}/{number}/jobs", answer)


def later(clock: FakeClock, seconds: float, before: Answer, after: Answer) -> t.Callable[[object], Answer]:
    """Answer one thing until some seconds have passed, then another."""
    return lambda _request: before if clock.elapsed < seconds else after


def run_to_the_end(stub: Stub, clock: FakeClock, *ends: dict[str, t.Any], seconds: float = 90) -> None:
    """Have runs appear after some seconds, and end after more."""
    stub.on("POST", DISPATCHES, Answer(204))
    going = [{**end, "status": "in_progress", "conclusion": None} for end in ends]
    stub.on("GET", RUNS, later(clock, 3, listed(), listed(*going)))
    for run, end in zip(going, ends):
        stub.on("GET", f"{RUNS}/{end['id']}", later(clock, seconds, Answer(200, run), Answer(200, end)))
        with_jobs(stub, end["id"], job_of())


def plan_of(**options: t.Any) -> Plan:
    """Return a plan for one event (unless other options are given) with a known id."""
    target = {} if "repositories" in options else {"repository": "acme/site"}
    ids = iter([ID, OTHER_ID, *(f"{number:032x}" for number in range(1, 1000))])
    return read_plan({"event_type": "infra-changed", **target, **options}, Origin("ansible"), lambda: next(ids))
