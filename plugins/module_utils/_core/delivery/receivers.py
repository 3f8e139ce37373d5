# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Who would hear an event, by the workflow files on the default branch of a repository."""

from __future__ import annotations

import difflib
import typing as t

from ..clock import Deadline
from ..errors import MissingLibrary, NoReceiver
from ..github.client import GitHub
from ..github.credentials import Scope
from ..github.urls import Repository
from ..github.workflows import WorkflowFile, read_workflows
from .workflow_text import Receiver, read_receiver


class Survey(t.NamedTuple):
    """All receivers of a repository, and the files that could not be read or understood."""

    receivers: list[Receiver]
    unreadable: list[str]

    def hearing(self, event_type: str) -> list[Receiver]:
        """Return the receivers that an event of this type certainly starts."""
        return [receiver for receiver in self.receivers if receiver.hears(event_type)]

    def perhaps(self, event_type: str) -> list[Receiver]:
        """Return the receivers of which nobody can tell: their types hold a ``*`` that would match."""
        return [receiver for receiver in self.receivers if receiver.may_hear(event_type)]

    def closest(self, event_type: str) -> list[str]:
        """Return the types that somebody listens to and that look like this one, the nearest first."""
        types = {word for receiver in self.receivers for word in receiver.types or ()} - {event_type}
        lowered = {word.lower(): word for word in sorted(types)}
        near = difflib.get_close_matches(event_type.lower(), list(lowered), n=3, cutoff=0.6)
        return [lowered[word] for word in near]

    def listing(self, event_type: str) -> list[str]:
        """Return the files of the workflows that list this type, enabled or not."""
        return [receiver.path for receiver in self.receivers if event_type in (receiver.types or ())]

    @property
    def certain(self) -> bool:
        """Tell whether the files leave no doubt about who hears what: all readable, and no ``*`` among the types."""
        return not self.unreadable and not any("*" in word for one in self.receivers for word in one.types or ())

    def nobody(self, repository: str, event_type: str, *, sent: bool, branch: str = "") -> NoReceiver:
        """Return the error for an event that nobody hears.

        :param branch: name of the default branch, where it is known.
        """
        near = self.closest(event_type)
        guesses = " or ".join(f"{word} ({', '.join(self.listing(word))})" for word in near)
        asleep = [one for one in self.receivers if one.types is None or event_type in one.types]
        hint = (
            "Add it to on.repository_dispatch.types of an enabled workflow on the default branch, or mend event_type."
        )
        return NoReceiver(
            ("GitHub accepted the event, and no" if sent else "No")
            + f" workflow on the default branch {branch}".rstrip()
            + f" of {repository} listens to {event_type}."
            + "".join(f" {one.path} would, but is {one.state.replace('_', ' ')}." for one in asleep)
            + (f" Did you mean {guesses}?" if near else ""),
            "Enable the workflow on the page Actions of the repository." if asleep else hint,
            closest=near,
        )


def ask(github: GitHub, repository: Repository, scope: Scope, deadline: Deadline) -> Survey:
    """Read the workflow files on the default branch and return what they say.

    :raises InfradispatchError: when they can't be read, or PyYAML is not installed.
    """
    return survey(read_workflows(github, repository, scope, deadline))


def survey(files: t.Iterable[WorkflowFile]) -> Survey:
    """Return what the files say.

    :raises MissingLibrary: when PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise MissingLibrary("PyYAML", "The Python library PyYAML is not installed.") from None
    receivers, unreadable = [], []
    # ValueError and OverflowError come from escapes of characters that do not exist.
    broken = (yaml.YAMLError, RecursionError, ValueError, OverflowError)
    for file in files:
        try:
            # BaseLoader keeps every word a text: `on` stays on, and a type such as 1.0 or yes stays what it is.
            content = yaml.load(_text(file), Loader=yaml.BaseLoader)  # noqa: S506 - makes texts, lists, mappings only
        except broken:
            unreadable.append(file.path)
            continue
        receiver = read_receiver(file, content) if isinstance(content, dict) else None
        if receiver is not None:
            receivers.append(receiver)
    return Survey(receivers, unreadable)


def _text(file: WorkflowFile) -> str:
    """Return what is in a file.

    :raises ValueError: when it could not be had.
    """
    if file.text is None:
        raise ValueError(file.path)
    return file.text
