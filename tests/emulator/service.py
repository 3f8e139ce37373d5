# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to its answer: GitHub's order of checks, then the endpoint, then the common headers."""

from __future__ import annotations

import hashlib
import secrets
import time
import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formatdate

from . import routes as _routes  # noqa: F401  importing them registers the endpoints
from .access import authorize
from .answers import JSON_TYPE, USER_AGENT_TEXT, Answer, Documentation, Refusal
from .limits import RateLimits
from .registry import registry

if t.TYPE_CHECKING:
    from .identity import Credential
    from .registry import Call, Endpoint
    from .starting import Starter
    from .world import World

GITHUB_VERSIONS = ("2022-11-28", "2026-03-10")
GHES_VERSIONS = ("2022-11-28",)
DEFAULT_VERSION = "2022-11-28"
MODERN_GHES = (3, 21)


@dataclass
class Settings:
    """Switches between the kinds of servers."""

    ghes_version: str | None = None
    closing_down: dict[str, str] = field(default_factory=dict)
    """API version -> Sunset date: such answers carry ``Deprecation`` and ``Sunset``."""
    gone: tuple[str, ...] = ()
    """API versions past their support: 410."""

    @property
    def versions(self) -> tuple[str, ...]:
        if self.ghes_version is None:
            return GITHUB_VERSIONS
        major, minor = (int(part) for part in self.ghes_version.split(".")[:2])
        return GITHUB_VERSIONS if (major, minor) >= MODERN_GHES else GHES_VERSIONS


@dataclass
class Service:
    world: World
    starter: Starter
    settings: Settings
    documentation: Documentation
    limits: RateLimits
    stateless_tokens: bool = False

    def answer(self, call: Call, request_id: str) -> Answer:
        """Answer a request. The caller holds the lock of the world."""
        if not call.headers.get("user-agent"):
            headers = {"content-type": "text/html", "cache-control": "no-cache"}
            return self._finish(call, Answer(403, USER_AGENT_TEXT.encode("ascii"), headers), request_id)
        matched = registry.match("GET" if call.method == "HEAD" else call.method, call.path)
        try:
            answer = self._checked(call, matched, request_id)
        except Refusal as refusal:
            answer = self._refused(refusal, matched[0].docs if matched else None)
        return self._finish(call, self._conditional(call, answer), request_id)

    def _checked(self, call: Call, matched: tuple[Endpoint, dict[str, str]] | None, request_id: str) -> Answer:
        self._check_version(call)
        if self.limits.enabled and call.path != "/rate_limit":
            stamp = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.world.clock.now()))
            self.limits.spend(call.credential, request_id, stamp)
        if matched is None:
            raise Refusal(404, "Not Found", docs="")
        endpoint, call.params = matched
        authorize(call, endpoint)
        return endpoint.handler(call)

    def _check_version(self, call: Call) -> None:
        if call.api_version in self.settings.gone:
            raise Refusal(410, f"API version {call.api_version} is no longer supported.", docs="")
        if call.api_version not in self.settings.versions:
            errors = f"{call.api_version!r} is not a supported API version"
            raise Refusal(400, "Invalid API version", docs="overview/api-versions", errors=errors)

    def _refused(self, refusal: Refusal, docs: str | None) -> Answer:
        link = docs if refusal.docs is None else refusal.docs
        body = self.documentation.error(refusal.status, refusal.message, link, refusal.extra)
        if refusal.status in (301, 307):
            body.pop("status", None)
        return Answer(refusal.status, body, refusal.headers)

    def _conditional(self, call: Call, answer: Answer) -> Answer:
        """ETags for what can be read; a match is a 304, which costs nothing of the rate limit."""
        if call.method not in ("GET", "HEAD") or answer.status != 200:
            return answer
        tag = f'W/"{hashlib.sha256(answer.encoded()).hexdigest()}"'
        answer.headers["etag"] = tag
        answer.headers["cache-control"] = "private, max-age=60, s-maxage=60"
        asked = [each.strip().removeprefix("W/") for each in call.headers.get("if-none-match", "").split(",")]
        if tag.removeprefix("W/") not in asked:
            return answer
        if self.limits.enabled and call.path != "/rate_limit":
            self.limits.give_back(call.credential)
        return Answer(304, None, answer.headers)

    def _finish(self, call: Call, answer: Answer, request_id: str) -> Answer:
        answer.headers = {**self.common_headers(call, request_id), **answer.headers}
        if answer.body is not None:
            answer.headers.setdefault("content-type", JSON_TYPE)
        return answer

    def common_headers(self, call: Call, request_id: str) -> dict[str, str]:
        headers = {
            "server": "github.com",
            "date": formatdate(self.world.clock.now(), usegmt=True),
            "x-github-request-id": request_id,
            "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": call.api_version,
        }
        if self.limits.enabled:
            headers |= self.limits.headers(call.credential)
        if self.settings.ghes_version is not None:
            headers["x-github-enterprise-version"] = self.settings.ghes_version
        sunset = self.settings.closing_down.get(call.api_version)
        if sunset is not None:
            headers |= {"deprecation": sunset, "sunset": sunset}
        return headers | _token_headers(call.credential)

    def describe(self, credential: Credential) -> tuple[str, dict[str, str], list[str]]:
        """Kind, permissions and names of the repositories of a credential, for records."""
        token = credential.token
        if token is None or token.repository_ids is None:
            return credential.kind, dict(credential.permissions), []
        names = [self.world.repositories[number].full_name for number in sorted(token.repository_ids)]
        return credential.kind, dict(credential.permissions), names


def _token_headers(credential: Credential) -> dict[str, str]:
    token = credential.token
    if token is None:
        return {}
    headers = {}
    if token.kind == "classic":
        headers = {"x-oauth-scopes": ", ".join(token.scopes), "x-accepted-oauth-scopes": "repo"}
    if token.kind != "installation" and token.expires_at is not None:
        headers["github-authentication-token-expiration"] = _expiry(token.expires_at, token.expiry_zone)
    return headers


def _expiry(moment: float, zone: str) -> str:
    offset = datetime.strptime(zone.replace("UTC", "+0000"), "%z").tzinfo
    return f"{datetime.fromtimestamp(moment, offset):%Y-%m-%d %H:%M:%S} {zone}"


def new_request_id() -> str:
    """Five groups of hexadecimal digits, such as ``96A4:2BFEEC:245A8CA:235532C:6AA812F3``."""
    return ":".join(secrets.token_hex(4).upper()[:length] for length in (4, 6, 7, 7, 8))
