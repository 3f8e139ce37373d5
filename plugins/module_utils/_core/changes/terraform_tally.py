# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Changes added up, in memory that doesn't grow with their number."""

from __future__ import annotations

import hashlib
import typing as t

from ..event.envelope import Evidence
from .terraform_actions import NAMES, RANKS, Change, counts_of
from .terraform_addresses import ROOT, module_of, shown_address, type_of

#: More than any event can hold: the shortest entry takes more than 40 bytes of 64 KB.
MOST_ENTRIES = 1600
MOST_MODULES = 40
_MOST_NAMES = 4000
_REST = "(others)"
_TEXT = 300  # letters of a word or name that are ever shown


class Tally:
    """Counts, a bounded list with the most dangerous first, and a fingerprint."""

    def __init__(self, addresses: str) -> None:
        """Take how keys in addresses are shown."""
        self._how = addresses
        self.counts = dict.fromkeys(NAMES, 0)
        self.sections: dict[str, int] = {}
        self.listed = 0
        self.unknown = False
        self._modules: dict[str, dict[str, int]] = {}
        self._entries: list[tuple[int, str, str, dict[str, t.Any]]] = []
        self._worst: tuple[int, str] | None = None
        self._sum = 0

    def add(self, section: str, change: Change, *, count: bool = True) -> str:
        """Take in a change of a section (``change``, ``drift``, ``deferred``, ``failed``, …); return its word.

        Reads and what stays as it is are counted only.
        """
        word = change.word
        names = counts_of(change, word) if count else ()
        for name in names:
            self.counts[name] += 1
        if word in ("read", "no-op"):
            return word
        self.unknown |= word == "other"
        self.sections[section] = self.sections.get(section, 0) + 1
        module = change.module or change.address
        self._roll_up(module_of(module) if module.startswith("module.") else ROOT, names or (section,))
        self._list(section, word, change)
        return word

    def mark(self, *facts: str) -> None:
        """Let facts that are no listed changes tell fingerprints apart."""
        digest = hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).digest()
        self._sum += int.from_bytes(digest, "big")

    def merge(self, other: Tally) -> None:
        """Take in all that another tally has."""
        for name, value in other.counts.items():
            self.counts[name] += value
        for name, value in other.sections.items():
            self.sections[name] = self.sections.get(name, 0) + value
        for module, counts in other.modules(_MOST_NAMES).items():
            mine = self._module(module)
            for name, value in counts.items():
                mine[name] = mine.get(name, 0) + value
        self._entries += other.entries_with_rank()
        self.listed += other.listed
        self.unknown |= other.unknown
        self._sum += other.total

    @property
    def total(self) -> int:
        """Return the sum that the fingerprint is made of."""
        return self._sum

    def key(self, state: str = "") -> str:
        """Return the fingerprint: empty when there is nothing to tell apart.

        It is the SHA-256 of the sum (modulo 2^256) of the SHA-256 of every line ``section, address as shown, actions,
        previous address, deposed key, word``. A sum says the same as a sorted list would, whatever order the lines come
        in, and needs no list: two inputs have the same key when they tell of the same changes, however often they are
        found, by which version, and when. Addresses count as they are shown: dropped keys can't be guessed from it.
        ``state`` tells what is planned from what was applied, and from what failed.
        """
        if not self._sum:
            return ""
        whole = (self._sum % (1 << 256)).to_bytes(32, "big") + state.encode("ascii")
        return f"sha256:{hashlib.sha256(whole).hexdigest()}"

    def evidence(self, summary: t.Mapping[str, t.Any], state: str = "") -> Evidence:
        """Return it all, with a summary that was made of the counts."""
        modules = self.modules(MOST_MODULES)
        whole = {**summary, "modules": modules} if modules else dict(summary)
        entries = [entry for _rank, _address, _section, entry in self._kept()]
        return Evidence(self.key(state), whole, entries, self.listed - len(entries))

    def modules(self, most: int) -> dict[str, dict[str, int]]:
        """Return the counts of each module: the ``most`` ones that change most, and all others as one."""
        order = sorted(self._modules, key=lambda name: (-sum(self._modules[name].values()), name))
        named = sorted(name for name in order[:most] if name != _REST)
        result = {name[:_TEXT]: dict(self._modules[name]) for name in named}
        rest: dict[str, int] = {}
        for name in {*order[most:], _REST} & set(order):
            for count, value in self._modules[name].items():
                rest[count] = rest.get(count, 0) + value
        return {**result, _REST: rest} if rest else result

    def entries_with_rank(self) -> list[tuple[int, str, str, dict[str, t.Any]]]:
        """Return the list in the form that it is kept in."""
        return self._kept()

    def _list(self, section: str, word: str, change: Change) -> None:
        """Put a change on the list and into the fingerprint."""
        address = shown_address(change.address, self._how)
        previous = shown_address(change.previous, self._how) if change.previous else ""
        self.mark(section, address, "+".join(change.actions), previous, change.deposed, word)
        self.listed += 1
        if self._worst is not None and (RANKS[word], address) > self._worst:
            return
        entry: dict[str, t.Any] = {
            "address": address,
            "type": change.type or type_of(change.address),
            "actions": [action[:_TEXT] for action in change.actions],
        }
        if previous:
            entry["previous_address"] = previous
        if change.deposed:
            entry["deposed"] = change.deposed[:_TEXT]
        if change.reason:
            entry["reason"] = change.reason[:_TEXT]
        if change.importing:
            entry["import"] = True
        if section not in ("change", "output"):
            entry[section] = True
        self._entries.append((RANKS[word], address, section, entry))
        if len(self._entries) >= 2 * MOST_ENTRIES:
            self._entries = self._kept()
            self._worst = self._entries[-1][:2]

    def _kept(self) -> list[tuple[int, str, str, dict[str, t.Any]]]:
        """Return the entries that matter most, in their order."""
        return sorted(self._entries, key=lambda item: (item[:3], item[3]["actions"]))[:MOST_ENTRIES]

    def _roll_up(self, module: str, names: t.Iterable[str]) -> None:
        """Add one to counts of a module."""
        mine = self._module(module)
        for name in names:
            mine[name] = mine.get(name, 0) + 1

    def _module(self, module: str) -> dict[str, int]:
        """Return the counts of a module; of far too many modules, those that came last share theirs."""
        if module not in self._modules and len(self._modules) >= _MOST_NAMES:
            module = _REST
        return self._modules.setdefault(module, {})
