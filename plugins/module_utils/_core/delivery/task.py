# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""One task of a tool, from its options to its result: what module, action plugin and command line have in common."""

from __future__ import annotations

import os
import typing as t

from ..event.envelope import Origin
from ..github.client import GitHub
from .deliver import deliver
from .outcome import diff_of, result_of
from .plan import Cause, read_plan

if t.TYPE_CHECKING:  # pragma: no cover
    from .notice import Recipient
    from .progress import Progress


class TaskResult(t.NamedTuple):
    """The public result, and what a face shows in its own way."""

    result: dict[str, t.Any]
    warnings: list[str]
    diff: list[dict[str, t.Any]]

    @property
    def failed(self) -> bool:
        """Tell whether the promise was not kept."""
        return self.result["error"] is not None


def run_task(
    options: t.Mapping[str, t.Any],
    cause: Origin | Cause,
    open_client: t.Callable[[], GitHub],
    *,
    check_mode: bool = False,
    progress: Progress | None = None,
    env: t.Mapping[str, str] | None = None,
) -> TaskResult:
    """Do what the options ask for, and tell ``notify_urls`` when that failed.

    :param cause: why there is an event; of one that a user words himself, only where it comes from.
    :param env: the environment, for the way of notices; by default that of the process.
    :param open_client: gives the client; called only when the options have been found right. Who gives it closes it.
    :raises InfradispatchError: when the options are wrong; nothing was sent then.
    """
    plan = read_plan(options, cause)
    told = _recipients(options)
    github = open_client()
    outcomes = deliver(github, plan, preview=check_mode, progress=progress)
    warnings = [warning for outcome in outcomes for warning in outcome.warnings]
    if told and not check_mode:
        from .notice import notify

        warnings += notify(outcomes, told, options, os.environ if env is None else env)
    if options.get("validate_certs") is False:
        warnings.append("validate_certs is false: anybody in between can read the token and change the event.")
    return TaskResult(result_of(outcomes), warnings, diff_of(outcomes))


def nothing_to_send() -> TaskResult:
    """Return the result of a tool that found nothing to tell of: no condition held, and no request was made."""
    return TaskResult(
        {
            "changed": False,
            "outcome": "unchanged",
            "attempts": 0,
            "runs": [],
            "conclusion": "",
            "error": None,
            "dispatches": [],
        },
        [],
        [],
    )


def _recipients(options: t.Mapping[str, t.Any]) -> list[Recipient]:
    """Return who is to be told of a failure; checked before anything is sent."""
    if not options.get("notify_urls"):
        return []
    from .notice import read_recipients

    return read_recipients(options["notify_urls"])
