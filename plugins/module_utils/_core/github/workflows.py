# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The workflow files on the default branch of a repository, and whether they are enabled."""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from ..clock import Deadline
from ..errors import InfradispatchError
from .client import GitHub
from .credentials import Scope
from .diagnosis import Request, error_of
from .urls import Repository

_FOLDER = ".github/workflows"
_MAX_FILES = 100
NEEDS = "contents: read"


class WorkflowFile(t.NamedTuple):
    """A workflow file. ``text`` is None when it could not be read.

    ``state`` is GitHub's word (``active``, ``disabled_manually``, …), empty when not known.
    """

    path: str
    text: str | None
    state: str = ""
    name: str = ""


def read_workflows(github: GitHub, repository: Repository, scope: Scope, deadline: Deadline) -> list[WorkflowFile]:
    """Return the workflow files on the default branch; none when there is no such folder.

    States are read as far as that is permitted (``actions: read``); without it they stay empty.

    :raises InfradispatchError: when the files can't be read.
    """
    base = f"/repos/{repository.owner}/{repository.name}"
    listing = github.read(f"{base}/contents/{_FOLDER}", scope, deadline)
    if listing.status == 404:
        _prove_repository(github, repository, scope, deadline)
        return []
    entries = listing.json()
    if not listing.ok or not isinstance(entries, list):
        raise error_of(listing, Request("show the workflow files", str(repository), github.credential.kind, NEEDS))
    states = _states(github, base, scope, deadline)
    named = [str(entry.get("path")) for entry in entries if isinstance(entry, dict)]
    files = []
    for number, path in enumerate(path for path in named if path.endswith((".yml", ".yaml"))):
        name, state = states.get(path, ("", ""))
        text = _text(github, f"{base}/contents/{quote(path)}", scope, deadline) if number < _MAX_FILES else None
        files.append(WorkflowFile(path, text, state, name))
    return files


def _text(github: GitHub, path: str, scope: Scope, deadline: Deadline) -> str | None:
    """Return the text of a file; None when it can't be read, such as one that is removed at this moment."""
    raw = {"Accept": "application/vnd.github.raw+json"}
    reply = github.read(path, scope, deadline, headers=raw)
    return reply.body.decode("utf-8-sig", "replace") if reply.ok else None


def _prove_repository(github: GitHub, repository: Repository, scope: Scope, deadline: Deadline) -> None:
    """Tell a repository without workflows from one that can't be seen."""
    reply = github.read(f"/repos/{repository.owner}/{repository.name}", scope, deadline)
    if not reply.ok:
        raise error_of(reply, Request("show the repository", str(repository), github.credential.kind, NEEDS))


def _states(github: GitHub, base: str, scope: Scope, deadline: Deadline) -> dict[str, tuple[str, str]]:
    """Return name and state by path, as far as they can be known."""
    found: dict[str, tuple[str, str]] = {}
    path: str | None = f"{base}/actions/workflows?per_page=100"
    while path:
        try:
            reply = github.read(path, scope, deadline, patient=False)
        except InfradispatchError:
            break
        for item in reply.objects("workflows") or [] if reply.ok else []:
            found[str(item.get("path", "")).partition("@")[0]] = (str(item.get("name")), str(item.get("state")))
        path = reply.next_path(github.api_url) if reply.ok else None
    return found
