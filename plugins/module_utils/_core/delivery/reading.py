# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Questions about the runs of a repository: what an answer is worth while one waits."""

from __future__ import annotations

import typing as t

from ..clock import Clock, Deadline
from ..errors import InfradispatchError, Unreachable
from ..github.client import GitHub
from ..github.credentials import Scope
from ..github.diagnosis import Request, error_of
from ..github.reply import Reply
from ..github.urls import Repository

NEEDS = "actions: read"
_MAX_PAGES = 10


class RunReader:
    """Reads what belongs to the runs of one repository."""

    def __init__(self, github: GitHub, repository: Repository, scope: Scope) -> None:
        """Take the scope of the token to read with."""
        self.github = github
        self.repository = repository
        self.scope = scope
        self.base = f"/repos/{repository.owner}/{repository.name}"
        self.path = f"{self.base}/actions/runs"
        #: The last answer without use, in words.
        self.trouble = ""

    @property
    def clock(self) -> Clock:
        """Return the clock that everything here goes by."""
        return self.github.clock

    @property
    def api_url(self) -> str:
        """Return the base of the API."""
        return self.github.api_url

    def read(self, path: str, deadline: Deadline, headers: t.Mapping[str, str] | None = None) -> Reply | None:
        """Return GitHub's answer, or None when it is of no use right now (5xx, no answer).

        :raises InfradispatchError: when it says that we may not know.
        """
        limit = Deadline.after(self.clock, max(1.0, deadline.remaining()))
        try:
            reply = self.github.read(path, self.scope, limit, headers=headers, tries=1)
        except Unreachable as error:
            self.trouble = error.message
            return None
        if reply.status >= 500:
            self.trouble = f"GitHub answers {reply.status}."
            return None
        if reply.ok or reply.status in (304, 404):
            return reply
        raise self.refused(reply)

    def pages(self, path: str, key: str, deadline: Deadline) -> list[dict[str, t.Any]]:
        """Return the objects of all pages below ``key``; what can't be read is missing: it is for information only."""
        items: list[dict[str, t.Any]] = []
        following: str | None = path
        for _page in range(_MAX_PAGES):
            try:
                reply = self.read(following, deadline) if following else None
            except InfradispatchError:
                reply = None
            if reply is None or not reply.ok:
                break
            items += reply.objects(key) or []
            following = reply.next_path(self.api_url)
        return items

    def page(self, path: str, key: str, deadline: Deadline) -> list[dict[str, t.Any]]:
        """Return the objects of one page below ``key``; none when it can't be read."""
        try:
            reply = self.read(path, deadline)
        except InfradispatchError:
            return []
        return reply.objects(key) or [] if reply is not None and reply.ok else []

    def refused(self, reply: Reply) -> InfradispatchError:
        """Return the error for an answer that ends the waiting."""
        request = Request("show the workflow runs", str(self.repository), self.github.credential.kind, NEEDS)
        error = error_of(reply, request)
        if reply.status == 401:
            error.message = f"The credential expired or was revoked while waiting. {error.message}"
        return error
