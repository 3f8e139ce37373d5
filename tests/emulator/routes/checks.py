# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs, their logs and their annotations."""

from __future__ import annotations

import typing as t

from ..answers import Answer, Refusal, not_found
from ..registry import REPOSITORY, page, registry, repository_access
from ..render import actions
from .runs import READ, RUN, one_attempt, one_run

if t.TYPE_CHECKING:
    from ..registry import Call
    from ..runs import Job, Run

JOB = f"{REPOSITORY}/actions/jobs/{{job_id}}"


def _jobs(call: Call, pairs: list[tuple[Run, Job]]) -> Answer:
    shown, headers = page(call, pairs)
    body = {"total_count": len(pairs), "jobs": [actions.job(job, run, call.links) for run, job in shown]}
    return Answer(200, body, headers)


@registry.route("GET", f"{RUN}/jobs", "actions/workflow-jobs#list-jobs-for-a-workflow-run", READ)
def list_jobs(call: Call) -> Answer:
    run = one_run(call)
    attempts = [run]
    if call.query.get("filter") == "all":
        attempts += [run.earlier[number] for number in sorted(run.earlier, reverse=True)]
    return _jobs(call, [(attempt, job) for attempt in attempts for job in attempt.jobs])


@registry.route(
    "GET",
    f"{RUN}/attempts/{{attempt_number}}/jobs",
    "actions/workflow-jobs#list-jobs-for-a-workflow-run-attempt",
    READ,
)
def list_attempt_jobs(call: Call) -> Answer:
    run = one_attempt(call)
    return _jobs(call, [(run, job) for job in run.jobs])


def _job(call: Call, name: str = "job_id") -> tuple[Run, Job]:
    wanted = call.number(name)
    for run in call.world.runs.values():
        if run.repository is call.repository and run.visible():
            for attempt in (run, *run.earlier.values()):
                for job in attempt.jobs:
                    if job.id == wanted:
                        return attempt, job
    raise not_found()


@registry.route("GET", JOB, "actions/workflow-jobs#get-a-job-for-a-workflow-run", READ)
def get_job(call: Call) -> Answer:
    run, job = _job(call)
    return Answer(200, actions.job(job, run, call.links))


@registry.route("GET", f"{JOB}/logs", "actions/workflow-jobs#download-job-logs-for-a-workflow-run", READ)
def job_logs(call: Call) -> Answer:
    """A redirect to another host, which must not see the Authorization header."""
    _other, job = _job(call)
    return Answer(302, headers={"location": f"{call.links.logs}/jobs/{job.id}.txt?sig=emulator"})


@registry.route("GET", f"{RUN}/logs", "actions/workflow-runs#download-workflow-run-logs", READ)
def run_logs(call: Call) -> Answer:
    run = one_run(call)
    if run.status != "completed":
        raise Refusal(404, "Not Found")
    return Answer(302, headers={"location": f"{call.links.logs}/runs/{run.id}.zip?sig=emulator"})


@registry.route(
    "GET",
    f"{REPOSITORY}/check-runs/{{check_run_id}}/annotations",
    "checks/runs#list-check-run-annotations",
    repository_access("checks"),
)
def list_annotations(call: Call) -> Answer:
    run, job = _job(call, "check_run_id")
    shown, headers = page(call, job.annotations)
    return Answer(200, [actions.annotation(known, job.id, run, call.links) for known in shown], headers)
