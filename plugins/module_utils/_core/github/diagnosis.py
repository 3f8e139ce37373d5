# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a refusal means and what to do about it: one pure function from an answer to an error.

Order for 403 as GitHub documents it: rate limit (decided elsewhere), single sign-on, IP allow list, permissions.
"""

from __future__ import annotations

import re
import typing as t

from ..errors import InfradispatchError, NotAuthenticated, NotFound, NotPermitted, Rejected, Unreachable
from ..secret import redact
from .reply import Reply


class Request(t.NamedTuple):
    """What was tried, for messages: ``action`` completes "GitHub refuses to …"."""

    action: str
    target: str
    credential: str  # "token", "installation token" or "app"
    needs: str = ""  # permission of an App or fine-grained token, such as "contents: write"
    app_id: str = ""


def error_of(reply: Reply, request: Request) -> InfradispatchError:
    """Return the error that this answer (any status but 2xx) means for this request."""
    facts = {
        "status": reply.status,
        "request_id": reply.request_id,
        "documentation_url": redact(str(reply.mapping().get("documentation_url") or "")),
    }
    said = reply.message or "no message"
    makers: dict[int, t.Callable[[Reply, Request, str], InfradispatchError]] = {
        401: _unauthorized,
        403: _forbidden,
        404: _not_found,
    }
    if reply.status in makers:
        return makers[reply.status](reply, request, said).with_facts(**facts)
    if reply.status >= 500:
        return Unreachable(
            f"GitHub could not {request.action} ({request.target}): status {reply.status}, {said}.",
            "Try again later; see the status page of GitHub or of your server.",
            **facts,
        )
    if reply.ok:
        return Unreachable(
            f"GitHub's answer to the request to {request.action} ({request.target}) can't be understood.",
            "Check that api_url is the address of GitHub's REST API, with no login page or proxy in front.",
            **facts,
        )
    return Rejected(
        f"GitHub refuses to {request.action} ({request.target}): status {reply.status}, {said}.",
        _REJECTED.get(reply.status, "Mend what GitHub names, then try again."),
        **facts,
    )


_REJECTED = {
    400: "Check api_url; an old GitHub Enterprise Server may not know this version of the API.",
    410: "This version of the API has ended on this server.",
    415: "Check api_url: this does not look like GitHub's REST API.",
}


def _unauthorized(reply: Reply, request: Request, said: str) -> InfradispatchError:
    """401: the credential is not known."""
    if request.credential != "app":
        hint = (
            "Check that the token is complete, has not expired or been revoked, and belongs to this GitHub (api_url)."
            if request.credential == "token"
            else "The installation token is not (or no longer) known to GitHub."
        )
        return NotAuthenticated(f"GitHub does not accept the {request.credential} ({request.target}): {said}.", hint)
    return NotAuthenticated(
        f"GitHub does not accept the App {request.app_id} ({request.target}): {said}.",
        f"Check that the private key belongs to the App {request.app_id}, that this App is registered at this GitHub "
        "(api_url), and that the clock of this machine is right.",
    )


def _forbidden(reply: Reply, request: Request, said: str) -> InfradispatchError:
    """403: the credential is known and may not."""
    sso = reply.headers.get("x-github-sso", "")
    if sso.startswith("required"):
        url = re.search(r"url=(\S+)", sso)
        where = f"Open {url.group(1)} and authorise the token." if url else "Authorise the token for the organisation."
        return NotPermitted(f"The organisation of {request.target} wants single sign-on for this token.", where)
    if "ip allow list" in said.lower():
        return NotPermitted(
            f"The IP allow list of {request.target}'s owner blocks the machine that this runs on: {said}.",
            "Have the public address of this machine added to the allow list, or send from one that is on it.",
        )
    if "suspended" in said.lower():
        return NotPermitted(
            f"The installation of the App for {request.target} is suspended: {said}.",
            "An owner of the account has to unsuspend it in the settings of the installation.",
        )
    if "archived" in said.lower():
        return NotPermitted(f"{request.target} is archived and takes no events: {said}.", "Unarchive the repository.")
    return NotPermitted(
        f"GitHub does not permit to {request.action} ({request.target}): {said}.", _wants(reply, request)
    )


def _wants(reply: Reply, request: Request) -> str:
    """Say which permission is wanted, by what the server names and what the documentation does."""
    words = []
    if request.needs:
        words.append(
            f"A GitHub App or fine-grained token needs {request.needs} for this repository"
            + (
                " (a classic token: scope repo, or public_repo for a public one)."
                if "contents" in request.needs
                else "."
            )
        )
    for header, name in (
        ("x-accepted-github-permissions", "permissions"),
        ("x-accepted-oauth-scopes", "scopes"),
    ):
        if reply.headers.get(header):
            words.append(f"GitHub names these {name}: {redact(reply.headers[header])[:200]}.")
    return " ".join(words) or "Check what the credential may do."


def _not_found(reply: Reply, request: Request, said: str) -> InfradispatchError:
    """404: GitHub hides what a credential may not see, so no single cause can be named."""
    needs = f", or lacks {request.needs}" if request.needs else ""
    scope = " (a classic token: the scope repo)" if request.credential == "token" and request.needs else ""
    return NotFound(
        f"GitHub answers 404 to the request to {request.action} ({request.target}): {said}.",
        f"One of: the name is wrong; the {request.credential} may not see it{needs}{scope}; "
        "or it is at another GitHub (api_url).",
    )
