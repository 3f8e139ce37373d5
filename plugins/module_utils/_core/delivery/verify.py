# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Is anybody there to hear an event? Asked before it is sent, since GitHub accepts it in any case."""

from __future__ import annotations

import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError, NoReceiver, RunNotFound
from ..github.client import GitHub
from ..github.credentials import Scope
from ..github.urls import Repository
from .plan import Target
from .receivers import Survey, ask
from .workflow_text import NOWHERE


class Doubt(t.NamedTuple):
    """Something that speaks against sending; ``grave`` when who requires a receiver does not send."""

    error: InfradispatchError
    grave: bool


def look(
    github: GitHub, target: Target, scope: Scope, deadline: Deadline, *, wait: bool
) -> tuple[Survey | None, list[Doubt]]:
    """Read the workflow files of a target; return what they say (None: not known), and what speaks against sending."""
    repository = target.repository
    try:
        survey = ask(github, repository, scope, deadline)
    except InfradispatchError as error:
        return None, [Doubt(error, True)]

    def branch() -> str:
        return read_default_branch(github, repository, scope, deadline)

    return survey, doubts_of(survey, str(repository), target.event.event_type, branch, wait=wait)


def doubts_of(
    survey: Survey, repository: str, event_type: str, default_branch: t.Callable[[], str], *, wait: bool
) -> list[Doubt]:
    """Return what speaks against sending an event of this type.

    :param default_branch: reads its name, empty when it can't be had; asked only when nobody listens.
    :param wait: whether somebody wants to have the run found.
    """
    heard = survey.hearing(event_type)
    if heard:
        hidden = [receiver.path for receiver in heard if receiver.findable == NOWHERE]
        return [Doubt(_not_findable(repository, hidden), False)] if wait and hidden else []
    perhaps = survey.perhaps(event_type)
    if perhaps:
        return [Doubt(not_certain(repository, event_type, perhaps[0].path), False)]
    if survey.unreadable:
        return [Doubt(_unreadable(repository, event_type, survey.unreadable), True)]
    return [Doubt(survey.nobody(repository, event_type, sent=False, branch=default_branch()), True)]


def read_default_branch(github: GitHub, repository: Repository, scope: Scope, deadline: Deadline) -> str:
    """Return the name of the default branch for a message; empty when it can't be had."""
    try:
        reply = github.read(f"/repos/{repository.owner}/{repository.name}", scope, deadline, tries=1, patient=False)
    except InfradispatchError:
        return ""
    return str(reply.mapping().get("default_branch") or "") if reply.ok else ""


def not_certain(repository: str, event_type: str, path: str) -> NoReceiver:
    """Return the error for an event that only a pattern would match."""
    return NoReceiver(
        f"Nobody can tell whether {event_type} is heard in {repository}: {path} lists a type with *, and GitHub "
        "documents no patterns there.",
        "Write the types out.",
    )


def _unreadable(repository: str, event_type: str, paths: t.Sequence[str]) -> NoReceiver:
    """Return the error for an event whose only possible receivers can't be read."""
    return NoReceiver(
        f"No workflow of {repository} that can be read listens to {event_type}; not readable, or not YAML: "
        f"{', '.join(paths)}.",
        "Mend the file: GitHub starts no workflow whose file it can't read.",
    )


def _not_findable(repository: str, paths: t.Sequence[str]) -> RunNotFound:
    """Return the error for runs that can't be recognised."""
    return RunNotFound(
        f"The runs of {', '.join(paths)} in {repository} can't be found: they don't show the id of their event.",
        'Add run-name: "${{ github.event.action }} [${{ github.event.client_payload.dispatch.id }}]" there.',
    )
