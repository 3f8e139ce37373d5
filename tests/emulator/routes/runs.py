# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of workflows: lists, single runs, attempts, and what can be done with them."""

from __future__ import annotations

import operator
import re
import typing as t
from datetime import datetime, timezone

from ..answers import Answer, Refusal, not_found
from ..registry import REPOSITORY, page, registry, repository_access
from ..render import actions

if t.TYPE_CHECKING:
    from ..registry import Call
    from ..runs import Run

FILTERS = ("actor", "branch", "check_suite_id", "created", "event", "head_sha", "status")
MAX_FILTERED = 1000
RUN = f"{REPOSITORY}/actions/runs/{{run_id}}"
READ = repository_access("actions")
WRITE = repository_access("actions", "write")


def listing(call: Call, workflow_id: int | None = None) -> Answer:
    """Newest first. A filtered list is a search index, which may lag; an unfiltered one is right."""
    filtered = any(call.query.get(name) for name in FILTERS)
    elapsed = call.world.clock.elapsed()
    shown = []
    for run in _of_repository(call):
        if workflow_id is not None and run.workflow.id != workflow_id:
            continue
        if run.hidden_looks > 0:
            run.hidden_looks -= 1
        elif not (filtered and run.indexed_at > elapsed):
            run.look()
            shown.append(run)
    if filtered:
        shown = [run for run in shown if _matches(run, call.query)][:MAX_FILTERED]
    on_page, headers = page(call, shown)
    body = {"total_count": len(shown), "workflow_runs": [actions.run(run, call.links) for run in on_page]}
    return Answer(200, body, headers)


def _of_repository(call: Call) -> list[Run]:
    found = [run for run in call.world.runs.values() if run.repository is call.repository and run.visible()]
    return sorted(found, key=lambda run: (int(run.created_at), run.id), reverse=True)


def _matches(run: Run, query: t.Mapping[str, str]) -> bool:
    facts = {
        "event": run.event.name,
        "branch": run.repository.default_branch,
        "head_sha": run.head_sha,
        "check_suite_id": str(run.id + 500_000_000),
        "actor": run.repository.owner.login,
    }
    for name, fact in facts.items():
        if query.get(name) and query[name] != fact:
            return False
    if query.get("status") and query["status"] not in (run.status, run.conclusion):
        return False
    return not query.get("created") or _created(run.created_at, query["created"])


_COMPARISONS: dict[str, t.Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def _created(moment: float, wanted: str) -> bool:
    """The date syntax of searches: ``>=DATE``, ``A..B``, ``DATE`` (a day)."""
    moment = float(int(moment))
    first, dots, last = wanted.partition("..")
    if dots:
        after = first in ("", "*") or moment >= _parse_date(first)
        return after and (last in ("", "*") or moment <= _parse_date(last))
    sign = re.match(r"[<>]=?", wanted)
    if sign:
        return _COMPARISONS[sign.group()](moment, _parse_date(wanted[sign.end() :]))
    start = _parse_date(wanted)
    return start <= moment < start + 86400


def _parse_date(text: str) -> float:
    try:
        parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refusal(422, f"Invalid date: {text}") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)).timestamp()


def one_run(call: Call) -> Run:
    run = call.world.runs.get(call.number("run_id"))
    if run is None or run.repository is not call.repository or not run.visible():
        raise not_found()
    return run


def one_attempt(call: Call) -> Run:
    run, number = one_run(call), call.number("attempt_number")
    if number == run.attempt:
        return run
    if number not in run.earlier:
        raise not_found()
    return run.earlier[number]


@registry.route("GET", f"{REPOSITORY}/actions/runs", "actions/workflow-runs#list-workflow-runs-for-a-repository", READ)
def list_runs(call: Call) -> Answer:
    return listing(call)


@registry.route("GET", RUN, "actions/workflow-runs#get-a-workflow-run", READ)
def get_run(call: Call) -> Answer:
    run = one_run(call)
    run.look()
    return Answer(200, actions.run(run, call.links))


@registry.route("GET", f"{RUN}/attempts/{{attempt_number}}", "actions/workflow-runs#get-a-workflow-run-attempt", READ)
def get_attempt(call: Call) -> Answer:
    run = one_attempt(call)
    run.look()
    return Answer(200, actions.run(run, call.links))


@registry.route("POST", f"{RUN}/cancel", "actions/workflow-runs#cancel-a-workflow-run", WRITE)
def cancel(call: Call) -> Answer:
    run = one_run(call)
    if run.status == "completed":
        raise Refusal(409, "Cannot cancel a workflow run that is completed.")
    call.service.starter.cancel(run)
    return Answer(202, {})


@registry.route("POST", f"{RUN}/rerun", "actions/workflow-runs#re-run-a-workflow", WRITE)
def rerun(call: Call) -> Answer:
    return _rerun(call)


@registry.route(
    "POST", f"{RUN}/rerun-failed-jobs", "actions/workflow-runs#re-run-failed-jobs-from-a-workflow-run", WRITE
)
def rerun_failed(call: Call) -> Answer:
    return _rerun(call)


def _rerun(call: Call) -> Answer:
    run = one_run(call)
    if run.status != "completed":
        raise Refusal(403, "This workflow is already running")
    call.json()
    call.service.starter.rerun(run)
    return Answer(201, {})


@registry.route(
    "GET",
    f"{RUN}/pending_deployments",
    "actions/workflow-runs#get-pending-deployments-for-a-workflow-run",
    READ,
)
def pending_deployments(call: Call) -> Answer:
    run = one_run(call)
    waiting = run.environments if run.status == "waiting" else []
    return Answer(200, [actions.pending_deployment(n, i, run, call.links) for i, n in enumerate(waiting, start=1)])
