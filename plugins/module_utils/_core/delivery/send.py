# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Send one event to one repository, at most once."""

from __future__ import annotations

import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError, RateLimited, Unreachable
from ..event.envelope import Event
from ..github.client import GitHub
from ..github.credentials import Grant, Scope
from ..github.reply import Reply
from ..github.transport import TransportFailure
from ..github.urls import Repository
from .decision import ACCEPTED, NEVER_SENT, UNKNOWN, Counts, Decision, decide_failure, decide_reply

NEEDS = "contents: write"
_LEAST = 0.5  # seconds; an attempt that is cut off sooner than this would leave its outcome unknown


class Sent(t.NamedTuple):
    """An event that left: accepted for certain, or with an ``unknown`` fate (then the reason is there).

    ``began`` is the moment on the monotonic clock just before its first attempt.
    """

    accepted: bool
    attempts: int
    began: float
    request_id: str = ""
    status: int = 0
    moved_to: str = ""
    reason: str = ""


def dispatch_url(github: GitHub, repository: Repository) -> str:
    """Return the URL that the event is posted to."""
    return f"{github.api_url}{dispatch_path(repository)}"


def dispatch_path(repository: Repository) -> str:
    """Return the path that the event is posted to."""
    return f"/repos/{repository.owner}/{repository.name}/dispatches"


class _Sending:
    """One event on its way: what was tried so far."""

    def __init__(self, github: GitHub, repository: Repository, event: Event, scope: Scope, deadline: Deadline) -> None:
        self.github = github
        self.repository = repository
        self.event = event
        self.scope = scope
        self.deadline = deadline
        self.began = github.clock.monotonic()
        self.attempts = 0
        self.counts = Counts()

    def run(self) -> Sent:
        """Try until the answer is certain, or unknown, or time is up."""
        while True:
            grant = self.github.credential.grant(self.scope, self.deadline)
            self._hold(grant)
            if not self.deadline.allows(_LEAST):
                raise Unreachable(
                    "The deadline passed before the event could be sent.", "Allow more time with deadline."
                )
            self.attempts += 1
            try:
                reply = self.github.api.connection.request(
                    "POST",
                    dispatch_path(self.repository),
                    authorization=grant.token,
                    body=self.event.body,
                    timeout=self.deadline.remaining(),
                )
            except TransportFailure as failure:
                decision = decide_failure(failure, self.counts)
                if decision.meaning == UNKNOWN:
                    return self._sent(False, reason=failure.message)
                if not self._again(decision, grant, None):
                    raise Unreachable(failure.message, failure.hint, **self._facts()) from None
                continue
            except InfradispatchError as error:  # a redirect that may not be followed
                raise error.with_facts(**self._facts()) from None
            decision = self._decide(reply, grant)
            if decision.meaning in (ACCEPTED, UNKNOWN):
                return self._sent(decision.meaning == ACCEPTED, reply)
            if not self._again(decision, grant, reply):
                raise self._error(reply)

    def _hold(self, grant: Grant) -> None:
        """Wait while a rate limit is on that another event of this task met."""
        try:
            self.github.api.hold(grant.token, self.deadline)
        except RateLimited as error:
            raise error.with_facts(**self._facts()) from None

    def _decide(self, reply: Reply, grant: Grant) -> Decision:
        clock = self.github.clock
        return decide_reply(
            reply,
            grant,
            self.counts,
            monotonic=clock.monotonic(),
            now=reply.date or clock.now(),
            renewable=self.github.credential.renewable,
        )

    def _again(self, decision: Decision, grant: Grant, reply: Reply | None) -> bool:
        """Wait and tell True when the event, certainly not accepted, is worth another attempt."""
        if decision.limit is not None and reply is not None:
            try:
                self.github.api.wait_out(decision.limit, reply, grant.token, self.deadline)
            except RateLimited as error:
                raise error.with_facts(**self._facts()) from None
            self.counts = self.counts._replace(limited=self.counts.limited + 1)
            return True
        if decision.pause is None or not self.deadline.allows(decision.pause):
            return False
        if decision.meaning == NEVER_SENT:
            self.counts = self.counts._replace(unsent=self.counts.unsent + 1)
        elif decision.renew:
            self.counts = self.counts._replace(renewed=1)
            self.github.credential.forget(grant)
        else:
            self.counts = self.counts._replace(lagged=self.counts.lagged + 1)
        self.github.clock.sleep(decision.pause)
        return True

    def _sent(self, accepted: bool, reply: Reply | None = None, reason: str = "") -> Sent:
        if reply is None:
            return Sent(accepted, self.attempts, self.began, reason=reason)
        why = "" if accepted else f"GitHub answered {reply.status}: {reply.message or 'no message'}."
        return Sent(accepted, self.attempts, self.began, reply.request_id, reply.status, reply.moved_to, why)

    def _error(self, reply: Reply) -> InfradispatchError:
        from ..github.diagnosis import Request, error_of

        request = Request("take the event", str(self.repository), self.github.credential.kind, NEEDS)
        error = error_of(reply, request)
        if self.counts.lagged:
            waited = self.github.clock.monotonic() - self.began
            error.message += f" The token was new; it was tried again for {waited:.0f} s."
        return error.with_facts(**self._facts())

    def _facts(self) -> dict[str, t.Any]:
        return {"attempts": self.attempts}


def send(github: GitHub, repository: Repository, event: Event, scope: Scope, deadline: Deadline) -> Sent:
    """Send the event. Returns when it was accepted, or when nobody can tell.

    :raises InfradispatchError: when it was certainly not accepted, with the reason.
    """
    return _Sending(github, repository, event, scope, deadline).run()
