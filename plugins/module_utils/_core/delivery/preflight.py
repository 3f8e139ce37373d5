# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Who would hear an event, and may it be sent? Asked without any effect that lasts."""

from __future__ import annotations

import typing as t

from ..clock import Deadline
from ..event.limits import check_event_type
from ..github import identity
from ..github.client import GitHub
from ..github.server import SERVER, api_facts, budget_of, product_of
from ..github.urls import Repository
from .findings import Problem, Seen, hearing, how_known, may_send, may_wait, problems_of
from .plan import seconds
from .probe import Probe
from .receivers import survey


class Question(t.NamedTuple):
    """What somebody wants to know; ``event_type`` is empty for any, ``deadline`` is in seconds."""

    repository: Repository
    event_type: str
    deadline: float


def read_question(options: t.Mapping[str, t.Any]) -> Question:
    """Return the question in options named as in the public contract.

    :raises InvalidInput: when they are wrong.
    :raises MissingLibrary: when PyYAML is not installed, without which there would be no answer.
    """
    repository = Repository.parse(options.get("repository"))
    event_type = options.get("event_type")
    if event_type is not None:
        check_event_type(event_type)
    survey(())
    return Question(repository, event_type or "", seconds(options, "deadline", 300.0))


def preflight(github: GitHub, question: Question) -> dict[str, t.Any]:
    """Return the answer, named as in the public contract.

    :raises InfradispatchError: when GitHub gives no usable answer. A refusal is one.
    """
    probe = Probe(github, question.repository, Deadline.after(github.clock, question.deadline))
    return _answer(probe, _look(probe, question.event_type))


def _look(probe: Probe, event_type: str) -> Seen:
    """Ask everything that has to be asked, and no more once the credential turns out to be of no use."""
    if probe.of_app:
        from .app_probe import ask_as_app

        credential = ask_as_app(probe)
    else:
        credential = probe.ask_as_token()
    probe.credential = credential
    seen = Seen(probe.repository, event_type, credential.kind, 0.0, credential.accepted, grants=credential.grants)
    if credential.can_read:
        seen = seen._replace(hidden=not probe.ask_repository(), found=probe.found)
    if probe.found is not None:
        seen = seen._replace(survey=probe.ask_files(), actions_enabled=probe.ask_actions(), reads=probe.ask_runs())
    now = probe.github.clock.now() + (probe.skew or 0.0)
    return seen._replace(
        now=now,
        token=identity.token_facts(probe.replies, now),
        budget=budget_of(probe.replies),
        skew=None if probe.skew is None else round(probe.skew),
    )


def _answer(probe: Probe, seen: Seen) -> dict[str, t.Any]:
    """Return the answer as the public contract shows it."""
    version = probe.ask_version() if product_of(probe.github.api_url) == SERVER else None
    receivers = seen.survey.receivers if seen.survey else []
    heard = hearing(seen)
    closest = seen.survey.closest(seen.event_type) if seen.survey and seen.event_type and not heard else []
    problems = [*map(Problem.of, probe.refusals), *problems_of(seen)]
    return {
        "repository": _repository(seen),
        "receivers": [receiver.as_dict() for receiver in receivers],
        "heard_by": [receiver.path for receiver in heard],
        "closest": [{"event_type": word, "paths": seen.survey.listing(word)} for word in closest if seen.survey],
        "unreadable": list(seen.survey.unreadable) if seen.survey else [],
        "credential": _credential(probe, seen),
        "may_send": may_send(seen),
        "may_wait": may_wait(seen),
        "rate_limit": dict(seen.budget),
        "api": api_facts(probe.github.api_url, probe.replies, version, probe.skew),
        "problems": [problem._asdict() for problem in problems],
    }


def _repository(seen: Seen) -> dict[str, t.Any]:
    """Return what is known of the repository; all but its name is null when it can't be seen."""
    found = seen.found or {}
    plain = ("id", "default_branch", "private", "archived", "disabled", "html_url")
    return {
        "full_name": str(found.get("full_name") or seen.repository),
        **{name: found.get(name) for name in plain},
        "actions_enabled": seen.actions_enabled,
    }


def _credential(probe: Probe, seen: Seen) -> dict[str, t.Any]:
    """Return what is known of the credential; nothing of it is secret."""
    token = seen.token
    return {
        "kind": seen.kind,
        "accepted": seen.accepted,
        "scopes": None if token.scopes is None else list(token.scopes),
        "expires_at": identity.timestamp(token.expires_at),
        "sso_url": token.sso_url or None,
        "may_push": seen.pushes,
        "how_known": how_known(seen),
        **probe.credential.shown,
    }
