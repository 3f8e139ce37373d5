# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the changes of a plan: `read_plan.py WAY FILE`."""

from __future__ import annotations

import json
import mmap
import sys
from collections import Counter
from pathlib import Path


def by_core(path: Path) -> int:
    """Make an event's evidence of it; without msgspec if that was hidden."""
    from _core.changes.terraform import read_changes

    with path.open("rb") as file:
        found = read_changes(file)
    summary = found.evidence.summary
    kept = summary["no_op"]
    return len(found.evidence.changes) + found.evidence.omitted + kept


def by_json(path: Path) -> int:
    """Parse all of it."""
    with path.open("rb") as file:
        plan = json.load(file)
    return Counter(tuple(change["change"]["actions"]) for change in plan["resource_changes"]).total()


def by_msgspec(path: Path) -> int:
    """Parse what is needed, from the mapped file."""
    import msgspec

    change = msgspec.defstruct("Change", [("actions", list[str])])
    item = msgspec.defstruct("Item", [("address", str), ("change", change)])
    plan = msgspec.defstruct("Plan", [("resource_changes", list[item])])
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        found = msgspec.json.decode(memoryview(text), type=plan)
    return Counter(tuple(one.change.actions) for one in found.resource_changes).total()


def by_ijson(path: Path) -> int:
    """Parse one change after the other."""
    import ijson

    with path.open("rb") as file:
        return Counter(tuple(item["change"]["actions"]) for item in ijson.items(file, "resource_changes.item")).total()


WAYS = {"core": by_core, "plain": by_core, "json": by_json, "msgspec": by_msgspec, "ijson": by_ijson}
if sys.argv[1] == "plain":
    sys.modules["msgspec"] = None  # type: ignore[assignment] # this is how an import is made to fail
number = WAYS[sys.argv[1]](Path(sys.argv[2]))
status = Path("/proc/self/status").read_text("ascii")  # getrusage has the peak of the process that started this one
peak = int(status.partition("VmHWM:")[2].split()[0])
sys.stdout.write(json.dumps({"changes": number, "kilobytes": peak}))
