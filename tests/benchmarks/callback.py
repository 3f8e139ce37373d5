# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback: what an event costs it, what it keeps, and what it adds to a playbook."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from measure import Cost, Failed, in_turn, ratio, run, spread
from report import Goal, Report
from testbed import HERE, PYTHON, SUBJECTS, Testbed

NOTHING, JSON, OURS = "no callback", "one that gathers JSON results", "github_repository_dispatch"
_ENABLED = {NOTHING: "", JSON: "gather_json", OURS: f"infradispatch.github.{OURS}"}
_PLAYBOOK = HERE / "playbooks" / "changes.yml"
_TASKS, _HOSTS, _ITEMS = 10, 50, 18  # 500 results; each starts, ends, and has items: 10,000 events
_MOST_BYTES, _CHANGES, _MANY_HOSTS = 65_535, 50, 2000
_HANDLER, _DISPATCHED, _KEPT, _SLOWER = 5.0, 20.0, 1000.0, 1.03  # microseconds, microseconds, kB, ratio


def events(bed: Testbed, rounds: int) -> Report:
    """What one event costs, what is kept of many, and how long the end of a large run takes."""
    found = [_measured(bed) for _round in range(rounds)]
    report = Report("The callback, event by event")
    report.notes = [
        "CPU of v2_runner_on_ok for a task that changed something; dispatched: with all that Ansible does to call it.",
        "Kept: of results of 100 KB each. The end: 2,000 hosts x 50 changed tasks, from what was gathered to the body.",
    ]
    names = {"nobody": NOTHING, "theirs": JSON, "ours": OURS}
    report.columns = ("an event for", "dispatched, us of CPU")
    report.rows = [[name, str(_values(found, f"dispatched_{key}"))] for key, name in names.items()]
    report.goals = [
        Goal("handler, us an event", _values(found, "handler"), _HANDLER),
        Goal("dispatched, us an event", _values(found, "dispatched_ours"), _DISPATCHED),
        Goal(
            "dispatched, to gathering JSON",
            ratio([each["dispatched_ours"] for each in found], [each["dispatched_theirs"] for each in found]),
            aim=1.0,
        ),
        Goal("kept, kB of 100 tasks x 100 hosts", _values(found, "kept", 1e3), _KEPT),
        Goal("kept, kB of 10,000 tasks x 1 host", _values(found, "kept_tasks", 1e3)),
        Goal("the end of a large run, ms", _values(found, "end_ms"), aim=250.0),
        Goal("its event, bytes of client_payload", _values(found, "bytes"), _MOST_BYTES),
    ]
    report.wrong = _wrong(found[-1])
    return report


def playbook(bed: Testbed, rounds: int) -> Report:
    """A playbook of 10,000 events."""
    costs = in_turn({name: partial(_play, bed, name) for name in _ENABLED}, rounds, warm=0)
    cpu = {name: [cost.cpu for cost in runs] for name, runs in costs.items()}
    report = Report(f"A playbook of {_TASKS} tasks x {_HOSTS} hosts x {_ITEMS} items: 10,000 events")
    report.notes = ["The callback sends its event at the end; that is within its time."]
    report.costs(costs)
    report.goals = [
        Goal("CPU, to no callback", ratio(cpu[OURS], cpu[NOTHING]), _SLOWER),
        Goal("CPU, to gathering JSON", ratio(cpu[OURS], cpu[JSON]), aim=1.0),
    ]
    return report


def _measured(bed: Testbed) -> dict[str, Any]:
    """Run the subject that dispatches real results again and again."""
    env = _env(bed, ",".join(filter(None, _ENABLED.values())), INFRADISPATCH_DISPATCH_ON="failed")
    run([PYTHON, SUBJECTS / "callback_events.py", _PLAYBOOK, "web1,web2,web3,web4"], env, bed.folder)
    found: dict[str, Any] = json.loads(bed.output().splitlines()[-1])
    return found


def _wrong(found: dict[str, Any]) -> list[str]:
    """Return what a large run should have told and did not."""
    told = {
        "tasks told and left out": (found["told"] + found["left_out"], _CHANGES),
        "tasks left out, so that something was trimmed": (found["left_out"] > 0, True),
        "hosts counted for each task": (found["hosts_counted"], _MANY_HOSTS),
        "changed tasks": (found["summary"]["changed_tasks"], _CHANGES),
        "changed hosts": (found["summary"]["changed_hosts"], _MANY_HOSTS),
    }
    return [f"{name}: {value}, not {right}" for name, (value, right) in told.items() if value != right]


def _play(bed: Testbed, name: str) -> Cost:
    """Run the playbook and see at the server that one event came, of the callback alone."""
    hosts = ",".join(f"web{number}" for number in range(_HOSTS))
    variables = f"ansible_connection=local items={_ITEMS}"
    bed.http.reset()
    command = [PYTHON.with_name("ansible-playbook"), "-i", hosts, "-e", variables, _PLAYBOOK]
    cost = run(command, _env(bed, _ENABLED[name], INFRADISPATCH_EVIDENCE="tasks"), bed.folder)
    if bed.http.dispatches != (name == OURS):
        raise Failed(f"{bed.http.dispatches} events came with {name}:\n{bed.output()[-2000:]}")
    return cost


def _env(bed: Testbed, callbacks: str, **more: str) -> dict[str, str]:
    """Return the environment that enables callbacks; of ours everything that it needs to send an event."""
    enabled = {"ANSIBLE_CALLBACKS_ENABLED": callbacks} if callbacks else {}
    return bed.env(
        ANSIBLE_CALLBACK_PLUGINS=HERE / "callback_plugins",
        ANSIBLE_COLLECTIONS_PATH=bed.collections,
        ANSIBLE_CONFIG=bed.folder / "ansible.cfg",
        ANSIBLE_HOME=bed.home / ".ansible",
        GATHER_JSON=bed.folder / "gathered.json",
        GITHUB_API_URL=bed.http.api_url,
        GITHUB_TOKEN="ghp_" + "t" * 36,
        INFRADISPATCH_REPOSITORY="acme/site",
        **enabled,
        **more,
    )


def _values(found: list[dict[str, Any]], name: str, unit: float = 1.0) -> Any:
    """Return median and range of a number of all rounds."""
    return spread([each[name] / unit for each in found])
