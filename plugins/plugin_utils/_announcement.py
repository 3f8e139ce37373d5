# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One event for a playbook run, from the recap to the outcome, in the words of a person who watches the run.

Note that this plugin util is PRIVATE to the collection. It can have breaking changes at any time.
"""

from __future__ import annotations

import os
import platform
import typing as t

from ..module_utils._core.changes.playbook import (
    CONDITIONS,
    EVIDENCE,
    Gatherer,
    Recap,
    check_words,
    evidence_of,
    kind_of,
)
from ..module_utils._core.delivery.notice import read_recipients
from ..module_utils._core.delivery.plan import Cause, read_plan, seconds
from ..module_utils._core.errors import InfradispatchError, InvalidInput
from ..module_utils._core.event.envelope import Evidence, Origin, new_id
from ..module_utils._core.github.settings import read_settings
from ._playbook import clean, git_in, run_flags, within

if t.TYPE_CHECKING:  # pragma: no cover
    from ..module_utils._core.delivery.task import TaskResult

_GRACE = 2.0  # seconds for the client to end by itself, with a better reason, before it is left behind
_DEADLINE = 30.0  # seconds, as documented
_UNDELIVERED = "was not delivered as promised"
#: Advice in the words of the callback, where that of the core names an option that it does not have.
_HINTS = {
    "outcome_unknown": "Look for a run that carries the id.",
    "wait_timeout": "It goes on. Allow more time with deadline, or look at the run.",
}
_NO_REPOSITORY = InvalidInput(
    "No repository is given.",
    "Set INFRADISPATCH_REPOSITORY to owner/name, or repository in the section [callback_github_repository_dispatch] of "
    "ansible.cfg; or set INFRADISPATCH_DISABLED to true.",
)
Say = t.Callable[[str], None]


class Announcement:
    """What is announced, to whom, and how: read once, before anything runs."""

    def __init__(self, options: t.Mapping[str, t.Any], playbook: str) -> None:
        """Check the options; no request is made.

        :param options: named as in the documentation of the callback.
        :param playbook: path of the playbook.
        :raises InfradispatchError: for the first thing that is wrong.
        """
        self._playbook = playbook
        if not options["repository"]:
            raise _NO_REPOSITORY
        self._deadline = seconds(options, "deadline", _DEADLINE)
        self._options = {**options, **_within(self._deadline, options)}
        for name, known in (("dispatch_on", CONDITIONS), ("evidence", EVIDENCE)):
            check_words(name, options[name] if name == "dispatch_on" else [options[name]], known)
        read_plan(self._named("unchanged"), Cause(Origin("ansible"), "unchanged"))
        read_recipients(options["notify_urls"])
        read_settings(options, os.environ)

    def gatherer(self) -> Gatherer:
        """Return what gathers the changes that are asked for."""
        return Gatherer(self._options["include_tasks"] or (), self._options["include_hosts"] or ())

    def make(self, gatherer: Gatherer, recap: Recap, facts: t.Mapping[str, t.Any], *, show: Say, warn: Say) -> None:
        """Send the event, when a chosen condition holds, and say what became of it; at most once each.

        :param facts: further numbers and flags for the summary.
        """
        kind = kind_of(self._options["dispatch_on"], gatherer, recap)
        if not kind:
            return
        options = self._named(kind)
        options["dispatch_id"] = new_id()
        result, error = within(self._deadline + _GRACE, lambda: self._send(options, kind, gatherer, recap, facts, show))
        if isinstance(error, TimeoutError):
            why = f"the outcome is unknown: there was no answer in {self._deadline:g} s. {_HINTS['outcome_unknown']}"
            warn(self._failure(options, why))
        elif isinstance(error, InfradispatchError):
            warn(self._failure(options, str(error)))
        elif error is not None:
            raise error
        else:
            self._tell(result, options, show, warn)

    def _send(
        self,
        options: t.Mapping[str, t.Any],
        kind: str,
        gatherer: Gatherer,
        recap: Recap,
        facts: t.Mapping[str, t.Any],
        show: Say,
    ) -> TaskResult:
        """Find out where the change comes from, and deliver the event."""
        from ..module_utils._core.changes.origin import find_origin, read_checkout
        from ..module_utils._core.delivery.task import run_task
        from ..module_utils._core.github.client import open_github
        from ..module_utils._module import hide
        from ._plugin import run_command

        checkout = read_checkout(git_in(os.path.dirname(self._playbook) or "."))
        flags = {**facts, **run_flags(), **({} if checkout.dirty is None else {"dirty": checkout.dirty})}
        origin = find_origin("ansible", clean(os.path.basename(self._playbook)), os.environ, checkout)
        if self._options["include_controller"]:
            origin = origin._replace(controller=platform.node())
        evidence: Evidence = evidence_of(gatherer, recap, flags, self._options["evidence"], clean)
        github = open_github(options, env=os.environ, run_command=run_command, on_secret=hide)
        try:
            return run_task(options, Cause(origin, kind, evidence), lambda: github, progress=show)
        finally:
            github.close()

    def _named(self, kind: str) -> dict[str, t.Any]:
        """Return the options with the event type for a kind."""
        event_type = self._options["event_type"]
        return {**self._options, "event_type": event_type.replace("{kind}", kind) if event_type else event_type}

    def _tell(self, result: TaskResult, options: t.Mapping[str, t.Any], show: Say, warn: Say) -> None:
        """Say what became of the event: one warning for a failure, else a line for who asked for more."""
        facts = result.result
        if result.failed:
            error = facts["error"]
            why = InfradispatchError(error["message"], _HINTS.get(error["code"], error["hint"]))
            known = facts["changed"] and error["code"] != "outcome_unknown"
            warn(self._failure(options, str(why), "was accepted, but" if known else _UNDELIVERED))
            return
        links = "".join(f", run {run['html_url']}" for run in facts["runs"])
        sent = f"{facts['event_type']} for {facts['repository']}: {facts['outcome']}"
        show(f"{sent}, id {facts['dispatch_id']}, {facts['payload_bytes']} bytes{links}")
        for warning in result.warnings:
            warn(warning)

    @staticmethod
    def _failure(options: t.Mapping[str, t.Any], why: str, what: str = _UNDELIVERED) -> str:
        """Word the one warning of a failure."""
        return (
            f"The event {options['event_type']} for {options['repository']} {what}: {why} "
            f"Its id is {options['dispatch_id']}. The result of the play stays as it is."
        )


def _within(deadline: float, options: t.Mapping[str, t.Any]) -> dict[str, float]:
    """Return what parts may take. A request gets half of the time: after a lost answer, the run can still be found."""
    timeout = seconds(options, "timeout", _DEADLINE)
    return {"find_timeout": deadline / 2, "wait_timeout": deadline, "timeout": min(timeout, deadline / 2)}
