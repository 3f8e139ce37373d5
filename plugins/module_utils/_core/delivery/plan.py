# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a user asked for, checked as a whole before anything is sent."""

from __future__ import annotations

import json
import typing as t

from ..errors import InvalidInput
from ..event.envelope import Event, Evidence, Origin, make_event, new_id
from ..event.limits import RESERVED_KEY, check_dispatch_id
from ..github.urls import Repository
from .runs import ACCEPTABLE

_LONGEST = 35 * 24 * 3600.0  # GitHub ends a run after 35 days
_OVERRIDES = {"repository", "event_type", "client_payload"}


class Target(t.NamedTuple):
    """One event for one repository."""

    repository: Repository
    event: Event


class Plan(t.NamedTuple):
    """All events of one task, and how to deliver them. Durations are seconds."""

    targets: list[Target]
    wait: bool
    deadline: float
    find_timeout: float
    wait_timeout: float
    cancel_on_timeout: bool
    acceptable: tuple[str, ...]
    resend: bool
    max_parallel: int
    verify_receiver: str = "ignore"


class Cause(t.NamedTuple):
    """Why there is an event: what a tool found, and where; the same for each repository that is told.

    ``kind`` is one of :data:`_core.event.envelope.KINDS`; ``evidence`` is shortened to what fits beside the user's own
    payload.
    """

    origin: Origin
    kind: str = "custom"
    evidence: Evidence | None = None


def read_plan(options: t.Mapping[str, t.Any], cause: Origin | Cause, make_id: t.Callable[[], str] = new_id) -> Plan:
    """Return the plan for options named as in the public contract.

    :param cause: why there is an event; of one that a user words himself, only where it comes from.
    :raises InvalidInput: for the first thing that is wrong; nothing was sent then.
    """
    return Plan(
        targets=_targets(options, cause if isinstance(cause, Cause) else Cause(cause), make_id),
        wait=flag(options, "wait"),
        deadline=seconds(options, "deadline", 300.0),
        find_timeout=seconds(options, "find_timeout", 180.0),
        wait_timeout=seconds(options, "wait_timeout", 1800.0),
        cancel_on_timeout=flag(options, "cancel_on_timeout"),
        acceptable=acceptable_conclusions(options.get("acceptable_conclusions")),
        resend=_choice(options, "on_unknown", ("fail", "resend")) == "resend",
        max_parallel=int(seconds(options, "max_parallel", 8.0, 64, least=1)),
        verify_receiver=_choice(options, "verify_receiver", ("ignore", "warn", "require")),
    )


def seconds(
    options: t.Mapping[str, t.Any], name: str, default: float, most: float = _LONGEST, *, least: float = 0
) -> float:
    """Return a duration (or another number above zero) among the options.

    :raises InvalidInput: when it is no number, not above zero, below ``least``, or beyond ``most``.
    """
    value = options.get(name)
    if value is None:
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    except OverflowError:
        number = float("inf")
    if isinstance(value, bool) or not (0 < number <= most and number >= least):
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        shown = f"{number:g}" if plain else "no number"  # a text may be a secret in the wrong place
        raise InvalidInput(
            f"{name} is {shown}, not a number {f'from {least:g}' if least else 'above 0'} and up to {most:.0f}.",
            f"Leave it out for {default:.0f}.",
        )
    return number


def _targets(options: t.Mapping[str, t.Any], cause: Cause, make_id: t.Callable[[], str]) -> list[Target]:
    """Return one target for each repository, refusing an event that would be sent twice."""
    targets: list[Target] = []
    seen: set[tuple[str, str, str]] = set()
    given_id = _given_id(options)
    for label, item in _items(options):
        try:
            repository = Repository.parse(item["repository"])
            payload = item.get("client_payload", options.get("client_payload"))
            event_type = item.get("event_type") or options.get("event_type")
            event = make_event(
                event_type,
                payload,
                cause.origin,
                dispatch_id=given_id or make_id(),
                kind=cause.kind,
                evidence=cause.evidence,
            )
        except InvalidInput as error:
            raise InvalidInput(f"{label}{error.message}", error.hint) from None
        said = {key: value for key, value in event.client_payload.items() if key != RESERVED_KEY}
        mark = (str(repository).lower(), event.event_type, json.dumps(said, sort_keys=True))
        if mark in seen:
            raise InvalidInput(f"{label}{repository} is listed twice with the same event.", "Remove one of them.")
        seen.add(mark)
        targets.append(Target(repository, event))
    return targets


def _given_id(options: t.Mapping[str, t.Any]) -> str:
    """Return the id that the user gives the event, for sending the same one again; empty when it gets a new one."""
    if options.get("dispatch_id") is None:
        return ""
    if options.get("repositories") is not None:
        raise InvalidInput("dispatch_id does not go with repositories.", "One id names one event for one repository.")
    return check_dispatch_id(options["dispatch_id"])


def _items(options: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, t.Mapping[str, t.Any]]]:
    """Yield what ``repository`` or ``repositories`` name, with a label for errors."""
    one, many = options.get("repository"), options.get("repositories")
    if one is not None and many is not None:
        raise InvalidInput("repository and repositories are given together.", "Give one of them.")
    if many is None:
        if one is None:
            raise InvalidInput("No repository is given.", "Give repository (owner/name), or a list of repositories.")
        yield "", {"repository": one}
        return
    if not isinstance(many, (list, tuple)) or not many:
        raise InvalidInput("repositories is not a list with at least one entry.", "Give a list of owner/name.")
    for index, item in enumerate(many):
        label = f"repositories[{index}]: "
        entry = {"repository": item} if isinstance(item, str) else item
        if not isinstance(entry, t.Mapping) or "repository" not in entry:
            raise InvalidInput(f"{label}neither owner/name nor a mapping with the key repository.", "Mend this entry.")
        unknown = sorted(str(key) for key in entry if key not in _OVERRIDES)
        if unknown:
            raise InvalidInput(
                f"{label}unknown key {', '.join(unknown)}.", f"Possible: {', '.join(sorted(_OVERRIDES))}."
            )
        yield label, entry


def acceptable_conclusions(value: object) -> tuple[str, ...]:
    """Return the conclusions that count as good."""
    if value is None:
        return ACCEPTABLE
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(word, str) and word for word in value):
        raise InvalidInput(
            "acceptable_conclusions is not a list of conclusions.", "Give a list such as [success, skipped]."
        )
    return tuple(str(word) for word in value)


def flag(options: t.Mapping[str, t.Any], name: str) -> bool:
    """Return a truth value. A text is refused: "false" would count as true."""
    value = options.get(name)
    if value is not None and not isinstance(value, bool):
        raise InvalidInput(f"{name} is neither true nor false.", "Give one of them, without quotes.")
    return bool(value)


def _choice(options: t.Mapping[str, t.Any], name: str, choices: t.Sequence[str]) -> str:
    """Return one of the choices; the first is the default."""
    value = options.get(name) or choices[0]
    if value not in choices:
        raise InvalidInput(f"{name} is none of {', '.join(choices)}.", f"Leave it out for {choices[0]}.")
    return str(value)
