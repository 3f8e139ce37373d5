# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""An App looked at as a whole, from options to result: what its module and an audit on a schedule have in common."""

from __future__ import annotations

import typing as t

from ..clock import Deadline
from ..errors import InvalidInput
from .app_api import AppApi
from .app_facts import find_installation, read_app, read_installation, read_installations
from .audit import audit, read_needed, show_app, show_installation
from .client import AppClient
from .urls import Repository, check_owner

_MANY = 10


class Question(t.NamedTuple):
    """Which installations to look at (all, an owner's, a repository's), and what is not too much.

    ``deadline`` is in seconds.
    """

    owner: str
    repository: str
    needed: t.Mapping[str, str]
    max_installations: int
    deadline: int


def read_question(options: t.Mapping[str, t.Any]) -> Question:
    """Return the question in options named as in the public contract.

    :raises InvalidInput: when they are wrong.
    """
    return Question(
        *_target(options),
        read_needed(options.get("needed_permissions")),
        _whole(options, "max_installations", _MANY),
        _whole(options, "deadline", 300),
    )


def audit_app(client: AppClient, question: Question) -> dict[str, t.Any]:
    """Return ``app``, ``installations`` and ``findings``, as in the public contract.

    :raises InfradispatchError: when GitHub does not know the App, or does not show what is asked for.
    """
    api = client.credential.app
    deadline = Deadline.after(api.api.clock, question.deadline)
    app = read_app(api, deadline)
    installations = _read(api, question, client.credential.installation_id, deadline)
    findings = audit(app, installations, question.needed, question.max_installations)
    return {
        "app": show_app(app),
        "installations": [show_installation(each) for each in installations],
        "findings": [finding._asdict() for finding in findings],
    }


def _read(api: AppApi, question: Question, installation_id: str, deadline: Deadline) -> list[dict[str, t.Any]]:
    """Return the installation that is asked for, or all of them."""
    if question.owner:
        return [find_installation(api, question.owner, question.repository, deadline)]
    if installation_id:
        return [read_installation(api, installation_id, deadline)]
    return read_installations(api, deadline)


def _target(options: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """Return owner and bare name of the repository that is asked for; empty when it is not."""
    repository, owner = options.get("repository"), options.get("owner")
    if repository is not None and owner is not None:
        raise InvalidInput("repository and owner are given together.", "Give one of them, or none for all.")
    if repository is not None:
        return Repository.parse(repository)
    return (check_owner(str(owner)), "") if owner is not None else ("", "")


def _whole(options: t.Mapping[str, t.Any], name: str, default: int) -> int:
    """Return a number above zero."""
    value = options.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= 1_000_000:
        raise InvalidInput(f"{name} is not a whole number above 0.", f"Leave it out for {default}.")
    return value
