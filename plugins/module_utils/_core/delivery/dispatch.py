# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Deliver one event: send it, find what it started, wait for the verdict. Every end is an :class:`Outcome`."""

from __future__ import annotations

import json
import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError, OutcomeUnknown, RunNotFound, WaitTimeout
from ..github.client import GitHub
from ..github.credentials import Scope
from .outcome import ACCEPTED, FAILED, PLANNED, SUCCEEDED, Outcome, conclusion_of, unsuccessful
from .plan import Plan, Target
from .runs import Run, unacceptable
from .send import Sent, dispatch_url, send

if t.TYPE_CHECKING:  # pragma: no cover
    from .follow import Follower
    from .progress import Progress
    from .receivers import Survey

SEND = ("contents", "write")
WATCH = ("actions", "read")
CANCEL = ("actions", "write")


def permissions_for(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Return the permissions that a token for this plan needs, and no more."""
    if not plan.wait:
        return (SEND,)
    return (SEND, CANCEL) if plan.cancel_on_timeout else (SEND, WATCH)


def never_sent(target: Target, error: InfradispatchError) -> Outcome:
    """Return the outcome of an event that was not sent because no credential for it can be had."""
    facts = {"repository": str(target.repository), "dispatch_id": target.event.id}
    return Outcome(target, FAILED, False, error=error.twin().with_facts(**facts))


class Delivery:
    """The delivery of one event."""

    def __init__(self, github: GitHub, plan: Plan, target: Target, scope: Scope, progress: Progress) -> None:
        """Take the token's scope, which may cover further repositories of the same task."""
        self._github = github
        self._plan = plan
        self._target = target
        self._scope = scope
        self._progress = progress
        self._sent: Sent | None = None
        self._attempts = 0
        self._runs: list[Run] = []
        self._warnings: list[str] = []
        self._incomplete: InfradispatchError | None = None
        self._survey: Survey | None = None
        self._finder: Follower | None = None

    def run(self) -> Outcome:
        """Deliver the event and tell what became of it; every error of the core ends up in the outcome."""
        try:
            if self._plan.verify_receiver != "ignore":
                self._verify(require=self._plan.verify_receiver == "require")
            self._runs = self._deliver()
            if self._plan.wait:
                self._runs = self._await()
        except InfradispatchError as error:
            return self._failed(error)
        if not self._plan.wait:
            return self._outcome(ACCEPTED if not self._runs else "started")
        bad = unacceptable(self._runs, self._plan.acceptable)
        reason = unsuccessful(bad) if bad else self._incomplete
        return self._failed(reason) if reason else self._outcome(SUCCEEDED)

    def preview(self) -> Outcome:
        """Prove the credential without sending, look who would hear the event, and return the exact request."""
        try:
            self._github.credential.grant(self._scope, self._deadline())
            self._verify(require=False)
        except InfradispatchError as error:
            return self._failed(error)
        request = {
            "method": "POST",
            "url": dispatch_url(self._github, self._target.repository),
            "body": json.loads(self._target.event.body),
        }
        return self._outcome(PLANNED)._replace(changed=True, request=request)

    def _verify(self, *, require: bool) -> None:
        """Look whether anybody hears the event, and warn when not.

        :raises InfradispatchError: with ``require``, when nobody does or it can't be known; nothing is sent then.
        """
        from .verify import look

        survey, doubts = look(self._github, self._target, self._scope, self._deadline(), wait=self._plan.wait)
        self._survey = survey
        for doubt in doubts:
            if require and doubt.grave:
                raise doubt.error
            self._warnings.append(str(doubt.error))

    def _deliver(self) -> list[Run]:
        """Send the event; when its fate is unknown, look for a run that carries its id."""
        resends = 1 if self._plan.resend else 0
        while True:
            sent = self._send()
            if sent.accepted:
                self._note_move(sent)
                return []
            self._progress(f"{self._target.repository}: no clear answer ({sent.reason}); looking for a run")
            why = sent.reason
            try:
                self._finder = self._follower(self._scope.permissions if self._plan.wait else (WATCH,))
                return self._finder.find(self._limit(self._plan.find_timeout))
            except InfradispatchError as error:
                if not isinstance(error, RunNotFound):
                    why = f"{why} Looking for a run failed: {error.message}"
            if not resends:
                raise self._unknown(why)
            resends -= 1

    def _send(self) -> Sent:
        """Send the event, for the first time or (its fate being unknown) once more with the same id."""
        try:
            sent = send(self._github, self._target.repository, self._target.event, self._scope, self._deadline())
        except InfradispatchError as error:
            if self._sent is None:
                raise
            raise self._unknown(f"Sending it again failed: {error.message}") from None
        self._attempts += sent.attempts
        self._sent = sent._replace(began=self._sent.began if self._sent else sent.began)
        return sent

    def _unknown(self, why: str) -> OutcomeUnknown:
        """Return the error for an event of which nobody can tell whether it was accepted."""
        return OutcomeUnknown(
            f"The outcome is unknown: the event for {self._target.repository} may have been accepted. {why}",
            f"Look for a run that carries the id {self._target.event.id}. To send the same id again in such a case, "
            "set on_unknown to resend.",
        )

    def _await(self) -> list[Run]:
        """Find the runs and wait for them; what found them after a lost answer goes on with what it knows."""
        follower = self._finder if self._finder and self._runs else self._follower(self._scope.permissions)
        self._progress(f"{self._target.repository}: event {self._target.event.id} accepted, looking for its run")
        total = self._limit(self._plan.wait_timeout)
        try:
            if not follower.runs:
                follower.find(total.earlier(self._plan.find_timeout))
            return follower.wait(total)
        except WaitTimeout as error:
            if self._plan.cancel_on_timeout:
                error.with_facts(cancelled=follower.cancel())
            raise
        finally:
            self._runs = list(follower.runs.values())
            self._incomplete = follower.incomplete()
            self._warnings += follower.unseen()

    def _follower(self, permissions: tuple[tuple[str, str], ...]) -> Follower:
        """Return what follows this event, with a token of these permissions; loaded only when somebody waits."""
        from .follow import Follower
        from .reading import RunReader

        began = self._sent.began if self._sent else self._github.clock.monotonic()
        reader = RunReader(self._github, self._target.repository, self._scope._replace(permissions=permissions))
        return Follower(
            reader,
            self._target.event.id,
            began,
            self._progress,
            event_type=self._target.event.event_type,
            ask_receivers=self._ask_receivers,
        )

    def _ask_receivers(self, deadline: Deadline) -> Survey | None:
        """Return who listens on the default branch, read once; None when that can't be known."""
        from .receivers import ask

        if self._survey is not None:
            return self._survey
        try:
            return ask(self._github, self._target.repository, self._scope, deadline)
        except InfradispatchError:
            return None

    def _note_move(self, sent: Sent) -> None:
        """Warn when the repository has a new name."""
        if sent.moved_to:
            self._warnings.append(
                f"{self._target.repository} has moved; the event went to {sent.moved_to}. Use the new name."
            )

    def _deadline(self) -> Deadline:
        return self._limit(self._plan.deadline)

    def _limit(self, seconds: float) -> Deadline:
        return Deadline.after(self._github.clock, seconds)

    def _failed(self, error: InfradispatchError) -> Outcome:
        """Return the outcome for an error; an event that left (for certain or perhaps) is a change."""
        error.with_facts(repository=str(self._target.repository), dispatch_id=self._target.event.id)
        outcome = self._outcome(FAILED)
        return outcome._replace(error=error, attempts=outcome.attempts or int(error.facts.get("attempts", 0)))

    def _outcome(self, word: str) -> Outcome:
        return Outcome(
            target=self._target,
            outcome=word,
            changed=self._sent is not None,
            attempts=self._attempts,
            request_id=self._sent.request_id if self._sent else "",
            runs=tuple(self._runs),
            conclusion=conclusion_of(self._runs, self._plan.acceptable) if self._plan.wait else "",
            warnings=tuple(self._warnings),
        )
