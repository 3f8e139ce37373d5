# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May this caller do that? GitHub's order of checks between authentication and the body."""

from __future__ import annotations

import typing as t

from .answers import Refusal, bad_credentials, not_found
from .identity import SKEW_MESSAGES
from .registry import REPOSITORY

if t.TYPE_CHECKING:
    from .identity import Credential
    from .models import Repository, Token
    from .registry import Access, Call, Endpoint

LEVELS = ("read", "write", "admin")
SAML_TEXT = (
    "Resource protected by organization SAML enforcement. "
    "You must grant your Personal Access token access to this organization."
)
SAML_DOCS = "https://docs.github.com/articles/authenticating-to-a-github-organization-with-saml-single-sign-on/"
INSTALLATION_TEXT = (
    "You must authenticate with an installation access token in order to list repositories for an installation."
)
REDIRECT_DOCS = "https://developer.github.com/v3/#http-redirects"


def covers(permissions: t.Mapping[str, str], permission: str, level: str) -> bool:
    held = permissions.get(permission)
    return held in LEVELS and LEVELS.index(held) >= LEVELS.index(level)


def authorize(call: Call, endpoint: Endpoint) -> None:
    """Raise the refusal that this caller gets, or set the repository that the path names."""
    access, credential = endpoint.access, call.credential
    if credential.kind == "invalid" or (credential.problem is not None and credential.kind != "none"):
        raise t.cast("Refusal", credential.problem)
    if access.kind == "app":
        _need_jwt(credential)
        if endpoint.path.startswith((REPOSITORY, "/repositories/")):
            call.found = _repository(call)
        return
    if credential.kind == "jwt":
        raise bad_credentials()
    if access.kind == "repository":
        _authorize_repository(call, endpoint)
    elif access.kind != "anyone":
        _authorize_kind(credential, access)


def _need_jwt(credential: Credential) -> None:
    if credential.kind == "none":
        raise t.cast("Refusal", credential.problem)
    if credential.kind != "jwt":
        raise Refusal(401, SKEW_MESSAGES["decode"], docs="")


def _authorize_kind(credential: Credential, access: Access) -> None:
    if credential.kind == "none":
        raise t.cast("Refusal", credential.problem)
    if access.kind == "installation" and credential.kind != "installation":
        raise Refusal(403, INSTALLATION_TEXT)
    if access.kind == "user" and credential.kind == "installation":
        raise Refusal(403, "Resource not accessible by integration")


def _authorize_repository(call: Call, endpoint: Endpoint) -> None:
    access, credential = endpoint.access, call.credential
    writes = access.level != "read"
    if credential.kind == "none" and writes:
        raise t.cast("Refusal", credential.problem)
    repository = call.found = _repository(call)
    _check_policy(credential, repository)
    if repository.private or writes:
        _check_permission(credential, access, repository)
    if writes and repository.archived:
        raise Refusal(403, "Repository was archived so is read-only.")


def _repository(call: Call) -> Repository:
    """Find the repository by name or id, follow a former name by a redirect, hide what the caller may not see."""
    world, params = call.world, call.params
    if "repository_id" in params:
        known = world.repositories.get(call.number("repository_id"))
    else:
        name = f"{params['owner']}/{params['repo']}"
        known = world.find_repository(name)
        if known is None:
            moved = world.repositories.get(world.old_names.get(name.lower(), -1))
            if moved is not None and sees(call.credential, moved):
                raise _moved(call, moved)
    if known is None or (call.credential.kind != "jwt" and not sees(call.credential, known)):
        raise not_found()
    return known


def _moved(call: Call, repository: Repository) -> Refusal:
    rest = call.path.split("/", 4)[4:]
    url = "/".join([f"{call.links.api}/repositories/{repository.id}", *rest])
    status = 301 if call.method in ("GET", "HEAD") else 307
    return Refusal(status, "Moved Permanently", docs=REDIRECT_DOCS, headers={"location": url}, url=url)


def sees(credential: Credential, repository: Repository) -> bool:
    """Whether the caller learns that the repository exists."""
    if not repository.private or credential.kind == "jwt":
        return True
    token = credential.token
    if token is None:
        return False
    if token.kind == "classic":
        return "repo" in token.scopes
    return reaches(token, repository)


def reaches(token: Token, repository: Repository) -> bool:
    if token.installation is not None and not token.installation.reaches(repository):
        return False
    return token.repository_ids is None or repository.id in token.repository_ids


def _check_policy(credential: Credential, repository: Repository) -> None:
    token = credential.token
    if token is not None and token.sso_required and repository.owner.type == "Organization":
        url = f"https://github.com/orgs/{repository.owner.login}/sso?authorization_request=EMULATOR"
        raise Refusal(403, SAML_TEXT, docs=SAML_DOCS, headers={"x-github-sso": f"required; url={url}"})


def _check_permission(credential: Credential, access: Access, repository: Repository) -> None:
    token = credential.token
    if token is None:
        raise not_found()
    if token.kind == "classic":
        _check_scopes(token, access, repository)
    elif not (reaches(token, repository) and covers(token.permissions, access.permission, access.level)):
        words = "integration" if token.kind == "installation" else "personal access token"
        headers = {"x-accepted-github-permissions": access.header}
        raise Refusal(403, f"Resource not accessible by {words}", headers=headers)


def _check_scopes(token: Token, access: Access, repository: Repository) -> None:
    enough = "repo" in token.scopes or ("public_repo" in token.scopes and not repository.private)
    if not enough or (access.level != "read" and not token.push):
        raise not_found()
