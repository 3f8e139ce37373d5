# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflow files: which events they listen to, and what they hold."""

from __future__ import annotations

import functools
import typing as t
import zlib
from dataclasses import dataclass, field

import yaml

if t.TYPE_CHECKING:
    from .models import Repository

FOLDER = ".github/workflows/"


@dataclass
class Workflow:
    path: str
    name: str
    state: str = "active"
    triggers: dict[str, t.Any] = field(default_factory=dict)
    run_name: str = ""
    jobs: dict[str, t.Any] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The same for the same path, whoever asks and whenever."""
        return 1_000_000 + zlib.crc32(self.path.encode("utf-8")) % 100_000_000

    def listens_to(self, event: str, action: str | None = None) -> bool:
        """Exact match on ``types`` (text or list); without ``types`` every action starts the workflow."""
        if self.state != "active" or event not in self.triggers:
            return False
        settings = self.triggers[event]
        types = settings.get("types") if isinstance(settings, dict) else None
        if types is None or action is None:
            return True
        return action in ([types] if isinstance(types, str) else list(types))


@functools.lru_cache(maxsize=256)
def parse(path: str, text: bytes, state: str = "active") -> Workflow:
    """Read a workflow file. A file that cannot be read listens to nothing and is named by its path."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = None
    if not isinstance(content, dict):
        return Workflow(path, path, state)
    jobs = content.get("jobs")
    return Workflow(
        path,
        str(content.get("name") or path),
        state,
        _triggers(content.get("on", content.get(True))),  # YAML 1.1 reads the key ``on`` as a boolean
        str(content.get("run-name") or "").strip(),
        jobs if isinstance(jobs, dict) else {},
    )


def _triggers(on: t.Any) -> dict[str, t.Any]:
    if isinstance(on, str):
        return {on: None}
    if isinstance(on, list):
        return {str(event): None for event in on}
    return {str(event): settings for event, settings in on.items()} if isinstance(on, dict) else {}


def workflows_of(repository: Repository) -> list[Workflow]:
    """The workflows on the default branch, in the order of their paths."""
    return [
        parse(path, text, repository.workflow_states.get(path, "active"))
        for path, text in sorted(repository.files.items())
        if path.startswith(FOLDER) and "/" not in path[len(FOLDER) :] and path.endswith((".yml", ".yaml"))
    ]
