# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories, organisations and users."""

from __future__ import annotations

import re
import typing as t

from ..access import covers
from ..answers import Answer, Refusal, not_found
from ..clock import iso
from ..registry import ANYONE, REPOSITORY, USER, registry, repository_access
from ..render import node_id, owners, repositories
from ..validation import Property, check

if t.TYPE_CHECKING:
    from ..registry import Call

STATUS_SCHEMA = {
    "state": Property("string", required=True),
    "target_url": Property("string", nullable=True),
    "description": Property("string", nullable=True),
    "context": Property("string"),
}


@registry.route("GET", REPOSITORY, "repos/repos#get-a-repository", repository_access("metadata"))
def get_repository(call: Call) -> Answer:
    return Answer(200, repositories.full(call.repository, _rights(call), call.links))


def _rights(call: Call) -> dict[str, bool] | None:
    token = call.credential.token
    if token is None:
        return None
    push = token.push if token.kind == "classic" else covers(token.permissions, "contents", "write")
    return {"admin": False, "maintain": False, "push": push, "triage": push, "pull": True}


@registry.route("GET", "/orgs/{org}", "orgs/orgs#get-an-organization", ANYONE)
def get_organization(call: Call) -> Answer:
    account = call.world.accounts.get(call.params["org"].lower())
    if account is None or account.type != "Organization":
        raise not_found()
    return Answer(200, owners.organization(account, call.links))


@registry.route("GET", "/user", "users/users#get-the-authenticated-user", USER)
def get_user(call: Call) -> Answer:
    token = call.credential.token
    if token is None or token.user is None:
        raise not_found()
    return Answer(200, owners.user(token.user, call.links))


@registry.route("GET", "/users/{username}", "users/users#get-a-user", ANYONE)
def get_other_user(call: Call) -> Answer:
    account = call.world.accounts.get(call.params["username"].lower())
    if account is None:
        raise not_found()
    return Answer(200, owners.user(account, call.links))


@registry.route(
    "POST",
    f"{REPOSITORY}/statuses/{{sha}}",
    "commits/statuses#create-a-commit-status",
    repository_access("statuses", "write"),
)
def create_status(call: Call) -> Answer:
    body = call.json()
    check(body, STATUS_SCHEMA)
    if body["state"] not in ("error", "failure", "pending", "success"):
        raise Refusal(422, "Validation Failed", errors=[{"resource": "Status", "field": "state", "code": "custom"}])
    if len(body.get("description") or "") > 140:
        raise Refusal(422, "Validation Failed", errors=["description is too long (maximum is 140 characters)"])
    sha = call.params["sha"]
    if not re.fullmatch(r"[0-9a-f]{40}", sha):
        raise Refusal(422, f"No commit found for SHA: {sha}")
    number, now = call.world.next_id(), iso(call.world.clock.now())
    owner = call.repository.owner
    made = {
        "url": f"{call.links.api}/repos/{call.repository.full_name}/statuses/{sha}",
        "avatar_url": f"{call.links.web}/avatars/u/{owner.id}",
        "id": number,
        "node_id": node_id("Status", number),
        "state": body["state"],
        "description": body.get("description"),
        "target_url": body.get("target_url"),
        "context": body.get("context", "default"),
        "created_at": now,
        "updated_at": now,
        "creator": owners.account(owner, call.links),
    }
    call.repository.statuses.append({**made, "sha": sha})
    return Answer(201, made)
