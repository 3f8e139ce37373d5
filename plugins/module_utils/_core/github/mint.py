# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a token is asked for by a person: a repository or an owner, and permissions."""

from __future__ import annotations

import re
import typing as t

from ..errors import InvalidInput
from .credentials import Scope
from .urls import Repository, check_owner

LEVELS = ("read", "write", "admin")


def read_scope(term: object, repositories: object, permissions: object) -> Scope:
    """Return the scope for ``owner/name``, or for ``owner`` with bare names of repositories (none: all of them).

    :raises InvalidInput: when a part can't be understood; no request is made.
    """
    names = _names(repositories)
    wanted = _permissions(permissions)
    text = term.strip() if isinstance(term, str) else ""
    if "/" not in text:
        return Scope(check_owner(text, "the term"), names, wanted)
    repository = Repository.parse(text, "the term")
    if names:
        raise InvalidInput(
            f"repositories is given together with the repository {repository}.",
            f"Give the owner alone ({repository.owner}) as the term, and all names in repositories.",
        )
    return Scope(repository.owner, (repository.name,), wanted)


def _names(value: object) -> tuple[str, ...]:
    """Return bare names of repositories."""
    if value is None:
        return ()
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    for item in items:
        if not isinstance(item, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", item):
            raise InvalidInput(
                "repositories has an entry that is no name.", "Give names without the owner, such as site."
            )
    return tuple(sorted({str(item) for item in items}))


def _permissions(value: object) -> tuple[tuple[str, str], ...]:
    """Return permissions in a fixed order."""
    if not isinstance(value, t.Mapping) or not value:
        raise InvalidInput("permissions is not a mapping with at least one entry.", "Give one such as contents: write.")
    pairs = []
    for name, level in value.items():
        if not isinstance(name, str) or not re.fullmatch(r"[a-z_]+", name):
            shown = str(name).strip()[:40]
            fixed = shown.lower().replace("-", "_").replace(" ", "_")
            raise InvalidInput(
                f"permissions has the name {shown}, which GitHub's API does not have.", f"Write {fixed}."
            )
        if level not in LEVELS:
            raise InvalidInput(f"permissions.{name} is none of {', '.join(LEVELS)}.", "Give one of them.")
        pairs.append((str.__str__(name), str.__str__(level)))
    return tuple(sorted(pairs))
