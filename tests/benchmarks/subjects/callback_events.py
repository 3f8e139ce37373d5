# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one event costs the callback: `callback_events.py PLAYBOOK HOSTS` prints JSON.

A real run gives real results; they are dispatched again and again afterwards, to nobody, to our callback alone and to
the one that keeps all results. What takes more hosts or tasks than a real run is fed with stand-ins.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
import typing as t
from collections.abc import Callable

from ansible.cli.playbook import PlaybookCLI
from ansible.executor.task_queue_manager import TaskQueueManager

EVENTS = 10_000
HOSTS, TASKS = 2000, 50


class Host(t.NamedTuple):
    """A host as far as the callback looks at it."""

    name: str


class Task:
    """A task as far as the callback looks at it."""

    no_log = False
    check_mode = False
    action = "ansible.builtin.template"

    def __init__(self, number: int) -> None:
        """Stand at a line of a file."""
        self._uuid = f"0242ac11-0002-{number:024}"
        self._written = {"name": f"Write the configuration file number {number} of the service"}
        self._line = number + 1

    def get_path(self) -> str:
        """Return where it stands."""
        return f"/srv/infra/roles/service/tasks/main.yml:{self._line}"

    def get_ds(self) -> dict[str, str]:
        """Return what was written."""
        return self._written


class Result:
    """A result as far as the callback looks at it, with more in it."""

    def __init__(self, task: Task, host: Host, size: int) -> None:
        """Hold so many bytes."""
        self._task, self._host, self._result = task, host, {"stdout": "x" * size}

    def is_changed(self) -> bool:
        """Tell that it changed something."""
        return True


def main() -> None:
    """Measure everything."""
    calls: list[tuple[TaskQueueManager, t.Any]] = []
    real = TaskQueueManager.send_callback

    def spy(self: TaskQueueManager, name: str, *args: t.Any, **named: t.Any) -> t.Any:
        if name == "v2_runner_on_ok":
            calls.append((self, args[0]))
        return real(self, name, *args, **named)

    TaskQueueManager.send_callback = spy
    playbook, hosts = sys.argv[1:]
    PlaybookCLI(["ansible-playbook", "-i", hosts, "-e", "items=1 ansible_connection=local", playbook]).run()
    TaskQueueManager.send_callback = real
    queue, results = calls[0][0], [result for _queue, result in calls]
    plugins = {plugin.CALLBACK_NAME.rpartition(".")[2]: plugin for plugin in queue._callback_plugins}
    ours, theirs = plugins["github_repository_dispatch"], plugins["gather_json"]
    found = {"results": len(results), "handler": handler(ours, queue, results)}
    for name, listeners in {"nobody": [], "ours": [ours], "theirs": [theirs]}.items():
        queue._callback_plugins = listeners
        found[f"dispatched_{name}"] = an_event(lambda result: queue.send_callback("v2_runner_on_ok", result), results)
    del theirs.kept[:]
    found["kept"] = kept(ours, [Task(number) for number in range(100)], [Host(f"web{n}") for n in range(100)])
    found["kept_tasks"] = kept(ours, [Task(number) for number in range(EVENTS)], [Host("web1")])
    found |= at_the_end(ours)
    print(f"\n{json.dumps(found)}")


def an_event(work: Callable[[t.Any], object], results: list[t.Any]) -> float:
    """Return the microseconds of CPU for each result."""
    times = EVENTS // len(results)
    for result in results:
        work(result)
    gc.collect()
    began = time.process_time()
    for _time in range(times):
        for result in results:
            work(result)
    return (time.process_time() - began) / (times * len(results)) * 1e6


def handler(ours: t.Any, queue: TaskQueueManager, results: list[t.Any]) -> float:
    """Return the microseconds of our own code for each result."""
    given: list[t.Any] = []

    class Taker:
        disabled, wants_implicit_tasks = False, False
        _implemented_callback_methods = frozenset({"v2_runner_on_ok"})

        def v2_runner_on_ok(self, result: t.Any) -> None:
            given.append(result)

    queue._callback_plugins = [Taker()]
    for result in results:
        queue.send_callback("v2_runner_on_ok", result)
    return an_event(ours.v2_runner_on_ok, given)


def kept(ours: t.Any, tasks: list[Task], hosts: list[Host]) -> float:
    """Return the bytes that are kept of results of 100 KB each, one for each task and host."""
    ours._gatherer, ours._tasks = ours._announcement.gatherer(), {}
    tracemalloc.start()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for task in tasks:
        for host in hosts:
            ours.v2_runner_on_ok(Result(task, host, 100_000))
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


def at_the_end(ours: t.Any) -> dict[str, t.Any]:
    """Return what a large run comes to: the size of its event, what it tells, and the time to make it."""
    # Only now: Ansible has made known where collections are.
    from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.playbook import Recap, evidence_of
    from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Origin, make_event
    from ansible_collections.infradispatch.github.plugins.plugin_utils._playbook import clean

    ours._gatherer, ours._tasks = ours._announcement.gatherer(), {}
    hosts = [Host(f"web{number:04}.production.europe-west.internal.example.invalid") for number in range(HOSTS)]
    for number in range(TASKS):
        task = Task(number)
        for host in hosts:
            ours.v2_runner_on_ok(Result(task, host, 10))
    recap = Recap(HOSTS, HOSTS * TASKS, HOSTS * TASKS)
    began = time.perf_counter()
    evidence = evidence_of(ours._gatherer, recap, {"plays": 1}, "tasks", clean)
    event = make_event(
        "x", None, Origin("ansible", "site.yml"), dispatch_id="f" * 32, kind="changed", evidence=evidence
    )
    took = time.perf_counter() - began
    told = event.client_payload["dispatch"]
    return {
        "end_ms": took * 1000,
        "bytes": event.payload_bytes,
        "told": len(told["changes"]),
        "left_out": told.get("truncated", {}).get("changes", 0),
        "hosts_counted": min(change["host_count"] for change in told["changes"]),
        "summary": told["summary"],
    }


if __name__ == "__main__":
    main()
