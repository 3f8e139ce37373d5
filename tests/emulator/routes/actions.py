# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflows, and whether Actions are on."""

from __future__ import annotations

import re
import typing as t

from ..answers import Answer, Refusal, not_found
from ..registry import REPOSITORY, page, registry, repository_access
from ..render import actions
from ..runs import Event
from ..validation import Property, check
from ..workflows import Workflow, workflows_of
from .runs import listing

if t.TYPE_CHECKING:
    from ..registry import Call

DISPATCH_SCHEMA = {"ref": Property("string", required=True)}
_RETURN_DETAILS = {"return_run_details": Property("boolean")}


def _workflow(call: Call) -> Workflow:
    """By id or by the name of its file."""
    wanted = call.params["workflow_id"]
    for known in workflows_of(call.repository):
        if wanted in (str(known.id), known.path.rpartition("/")[2]):
            return known
    raise not_found()


@registry.route(
    "GET",
    f"{REPOSITORY}/actions/workflows",
    "actions/workflows#list-repository-workflows",
    repository_access("actions"),
)
def list_workflows(call: Call) -> Answer:
    known = workflows_of(call.repository)
    shown, headers = page(call, known)
    body = [actions.workflow(each, call.repository, call.links) for each in shown]
    return Answer(200, {"total_count": len(known), "workflows": body}, headers)


@registry.route(
    "GET",
    f"{REPOSITORY}/actions/workflows/{{workflow_id}}",
    "actions/workflows#get-a-workflow",
    repository_access("actions"),
)
def get_workflow(call: Call) -> Answer:
    return Answer(200, actions.workflow(_workflow(call), call.repository, call.links))


@registry.route(
    "GET",
    f"{REPOSITORY}/actions/workflows/{{workflow_id}}/runs",
    "actions/workflow-runs#list-workflow-runs-for-a-workflow",
    repository_access("actions"),
)
def list_runs_of_workflow(call: Call) -> Answer:
    return listing(call, _workflow(call).id)


@registry.route(
    "GET",
    f"{REPOSITORY}/actions/permissions",
    "actions/permissions#get-github-actions-permissions-for-a-repository",
    repository_access("administration"),
)
def get_permissions(call: Call) -> Answer:
    if not call.repository.actions_enabled:
        return Answer(200, {"enabled": False})
    return Answer(200, {"enabled": True, "allowed_actions": "all"})


@registry.route(
    "POST",
    f"{REPOSITORY}/actions/workflows/{{workflow_id}}/dispatches",
    "actions/workflows#create-a-workflow-dispatch-event",
    repository_access("actions", "write"),
)
def dispatch_workflow(call: Call) -> Answer:
    known, body = _workflow(call), call.json()
    ghes = call.service.settings.ghes_version is not None
    always_details = call.api_version >= "2026-03-10"
    extra = {} if ghes or always_details else _RETURN_DETAILS
    check(body, {**DISPATCH_SCHEMA, "inputs": Property("object", maximum=10 if ghes else 25), **extra})
    _check_dispatch(call, known, body)
    sender = call.service.describe(call.credential)
    event = Event(known.name, body.get("inputs"), *sender, call.world.clock.now(), "workflow_dispatch")
    run = call.service.starter.start_workflow(call.repository, event, known)
    if not (always_details or body.get("return_run_details")):
        return Answer(204)
    shown = actions.run(run, call.links)
    return Answer(200, {"workflow_run_id": run.id, "run_url": shown["url"], "html_url": shown["html_url"]})


def _check_dispatch(call: Call, known: Workflow, body: dict[str, t.Any]) -> None:
    if known.state != "active":
        raise Refusal(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    if "workflow_dispatch" not in known.triggers:
        raise Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
    branch = re.sub(r"^refs/heads/", "", body["ref"])
    if branch != call.repository.default_branch:
        raise Refusal(422, f"No ref found for: {body['ref']}")
    settings = known.triggers["workflow_dispatch"] or {}
    declared = settings.get("inputs") or {}
    given = body.get("inputs") or {}
    unexpected = [name for name in given if name not in declared]
    if unexpected:
        raise Refusal(422, f"Unexpected inputs provided: {unexpected}".replace("'", '"'))
    for name, rule in declared.items():
        if isinstance(rule, dict) and rule.get("required") and "default" not in rule and name not in given:
            raise Refusal(422, f"Required input '{name}' not provided")
