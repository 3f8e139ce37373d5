# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of the API: bodies, error bodies and where the documentation of an endpoint is."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

JSON_TYPE = "application/json; charset=utf-8"
USER_AGENT_TEXT = (
    "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header "
    "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). "
    "Check https://developer.github.com for other possible causes.\r\n"
)


@dataclass
class Answer:
    """One HTTP answer. ``body``: None is no body, bytes go out as they are, anything else as JSON."""

    status: int = 200
    body: t.Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


class Refusal(Exception):
    """An answer other than success, raised from anywhere below a route."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        docs: str | None = None,
        headers: t.Mapping[str, str] | None = None,
        **extra: t.Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.docs = docs
        self.headers = dict(headers or {})
        self.extra = extra


@dataclass(frozen=True)
class Documentation:
    """Where the documentation lives, which differs between github.com and GitHub Enterprise Server."""

    ghes_version: str | None = None
    status_member: bool = True
    """False: error bodies have no ``status``, as older servers answer."""

    @property
    def root(self) -> str:
        if self.ghes_version is None:
            return "https://docs.github.com/rest"
        return f"https://docs.github.com/enterprise-server@{self.ghes_version}/rest"

    def error(self, status: int, message: str, docs: str | None, extra: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """An error body; ``docs`` is a whole URL, or a page below the root."""
        link = docs if docs and docs.startswith("https://") else f"{self.root}/{docs}" if docs else self.root
        body: dict[str, t.Any] = {"message": message, **extra, "documentation_url": link}
        if self.status_member:
            body["status"] = str(status)
        return body


def not_found() -> Refusal:
    """The 404 that also hides what the caller may not see; the endpoint adds its documentation."""
    return Refusal(404, "Not Found")


def bad_credentials() -> Refusal:
    return Refusal(401, "Bad credentials", docs="")
