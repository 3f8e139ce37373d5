# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to find the changes in a large plan, against parsing it, and in a stream of any length.

The plan is made here: 100 MB, 40,000 changes. Every subject is a fresh process that reads it to its end; their peak of
memory is what the kernel says of the process.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from measure import Cost, Failed, in_turn, ratio, spread
from report import Goal, Report
from testbed import Testbed

CHANGES, MEGABYTE = 40_000, 1_000_000
CPU, MEMORY, GROWTH = 0.3, 100.0, 1.1  # of json.load; MB; of a stream four times as long
_ACTIONS = (
    ["update"],
    ["create"],
    ["delete"],
    ["delete", "create"],
    ["no-op"],
    ["update"],
    ["update"],
    ["create", "delete"],
)
_STREAM = (100_000, 400_000)
PARSED, OURS, PLAIN = "json.load", "core with msgspec", "core, standard library"
TYPED, STREAMED = "msgspec, typed, mmap", "ijson, items"


class Taken(NamedTuple):
    """What a process took: its cost, and the most memory at a time in MB."""

    cost: Cost
    memory: float


def plans(bed: Testbed, rounds: int) -> Report:
    """Find the changes of a plan and of streams."""
    plan = bed.folder / "plan.json"
    with plan.open("w", encoding="utf-8") as file:
        file.writelines(plan_text())
    names = {PARSED: "json", OURS: "core", PLAIN: "plain", TYPED: "msgspec", STREAMED: "ijson"}
    taken = in_turn({name: _subject(bed, word, plan) for name, word in names.items()}, rounds)
    report = Report(f"The changes in a plan of {plan.stat().st_size / MEGABYTE:.0f} MB with {CHANGES:,} changes")
    report.notes = [
        "All count the changes by their actions, and come to the same counts; only core makes an event of it."
    ]
    report.columns = ("", "CPU ms", "wall ms", "peak MB")
    for name, runs in taken.items():
        cells = [[run.cost.cpu for run in runs], [run.cost.wall for run in runs], [run.memory for run in runs]]
        report.rows.append([name, *(str(spread(values)) for values in cells)])
    cpu = {name: [run.cost.cpu for run in runs] for name, runs in taken.items()}
    report.goals = [
        Goal("CPU with msgspec / json.load", ratio(cpu[OURS], cpu[PARSED]), CPU),
        Goal("CPU without / json.load", ratio(cpu[PLAIN], cpu[PARSED]), None, 0.75),
        Goal("peak MB with msgspec", spread([run.memory for run in taken[OURS]]), MEMORY),
        Goal("peak MB without", spread([run.memory for run in taken[PLAIN]]), MEMORY),
        _stream(bed, report),
    ]
    return report


def _stream(bed: Testbed, report: Report) -> Goal:
    """Read two streams of changes; return how much more memory the long one takes."""
    memory = []
    for number in _STREAM:
        path = bed.folder / "stream.json"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(stream_text(number))
        taken = _subject(bed, "core", path, number)()
        path_size = path.stat().st_size / MEGABYTE
        memory.append(taken.memory)
        name = f"core, stream of {number:,} changes, {path_size:.0f} MB"
        report.rows.append([name, f"{taken.cost.cpu:.0f}", f"{taken.cost.wall:.0f}", f"{taken.memory:.1f}"])
        path.unlink()
    return Goal("memory of a stream / of one a quarter as long", spread([memory[1] / memory[0]]), GROWTH)


def _subject(bed: Testbed, word: str, path: Path, changes: int = CHANGES) -> Callable[[], Taken]:
    """Return a function that runs a subject and checks what it found."""

    def run() -> Taken:
        cost = bed.script("read_plan.py", word, path)
        said = json.loads(bed.output())
        if said["changes"] != changes:
            raise Failed(f"{word} found {said['changes']} changes, not {changes}.")
        return Taken(cost, said["kilobytes"] * 1024 / MEGABYTE)

    return run


def plan_text() -> Iterator[str]:
    """Give the text of the plan as Terraform lays it out: the values planned, the changes, the state before."""
    dice = random.Random(1)
    yield '{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{"resources":['
    for number in range(CHANGES):
        yield _item(number, {**_head(number), "schema_version": 1, "values": _values(number), "sensitive_values": {}})
    yield ']}},"resource_changes":['
    for number in range(CHANGES):
        before, after = _values(number), {**_values(number), "size": dice.randrange(100)}
        change = {"actions": _ACTIONS[number % len(_ACTIONS)], "before": before, "after": after, "after_unknown": {}}
        yield _item(number, {**_head(number), "change": {**change, "before_sensitive": {}, "after_sensitive": {}}})
    yield '],"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":['
    for number in range(CHANGES):
        yield _item(number, {**_head(number), "schema_version": 1, "values": _values(number)})
    yield ']}}},"timestamp":"2026-01-01T00:00:00Z","applyable":true,"complete":true,"errored":false}\n'


def stream_text(number: int) -> Iterator[str]:
    """Give the lines of a stream with so many changes."""
    yield '{"@level":"info","@message":"Terraform 1.11.4","terraform":"1.11.4","type":"version","ui":"1.2"}\n'
    for index in range(number):
        head = _head(index)
        resource = {"addr": head["address"], "module": head.get("module_address", ""), "resource_type": head["type"]}
        change = {"resource": resource, "action": ("update", "create", "delete", "replace")[index % 4]}
        event = {"@level": "info", "@message": "Plan to change", "change": change, "type": "planned_change"}
        yield f"{_compact(event)}\n"
    yield '{"@level":"info","changes":{"add":0,"operation":"plan"},"type":"change_summary"}\n'


def _head(number: int) -> dict[str, Any]:
    """Return what names a resource, in the order that Terraform writes it."""
    module = f"module.region[{number % 11}]" if number % 3 else ""
    address = f"{module}{'.' if module else ''}aws_instance.node[{number}]"
    named = {"address": address, **({"module_address": module} if module else {})}
    return {**named, "mode": "managed", "type": "aws_instance", "name": "node", "index": number,
            "provider_name": "registry.terraform.io/hashicorp/aws"}  # fmt: skip


def _values(number: int) -> dict[str, Any]:
    """Return attributes as a provider has them: tags, a nested list, a policy as JSON in a text."""
    policy = {"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::b{number}/*"}]}
    return {
        "ami": f"ami-{number:017x}",
        "ebs": [{"address": f"/dev/sd{n}", "size": n, "encrypted": True} for n in range(3)],
        "policy": None if number % 8 else _compact(policy), "size": number % 97,
        "tags": {f"tag-{n}": f"value {n} of the tag" for n in range(8)},
        "user_data": None,
    }  # fmt: skip


def _item(number: int, item: dict[str, Any]) -> str:
    """Return an element of a list."""
    return f"{',' if number else ''}{_compact(item)}"


def _compact(value: Any) -> str:
    """Return JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))
