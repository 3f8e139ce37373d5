# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Questions about a repository and a credential, without effect. What GitHub refuses is kept, not raised."""

from __future__ import annotations

import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError, NotAuthenticated, NotFound, NotPermitted, Rejected
from ..github import identity
from ..github.client import GitHub
from ..github.credentials import Scope
from ..github.diagnosis import Request, error_of
from ..github.reply import Reply
from ..github.server import server_version
from ..github.urls import Repository
from .receivers import Survey, ask

#: What is an answer to the question, and no reason to give none.
FINDINGS = (NotAuthenticated, NotPermitted, NotFound, Rejected)
_OF_A_TOKEN = ("login", "app", "installation_id", "repository_selection", "permissions", "suspended")
Answer = t.TypeVar("Answer")


class Asked(t.NamedTuple):
    """What a credential turned out to be. ``shown`` holds what only some kinds of credentials have."""

    kind: str
    accepted: bool
    can_read: bool
    grants: t.Mapping[str, bool]
    shown: t.Mapping[str, t.Any]


class Probe:
    """Asks, and keeps every answer for what its headers say."""

    def __init__(self, github: GitHub, repository: Repository, deadline: Deadline) -> None:
        """Take whom to ask about what, and until when."""
        self.github = github
        self.repository = repository
        self.deadline = deadline
        self.scope = Scope(repository.owner, (repository.name,), ())
        self.replies: list[Reply] = []
        self.refusals: list[InfradispatchError] = []
        self.skew: float | None = None
        self.found: dict[str, t.Any] | None = None
        self.credential = Asked(identity.UNKNOWN, False, False, {}, shown())

    @property
    def of_app(self) -> bool:
        """Tell whether the credential is an App, which is asked in another way."""
        return self.github.credential.renewable

    def read(self, path: str, *, patient: bool = True) -> Reply:
        """Return the answer to a GET; the first one tells how far the clocks are apart."""
        reply = self.github.read(path, self.scope, self.deadline, patient=patient)
        if self.skew is None and reply.date is not None:
            self.skew = reply.date - self.github.clock.now()
        self.replies.append(reply)
        return reply

    def attempt(self, question: t.Callable[[], Answer]) -> Answer | None:
        """Return the answer to a question; None when GitHub refuses it, which is kept.

        :raises InfradispatchError: when there is no usable answer.
        """
        try:
            return question()
        except FINDINGS as error:
            self.keep(error)
            return None

    def refuse(self, reply: Reply, action: str, needs: str = "") -> None:
        """Keep what a refusal means.

        :raises InfradispatchError: when it is none, but an answer without use.
        """
        error = error_of(reply, Request(action, str(self.repository), self.github.credential.kind, needs))
        if not isinstance(error, FINDINGS):
            raise error
        self.keep(error)

    def keep(self, error: InfradispatchError) -> None:
        """Keep a refusal, the same one once."""
        if error.message not in [known.message for known in self.refusals]:
            self.refusals.append(error)

    def ask_as_token(self) -> Asked:
        """Find out what the token is: by its prefix, and by the endpoint that tells it about itself."""
        kind = identity.kind_of(self.github.credential.grant(self.scope, self.deadline).token)
        if not identity.usable(kind):
            words = f"The token is a {identity.describe(kind)}."
            self.refusals.append(NotAuthenticated(words, "Give a personal access token, or a GitHub App."))
            return Asked(kind, False, False, {}, shown())
        reply = self.read(identity.self_test(kind))
        if identity.is_of_an_app(reply):
            kind = identity.INSTALLATION
        elif not reply.ok:
            self.refuse(reply, "tell about the token")
        said = reply.mapping()
        login, selection = said.get("login"), said.get("repository_selection")
        accepted = reply.status != 401
        return Asked(kind, accepted, accepted, {}, shown(login=login, repository_selection=selection))

    def ask_repository(self) -> bool:
        """Read the repository; return whether it can be seen."""
        reply = self.read(f"/repos/{self.repository.owner}/{self.repository.name}")
        if reply.ok and reply.mapping().get("full_name"):
            self.found = reply.mapping()
        else:
            self.refuse(reply, "show the repository", "contents: read")
        return reply.status not in (401, 403, 404)

    def ask_files(self) -> Survey | None:
        """Read the workflow files; None when that is refused."""
        return self.attempt(lambda: ask(self.github, self.repository, self.scope, self.deadline))

    def ask_actions(self) -> bool | None:
        """Return whether Actions are enabled; None when that can't be known: it takes the right to administer.

        An App is not asked: its token is narrowed to what an event needs.
        """
        if self.of_app:
            return None
        reply = self.read(f"/repos/{self.repository.owner}/{self.repository.name}/actions/permissions", patient=False)
        enabled = reply.mapping().get("enabled")
        return enabled if reply.ok and isinstance(enabled, bool) else None

    def ask_runs(self) -> dict[str, bool | None]:
        """Return what a token was allowed to read: files (``contents``) and runs (``actions``)."""
        if self.of_app:
            return {}
        path = f"/repos/{self.repository.owner}/{self.repository.name}/actions/runs?per_page=1"
        reply = self.read(path, patient=False)
        refused = reply.status in (401, 403, 404)
        return {
            "actions": True if reply.ok else False if refused else None,
            "contents": False if any(isinstance(error, NotPermitted) for error in self.refusals) else None,
        }

    def ask_version(self) -> str | None:
        """Return the version of a GitHub Enterprise Server: from answers at hand, else by one more."""
        if not self.replies:
            return None
        version = server_version(self.replies)
        if version is None and self.credential.can_read:
            version = server_version([self.read("/meta", patient=False)])
        return version


def shown(**facts: t.Any) -> dict[str, t.Any]:
    """Return the facts that only some kinds of credentials have; null where there is none."""
    return {**dict.fromkeys(_OF_A_TOKEN), **facts}
