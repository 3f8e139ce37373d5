# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflows, runs, jobs and approvals."""

from __future__ import annotations

import typing as t

from ..clock import iso
from ..runs import commit_sha
from . import Links, node_id
from .owners import account
from .repositories import minimal

if t.TYPE_CHECKING:
    from ..models import Repository
    from ..runs import Job, Run, Step
    from ..workflows import Workflow


def _moment(value: float | None) -> str | None:
    return None if value is None else iso(value)


def _repository_url(repository: Repository, links: Links) -> str:
    return f"{links.api}/repos/{repository.full_name}"


def workflow(made: Workflow, repository: Repository, links: Links) -> dict[str, t.Any]:
    web = f"{links.web}/{repository.full_name}"
    return {
        "id": made.id,
        "node_id": node_id("Workflow", made.id),
        "name": made.name,
        "path": made.path,
        "state": made.state,
        "created_at": iso(repository.created_at),
        "updated_at": iso(repository.created_at),
        "url": f"{_repository_url(repository, links)}/actions/workflows/{made.id}",
        "html_url": f"{web}/blob/{repository.default_branch}/{made.path}",
        "badge_url": f"{web}/workflows/{made.name}/badge.svg",
    }


def run(made: Run, links: Links) -> dict[str, t.Any]:
    repository = made.repository
    base = _repository_url(repository, links)
    url = f"{base}/actions/runs/{made.id}"
    actor = account(repository.owner, links)
    short = minimal(repository, links)
    suite = made.id + 500_000_000
    previous = f"{url}/attempts/{made.attempt - 1}" if made.attempt > 1 else None
    return {
        "id": made.id,
        "name": made.name,
        "node_id": node_id("WorkflowRun", made.id),
        "head_branch": repository.default_branch,
        "head_sha": made.head_sha,
        "path": made.workflow.path,
        "display_title": made.display_title,
        "run_number": made.number,
        "event": made.event.name,
        "status": made.status,
        "conclusion": made.conclusion,
        "workflow_id": made.workflow.id,
        "check_suite_id": suite,
        "check_suite_node_id": node_id("CheckSuite", suite),
        "url": url,
        "html_url": f"{links.web}/{repository.full_name}/actions/runs/{made.id}",
        "pull_requests": [],
        "created_at": iso(made.created_at),
        "updated_at": iso(made.updated_at),
        "actor": actor,
        "run_attempt": made.attempt,
        "referenced_workflows": [],
        "run_started_at": iso(made.started_at),
        "triggering_actor": actor,
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": f"{base}/check-suites/{suite}",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": previous,
        "workflow_url": f"{base}/actions/workflows/{made.workflow.id}",
        "head_commit": _commit(repository),
        "repository": short,
        "head_repository": short,
    }


def _commit(repository: Repository) -> dict[str, t.Any]:
    person = {"name": repository.owner.login, "email": f"{repository.owner.login}@localhost.localdomain"}
    sha = commit_sha(repository)
    return {
        "id": sha,
        "tree_id": sha[::-1],
        "message": "State of the default branch",
        "timestamp": iso(repository.created_at),
        "author": person,
        "committer": person,
    }


def job(made: Job, owner: Run, links: Links) -> dict[str, t.Any]:
    base = _repository_url(owner.repository, links)
    done = made.status == "completed"
    runs = made.status in ("in_progress", "completed")
    return {
        "id": made.id,
        "run_id": owner.id,
        "workflow_name": owner.workflow.name,
        "head_branch": owner.repository.default_branch,
        "run_url": f"{base}/actions/runs/{owner.id}",
        "run_attempt": owner.attempt,
        "node_id": node_id("CheckRun", made.id),
        "head_sha": owner.head_sha,
        "url": f"{base}/actions/jobs/{made.id}",
        "html_url": f"{links.web}/{owner.repository.full_name}/actions/runs/{owner.id}/job/{made.id}",
        "status": made.status,
        "conclusion": made.conclusion if done else None,
        "created_at": iso(made.created_at),
        "started_at": iso(made.started_at or made.created_at),
        "completed_at": _moment(made.completed_at),
        "name": made.name,
        "steps": [step(each, done) for each in made.steps],
        "check_run_url": f"{base}/check-runs/{made.id}",
        "labels": ["ubuntu-latest"],
        "runner_id": 1 if runs else None,
        "runner_name": "GitHub Actions 1" if runs else None,
        "runner_group_id": 1 if runs else None,
        "runner_group_name": "GitHub Actions" if runs else None,
    }


def step(made: Step, job_done: bool) -> dict[str, t.Any]:
    done = made.status == "completed" or job_done
    return {
        "name": made.name,
        "status": made.status,
        "conclusion": made.conclusion if done else None,
        "number": made.number,
        "started_at": _moment(made.started_at),
        "completed_at": _moment(made.completed_at),
    }


def pending_deployment(name: str, number: int, owner: Run, links: Links) -> dict[str, t.Any]:
    base = _repository_url(owner.repository, links)
    reviewers = owner.repository.environments.get(name, [owner.repository.owner])
    return {
        "environment": {
            "id": number,
            "node_id": node_id("Environment", number),
            "name": name,
            "url": f"{base}/environments/{name}",
            "html_url": f"{links.web}/{owner.repository.full_name}/deployments/activity_log?environments_filter={name}",
        },
        "wait_timer": 0,
        "wait_timer_started_at": None,
        "current_user_can_approve": False,
        "reviewers": [{"type": "User", "reviewer": account(each, links)} for each in reviewers],
    }


def annotation(known: t.Mapping[str, str], job_id: int, owner: Run, links: Links) -> dict[str, t.Any]:
    """A ``check-annotation``: an ``::error::`` or ``::notice::`` of a step."""
    web = f"{links.web}/{owner.repository.full_name}"
    return {
        "path": ".github",
        "start_line": 1,
        "end_line": 1,
        "start_column": None,
        "end_column": None,
        "annotation_level": known["level"],
        "title": known["title"],
        "message": known["message"],
        "raw_details": "",
        "blob_href": f"{web}/blob/{owner.head_sha}/.github#{job_id}",
    }
