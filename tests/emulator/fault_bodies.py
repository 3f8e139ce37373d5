# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults by name: GitHub's own words for the troubles that clients meet."""

from __future__ import annotations

import time
import typing as t
from abc import ABC, abstractmethod

from .access import SAML_DOCS, SAML_TEXT
from .limits import DOCS as PRIMARY_DOCS
from .limits import exceeded

if t.TYPE_CHECKING:
    from .clock import Clock
    from .faults import Fault

DISPATCHES = r"/dispatches$"
ACCESS_TOKENS = r"/access_tokens$"
_REQUEST_ID = "2840:295B44:3868737:64A2183:6232352C"
_SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    f"If you reach out to GitHub Support for help, please include the request ID {_REQUEST_ID}."
)
_CONTENT = (
    "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. "
    "Please retry your request again later."
)
_SECONDARY_DOCS = "https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
_CONTENT_DOCS = "https://docs.github.com/rest/overview/resources-in-the-rest-api#secondary-rate-limits"
_REST = "https://docs.github.com/rest"
_DISPATCH_DOCS = f"{_REST}/repos/repos#create-a-repository-dispatch-event"
_MINT_DOCS = f"{_REST}/reference/apps#create-an-installation-access-token-for-an-app"
_HTML = (
    "<!DOCTYPE html><html><head><title>Unicorn! &middot; GitHub</title></head><body>"
    "<p><strong>We had issues producing the response to your request.</strong></p>{}</body></html>"
)
JSON = {"content-type": "application/json; charset=utf-8"}


class Bodies(ABC):
    """Each method adds one fault; ``where`` takes the fields of Fault (path, method, times, skip …)."""

    clock: Clock

    @abstractmethod
    def add(self, **settings: t.Any) -> Fault:
        """Add a fault."""

    def _error(self, where: dict[str, t.Any], path: str, status: int, message: str, docs: str, **headers: str) -> Fault:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"message": message, "documentation_url": docs, "status": str(status)}
        return self.add(**{"path": path, "status": status, "headers": {**JSON, **named}, "body": body, **where})

    def secondary_limit(
        self, status: int = 403, retry_after: int | None = None, *, content: bool = False, **where: t.Any
    ) -> Fault:
        """Without ``retry_after`` no header tells of the limit, only the words do."""
        message, docs = (_CONTENT, _CONTENT_DOCS) if content else (_SECONDARY, _SECONDARY_DOCS)
        headers = {} if retry_after is None else {"retry_after": str(retry_after)}
        return self._error(where, DISPATCHES, status, message, docs, x_ratelimit_remaining="4900", **headers)

    def primary_limit(self, reset_in: float = 3, status: int = 403, **where: t.Any) -> Fault:
        now = self.clock.now()
        message = exceeded("user ID 511318", _REQUEST_ID, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)))
        headers = {
            "x_ratelimit_limit": "5000",
            "x_ratelimit_remaining": "0",
            "x_ratelimit_used": "5000",
            "x_ratelimit_reset": str(int(now + reset_in)),
            "x_ratelimit_resource": "core",
        }
        return self._error(where, DISPATCHES, status, message, PRIMARY_DOCS, **headers)

    def bad_gateway_html(self, status: int = 502, size: int = 8192, **where: t.Any) -> Fault:
        body = _HTML.format("<!-- " + "x" * max(0, size - len(_HTML) - 8) + " -->")
        settings = {"path": DISPATCHES, "status": status, "headers": {"content-type": "text/html"}, "body": body}
        return self.add(**{**settings, **where})

    def server_error(self, status: int = 500, **where: t.Any) -> Fault:
        return self._error(where, DISPATCHES, status, "Server Error", _REST)

    def unavailable(self, retry_after: int = 1, **where: t.Any) -> Fault:
        """The 503 has a schema of its own."""
        body = {"code": "503", "message": "Service unavailable", "documentation_url": _REST}
        headers = {**JSON, "retry-after": str(retry_after)}
        return self.add(**{"path": DISPATCHES, "status": 503, "headers": headers, "body": body, **where})

    def token_lag(self, status: int = 401, uses: int = 2, **where: t.Any) -> Fault:
        """The first uses of installation tokens are refused, as before a fresh token is known everywhere."""
        where = {"times": uses, "credential": "installation", **where}
        if status == 401:
            return self._error(where, r"^/", 401, "Bad credentials", _REST)
        accepted = "contents=write"
        message = "Resource not accessible by integration"
        return self._error(where, r"^/", status, message, _REST, x_accepted_github_permissions=accepted)

    def not_accessible(self, by: str = "integration", **where: t.Any) -> Fault:
        """``by``: integration, or personal access token."""
        message = f"Resource not accessible by {by}"
        accepted = "contents=write"
        return self._error(where, DISPATCHES, 403, message, _DISPATCH_DOCS, x_accepted_github_permissions=accepted)

    def saml(self, owner: str = "acme", **where: t.Any) -> Fault:
        sso = f"required; url=https://github.com/orgs/{owner}/sso?authorization_request=EMULATOR"
        return self._error(where, DISPATCHES, 403, SAML_TEXT, SAML_DOCS, x_github_sso=sso, x_ratelimit_remaining="4900")

    def ip_allow_list(self, owner: str = "acme", **where: t.Any) -> Fault:
        message = (
            f"Although you appear to have the correct authorization credentials, the `{owner}` organization has an IP "
            "allow list enabled, and your IP address is not permitted to access this resource."
        )
        return self._error(
            where, f"{DISPATCHES}|{ACCESS_TOKENS}", 403, message, _MINT_DOCS, x_ratelimit_remaining="4900"
        )

    def classic_forbidden(self, owner: str = "acme", **where: t.Any) -> Fault:
        message = (
            f"`{owner}` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a "
            "personal access token with fine-grained permissions."
        )
        return self._error(where, DISPATCHES, 403, message, _REST)

    def suspended(self, **where: t.Any) -> Fault:
        return self._error(where, ACCESS_TOKENS, 403, "This installation has been suspended", _MINT_DOCS)

    def archived(self, **where: t.Any) -> Fault:
        return self._error(where, DISPATCHES, 403, "Repository was archived so is read-only.", _DISPATCH_DOCS)

    def not_found(self, **where: t.Any) -> Fault:
        return self._error(where, DISPATCHES, 404, "Not Found", _DISPATCH_DOCS)

    def bad_credentials(self, **where: t.Any) -> Fault:
        return self._error(where, r"^/", 401, "Bad credentials", _REST)

    def key_mismatch(self, **where: t.Any) -> Fault:
        where = {"credential": "jwt", **where}
        return self._error(where, r"^/", 401, "A JSON web token could not be decoded", _REST)

    def issuer_must_be_integer(self, **where: t.Any) -> Fault:
        where = {"credential": "jwt", **where}
        return self._error(where, r"^/", 401, "'Issuer' claim ('iss') must be an Integer", _REST)

    def redirect(self, location: str, status: int = 307, **where: t.Any) -> Fault:
        """A redirect to anywhere, such as another host or a loop."""
        body = {"message": "Moved Permanently", "url": location, "documentation_url": _REST}
        headers = {**JSON, "location": location}
        return self.add(**{"path": DISPATCHES, "status": status, "headers": headers, "body": body, **where})
