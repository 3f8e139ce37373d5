# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints: which path leads to which function, and what a caller needs for it."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.routing import compile_path

from .answers import Answer, Refusal

if t.TYPE_CHECKING:
    from .identity import Credential
    from .models import Repository
    from .render import Links
    from .service import Service
    from .world import World

PREFIX = "/api/v3"
REPOSITORY = "/repos/{owner}/{repo}"
Handler = t.Callable[["Call"], Answer]


@dataclass(frozen=True)
class Access:
    """Who may call: ``app`` (JWT), ``installation``, ``user``, ``anyone``, or ``repository`` with a permission."""

    kind: str
    permission: str = "metadata"
    level: str = "read"

    @property
    def header(self) -> str:
        return f"{self.permission}={self.level}"


ANYONE = Access("anyone")
APP = Access("app")
INSTALLATION = Access("installation")
USER = Access("user")


def repository_access(permission: str, level: str = "read") -> Access:
    return Access("repository", permission, level)


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    docs: str
    access: Access
    handler: Handler
    pattern: re.Pattern[str]


@dataclass
class Call:
    """One request on its way to its handler."""

    service: Service
    method: str
    path: str
    query: dict[str, str]
    headers: t.Mapping[str, str]
    body: bytes
    credential: Credential
    links: Links
    api_version: str
    params: dict[str, str] = field(default_factory=dict)
    found: Repository | None = None

    @property
    def world(self) -> World:
        return self.service.world

    @property
    def repository(self) -> Repository:
        """The repository that the path names; set before the handler of such a path runs."""
        return t.cast("Repository", self.found)

    def json(self) -> dict[str, t.Any]:
        """The body, which has to be a JSON object; no body counts as an empty object."""
        return parse_object(self.body) if self.body.strip() else {}

    def number(self, name: str) -> int:
        """A number in the path; whatever is none is not found."""
        text = self.params[name]
        if not re.fullmatch(r"[0-9]{1,18}", text):
            raise Refusal(404, "Not Found")
        return int(text)


def parse_object(body: bytes) -> dict[str, t.Any]:
    """A JSON object; half a surrogate pair is no text, and so no JSON either."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(value, dict):
        raise Refusal(400, "Body should be a JSON object")
    return value


def _no_constant(word: str) -> t.NoReturn:
    raise ValueError(f"{word} is not JSON")


class Registry:
    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []

    def route(self, method: str, path: str, docs: str, access: Access) -> t.Callable[[Handler], Handler]:
        """Register a function for a path; paths of repositories are also served as ``/repositories/{id}``."""

        def register(handler: Handler) -> Handler:
            paths = [path]
            if path.startswith(REPOSITORY):
                paths.append("/repositories/{repository_id}" + path[len(REPOSITORY) :])
            for each in paths:
                self.endpoints.append(Endpoint(method, each, docs, access, handler, compile_path(each)[0]))
            return handler

        return register

    def match(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        for endpoint in self.endpoints:
            found = endpoint.pattern.match(path)
            if found and endpoint.method == method:
                return endpoint, found.groupdict()
        return None


registry = Registry()


def page(call: Call, entries: t.Sequence[t.Any]) -> tuple[list[t.Any], dict[str, str]]:
    """The part of a list that ``page`` and ``per_page`` ask for, and its Link header."""
    size = min(max(_number(call.query.get("per_page"), 30), 1), 100)
    last = max(1, -(-len(entries) // size))
    current = max(_number(call.query.get("page"), 1), 1)
    wanted = {"prev": current - 1, "next": current + 1, "last": last, "first": 1}
    if current >= last:
        del wanted["next"], wanted["last"]
    if current == 1:
        del wanted["prev"], wanted["first"]
    base = call.links.api + call.path
    links = [f'<{base}?{urlencode({**call.query, "page": n})}>; rel="{name}"' for name, n in wanted.items()]
    start = (current - 1) * size
    return list(entries[start : start + size]), {"link": ", ".join(links)} if links else {}


def _number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else default
