# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps, their installations, and installation tokens."""

from __future__ import annotations

import typing as t

from ..access import covers, reaches
from ..answers import Answer, Refusal, not_found
from ..clock import iso
from ..identity import is_whole
from ..registry import APP, INSTALLATION, REPOSITORY, page, registry
from ..render import owners, repositories
from ..validation import Property, check

if t.TYPE_CHECKING:
    from ..models import App, Installation, Repository, Token
    from ..registry import Call

MINT_DOCS = "https://docs.github.com/rest/reference/apps#create-an-installation-access-token-for-an-app"
MINT_SCHEMA = {
    "repositories": Property("array"),
    "repository_ids": Property("array"),
    "permissions": Property("object"),
}
MAX_REPOSITORIES = 500
UNREACHED = "There is at least one repository that does not exist or is not accessible to the parent installation."
NOT_GRANTED = "The permissions requested are not granted to this installation."


def _app(call: Call) -> App:
    return t.cast("App", call.credential.app)


def _mine(call: Call) -> list[Installation]:
    return [made for made in call.world.installations.values() if made.app is _app(call)]


@registry.route("GET", "/app", "apps/apps#get-the-authenticated-app", APP)
def get_app(call: Call) -> Answer:
    return Answer(200, owners.app(_app(call), len(_mine(call)), call.links))


@registry.route("GET", "/app/installations", "apps/apps#list-installations-for-the-authenticated-app", APP)
def list_installations(call: Call) -> Answer:
    shown, headers = page(call, _mine(call))
    return Answer(200, [owners.installation(made, call.links) for made in shown], headers)


def _installation(call: Call) -> Installation:
    made = call.world.installations.get(call.number("installation_id"))
    if made is None or made.app is not _app(call):
        raise not_found()
    return made


@registry.route(
    "GET", "/app/installations/{installation_id}", "apps/apps#get-an-installation-for-the-authenticated-app", APP
)
def get_installation(call: Call) -> Answer:
    return Answer(200, owners.installation(_installation(call), call.links))


@registry.route(
    "GET", f"{REPOSITORY}/installation", "apps/apps#get-a-repository-installation-for-the-authenticated-app", APP
)
def repository_installation(call: Call) -> Answer:
    made = call.world.installation_of(_app(call), call.repository.owner)
    if made is None or not made.reaches(call.repository):
        raise not_found()
    return Answer(200, owners.installation(made, call.links))


def _owner_installation(call: Call, login: str, *, organizations_only: bool) -> Answer:
    account = call.world.accounts.get(login.lower())
    if account is None or (organizations_only and account.type != "Organization"):
        raise not_found()
    made = call.world.installation_of(_app(call), account)
    if made is None:
        raise not_found()
    return Answer(200, owners.installation(made, call.links))


@registry.route(
    "GET", "/orgs/{org}/installation", "apps/apps#get-an-organization-installation-for-the-authenticated-app", APP
)
def organization_installation(call: Call) -> Answer:
    return _owner_installation(call, call.params["org"], organizations_only=True)


@registry.route(
    "GET", "/users/{username}/installation", "apps/apps#get-a-user-installation-for-the-authenticated-app", APP
)
def user_installation(call: Call) -> Answer:
    return _owner_installation(call, call.params["username"], organizations_only=False)


@registry.route(
    "POST",
    "/app/installations/{installation_id}/access_tokens",
    "apps/apps#create-an-installation-access-token-for-an-app",
    APP,
)
def mint(call: Call) -> Answer:
    made = _installation(call)
    if made.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended", docs=MINT_DOCS)
    body = call.json()
    check(body, MINT_SCHEMA)
    chosen = _narrowed_repositories(call, made, body)
    permissions = _narrowed_permissions(made, body.get("permissions"))
    stateless = {"enabled": True, "disabled": False}.get(call.headers.get("x-github-stateless-s2s-token", ""))
    token = call.world.mint(
        made,
        permissions,
        made.repository_ids if chosen is None else {each.id for each in chosen},
        stateless=call.service.stateless_tokens if stateless is None else stateless,
        narrowed=chosen is not None,
    )
    return Answer(201, _minted(call, token, chosen))


def _minted(call: Call, token: Token, chosen: list[Repository] | None) -> dict[str, t.Any]:
    body: dict[str, t.Any] = {
        "token": token.value,
        "expires_at": iso(token.expires_at or 0.0),
        "permissions": token.permissions,
        "repository_selection": "all" if token.repository_ids is None else "selected",
    }
    if chosen is not None:
        rights = _rights(token)
        body["repositories"] = [repositories.listed(each, rights, call.links) for each in chosen]
    return body


def _narrowed_repositories(call: Call, made: Installation, body: dict[str, t.Any]) -> list[Repository] | None:
    """The repositories that the body names by bare name or id; None when it names none."""
    names, ids = body.get("repositories", []), body.get("repository_ids", [])
    if len(names) + len(ids) > MAX_REPOSITORIES:
        raise Refusal(422, f"No more than {MAX_REPOSITORIES} repositories are allowed.")
    world, login = call.world, made.account.login
    found = [world.find_repository(f"{login}/{name}") if isinstance(name, str) else None for name in names]
    found += [world.repositories.get(number) if is_whole(number) else None for number in ids]
    if any(each is None or not made.reaches(each) for each in found):
        raise Refusal(422, UNREACHED)
    unique = {each.id: each for each in found if each is not None}
    return list(unique.values()) if unique else None


def _narrowed_permissions(made: Installation, wanted: dict[str, str] | None) -> dict[str, str]:
    if not wanted:
        return dict(made.permissions)
    for permission, level in wanted.items():
        if level not in ("read", "write", "admin") or not covers(made.permissions, permission, level):
            raise Refusal(422, NOT_GRANTED)
    return {**wanted, "metadata": "read"}


def _rights(token: Token) -> dict[str, bool]:
    push = covers(token.permissions, "contents", "write")
    return {"admin": False, "maintain": False, "push": push, "triage": push, "pull": True}


@registry.route("DELETE", "/installation/token", "apps/installations#revoke-an-installation-access-token", INSTALLATION)
def revoke(call: Call) -> Answer:
    t.cast("Token", call.credential.token).revoked = True
    return Answer(204)


@registry.route(
    "GET",
    "/installation/repositories",
    "apps/installations#list-repositories-accessible-to-the-app-installation",
    INSTALLATION,
)
def installation_repositories(call: Call) -> Answer:
    token = t.cast("Token", call.credential.token)
    found = [each for each in call.world.repositories.values() if reaches(token, each)]
    shown, headers = page(call, found)
    body = {
        "total_count": len(found),
        "repository_selection": "all" if token.repository_ids is None else "selected",
        "repositories": [repositories.listed(each, _rights(token), call.links) for each in shown],
    }
    return Answer(200, body, headers)
