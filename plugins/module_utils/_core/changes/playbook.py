# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a playbook run changed: gathered while it runs, judged at its end.

Gathering keeps one bit for each pair of task and host, and nothing of their results. The verdict about failures comes
from the recap, which alone knows what was rescued or ignored.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from fnmatch import fnmatchcase

from ..errors import InvalidInput
from ..event.envelope import Evidence

CONDITIONS = ("changed", "drift", "failed", "always")
EVIDENCE = ("counts", "tasks")
_BY_SEVERITY = ("failed", "drift", "changed")
_HOSTS_SHOWN = 20
_LONGEST_TEXT = 200  # characters


class Place(t.NamedTuple):
    """A task by where it stands, as written. ``hidden``: it has ``no_log``; ``dry``: it runs in check mode."""

    file: str
    line: int
    name: str = ""
    action: str = ""
    role: str = ""
    hidden: bool = False
    dry: bool = False


class Recap(t.NamedTuple):
    """The recap of a run: hosts that were reached for, and the sums over them of what Ansible counts."""

    hosts: int = 0
    ok: int = 0
    changed: int = 0
    failed: int = 0
    unreachable: int = 0
    skipped: int = 0
    rescued: int = 0
    ignored: int = 0

    def since(self, before: Recap) -> Recap:
        """Return what was added. Ansible goes on counting when several playbooks are run by one command."""
        return Recap(self.hosts, *(now - then for now, then in zip(self[1:], before[1:])))


class Changed:
    """A task that changed something, and on which hosts, a bit for each."""

    __slots__ = ("bits", "place")

    def __init__(self, place: Place) -> None:
        """Start without hosts."""
        self.place = place
        self.bits = 0


class Gatherer:
    """Which tasks changed which hosts."""

    def __init__(self, include_tasks: t.Sequence[str] = (), include_hosts: t.Sequence[str] = ()) -> None:
        """Take shell patterns: of names of tasks (``role : name``, name or action) and of hosts; none means all."""
        self._task_patterns = tuple(include_tasks)
        self._host_patterns = tuple(include_hosts)
        self._tasks: dict[Place, Changed] = {}
        self._numbers: dict[str, int] = {}

    def task(self, place: Place) -> Changed | None:
        """Return the entry for a task, a new one at first; None when its changes are not asked for."""
        if place not in self._tasks:
            names = (place.name, place.action, f"{place.role} : {place.name}" if place.role else "")
            if self._task_patterns and not _matches(names, self._task_patterns):
                return None
            self._tasks[place] = Changed(place)
        return self._tasks[place]

    def note(self, changed: Changed, host: str) -> None:
        """Note that the task changed the host; any number of times is the same as once."""
        number = self._numbers.get(host)
        if number is None:
            wanted = not self._host_patterns or _matches((host,), self._host_patterns)
            number = self._numbers[host] = len(self._numbers) if wanted else -1
        if number >= 0:
            changed.bits |= 1 << number

    def holds(self, *, dry: bool) -> bool:
        """Tell whether anything was changed (``dry``: would be changed)."""
        return any(changed.bits and changed.place.dry == dry for changed in self._tasks.values())

    def counts(self) -> dict[str, int]:
        """Return how many tasks and hosts were changed."""
        every_host = 0
        for changed in self._tasks.values():
            every_host |= changed.bits
        tasks = sum(1 for changed in self._tasks.values() if changed.bits)
        return {"changed_tasks": tasks, "changed_hosts": bin(every_host).count("1")}

    def key(self) -> str:
        """Return the fingerprint of the changes: equal for the same tasks on the same hosts, in any order, at any time,
        found in check mode or done. Empty when nothing changed."""
        found: dict[tuple[str | int, ...], int] = {}
        for changed in self._tasks.values():
            if changed.bits:
                marks = _marks(changed.place)
                found[marks] = found.get(marks, 0) | changed.bits
        lines = sorted(json.dumps([marks, sorted(self._hosts(bits))]) for marks, bits in found.items())
        return f"sha256:{hashlib.sha256(chr(10).join(lines).encode('ascii')).hexdigest()}" if lines else ""

    def changes(self, clean: t.Callable[[str], str]) -> list[dict[str, t.Any]]:
        """Return one entry for each task that changed something, in the order of the files.

        :param clean: takes secrets out of every text that leaves.
        """
        tasks = sorted((changed for changed in self._tasks.values() if changed.bits), key=lambda each: each.place)
        return [self._entry(changed, clean) for changed in tasks]

    def _entry(self, changed: Changed, clean: t.Callable[[str], str]) -> dict[str, t.Any]:
        """Word one entry. Of a task with ``no_log`` only the place and the count: its name may be made of secrets."""
        place = changed.place
        hosts = sorted(self._hosts(changed.bits))
        file = clean(place.file)[:_LONGEST_TEXT]
        entry: dict[str, t.Any] = {"file": file, "line": place.line, "host_count": len(hosts)}
        if place.dry:
            entry["check_mode"] = True
        if place.hidden:
            return {**entry, "no_log": True}
        texts = {"task": place.name, "action": place.action, "role": place.role}
        shown = {name: clean(text)[:_LONGEST_TEXT] for name, text in texts.items() if text}
        return {**shown, **entry, "hosts": [clean(host)[:_LONGEST_TEXT] for host in hosts[:_HOSTS_SHOWN]]}

    def _hosts(self, bits: int) -> t.Iterator[str]:
        """Yield the names of the hosts whose bits are set."""
        return (name for name, number in self._numbers.items() if number >= 0 and bits >> number & 1)


def kind_of(chosen: t.Collection[str], gatherer: Gatherer, recap: Recap) -> str:
    """Return the most severe chosen condition that holds; ``unchanged`` under ``always`` alone, else empty.

    :param chosen: of :data:`CONDITIONS`.
    """
    holding = {
        "failed": bool(recap.failed or recap.unreachable),
        "drift": gatherer.holds(dry=True),
        "changed": gatherer.holds(dry=False),
    }
    for condition in _BY_SEVERITY:
        if holding[condition] and (condition in chosen or "always" in chosen):
            return condition
    return "unchanged" if "always" in chosen else ""


def evidence_of(
    gatherer: Gatherer, recap: Recap, facts: t.Mapping[str, t.Any], level: str, clean: t.Callable[[str], str]
) -> Evidence:
    """Return the evidence of a run.

    :param facts: further counts and flags of the run (``plays``, ``duration`` in seconds, ``check_mode``, …).
    :param level: ``counts``, or ``tasks`` for the list of tasks as well.
    """
    summary = {**recap._asdict(), **gatherer.counts(), **facts}
    return Evidence(gatherer.key(), summary, gatherer.changes(clean) if level == "tasks" else ())


def check_words(option: str, given: t.Sequence[str], known: t.Sequence[str]) -> None:
    """Refuse a word that is not known.

    :raises InvalidInput: naming what is possible.
    """
    if not given or not set(given) <= set(known):
        raise InvalidInput(f"{option} is none of {', '.join(known)}.", "Give one of them, or several in a list.")


def _marks(place: Place) -> tuple[str | int, ...]:
    """Return what makes a task this task for the fingerprint; a name that is to be hidden is not even hashed."""
    return (place.file, place.line, "" if place.hidden else place.name, place.action, place.role)


def _matches(names: t.Iterable[str], patterns: t.Sequence[str]) -> bool:
    """Tell whether one of the names fits one of the patterns."""
    return any(fnmatchcase(name, pattern) for name in names if name for pattern in patterns)
