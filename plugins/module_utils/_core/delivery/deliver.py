# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Deliver all events of a plan: the entry of every face."""

from __future__ import annotations

import threading
import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError, NotFound, NotPermitted
from ..github.client import GitHub
from ..github.credentials import Scope
from .dispatch import Delivery, never_sent, permissions_for
from .outcome import Outcome
from .plan import Plan, Target
from .progress import Progress, nobody

_MAX_REPOSITORIES = 500  # GitHub's limit for one installation token


def deliver(github: GitHub, plan: Plan, *, preview: bool = False, progress: Progress | None = None) -> list[Outcome]:
    """Deliver every event of the plan, or only prove that it could be done, and return one outcome for each.

    Events go out side by side, at most ``max_parallel`` at once; one that fails does not hold back the others.
    """
    tell = progress or nobody
    scopes = _scopes(github, plan)

    def one(target: Target) -> Outcome:
        scope = scopes[_key(target)]
        if isinstance(scope, InfradispatchError):
            return never_sent(target, scope)
        delivery = Delivery(github, plan, target, scope, tell)
        return delivery.preview() if preview else delivery.run()

    if len(plan.targets) == 1:
        return [one(plan.targets[0])]
    return _side_by_side(one, plan.targets, plan.max_parallel)


def _side_by_side(work: t.Callable[[Target], Outcome], targets: t.Sequence[Target], most: int) -> list[Outcome]:
    """Return what ``work`` makes of each target, at most ``most`` at once.

    The threads are daemons, unlike those of a pool: when Ansible ends the task (its keyword ``timeout``, an interrupt),
    the process does not stay until the last run is finished.
    """
    done: dict[int, Outcome | BaseException] = {}
    waiting = iter(enumerate(targets))
    lock = threading.Lock()

    def worker() -> None:
        while True:
            with lock:
                index, target = next(waiting, (-1, None))
            if target is None:
                return
            try:
                done[index] = work(target)
            except BaseException as error:  # noqa: BLE001 - raised again where the task can see it
                done[index] = error

    threads = [threading.Thread(target=worker, daemon=True) for _number in range(min(most, len(targets)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = []
    for index in range(len(targets)):
        outcome = done[index]
        if isinstance(outcome, BaseException):
            raise outcome
        outcomes.append(outcome)
    return outcomes


def _key(target: Target) -> str:
    """Return what identifies the repository of a target; GitHub does not look at letter case."""
    return str(target.repository).lower()


def _scopes(github: GitHub, plan: Plan) -> dict[str, Scope | InfradispatchError]:
    """Return the scope for each repository: one token for all repositories of an owner, where that can be had.

    When one of them is out of reach, each gets a token of its own: the others don't suffer for it. When the credential
    itself is refused, that error stands for all of them: asking again for each would only look like an attack.
    """
    permissions = permissions_for(plan)
    names: dict[str, dict[str, str]] = {}
    for target in plan.targets:
        names.setdefault(target.repository.owner.lower(), {})[target.repository.name.lower()] = target.repository.name
    shared = {owner: Scope(owner, tuple(repositories.values()), permissions) for owner, repositories in names.items()}
    granted = {owner: _granted(github, scope, plan.deadline) for owner, scope in shared.items()}
    scopes: dict[str, Scope | InfradispatchError] = {}
    for target in plan.targets:
        owner = target.repository.owner.lower()
        alone = Scope(owner, (target.repository.name,), permissions)
        scopes[_key(target)] = granted[owner] or alone
    return scopes


def _granted(github: GitHub, scope: Scope, seconds: float) -> Scope | InfradispatchError | None:
    """Return the scope when one token for the whole of it can be had, the error when no token can, else None."""
    if not 1 < len(scope.repositories) <= _MAX_REPOSITORIES:
        return None
    try:
        github.credential.grant(scope, Deadline.after(github.clock, seconds))
    except (NotFound, NotPermitted):
        return None
    except InfradispatchError as error:
        return error
    return scope
