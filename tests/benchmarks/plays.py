# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays: the action plugin against ansible.builtin.uri."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from measure import Cost, Failed, Spread, in_turn, ratio, run, spread
from report import Goal, Report
from server import Server
from testbed import HERE, PYTHON, Testbed

LOOP = 50
URI_LOOP = 10
TOKEN = "ghp_" + "t" * 36
NOTHING, URI, OURS = "nothing", "ansible.builtin.uri", "github_repository_dispatch"
OPTIONS, MANY = "the same, templated options", "one task, many repositories"


class Played(NamedTuple):
    """What a play cost, how long its task took (ms), and how many connections it made."""

    cost: Cost
    task: float
    connections: int


def play(bed: Testbed, server: Server, name: str, items: int = 1) -> Played:
    """Run a playbook and see at the server that it sent what it should."""
    times = bed.folder / "task_times.json"
    times.write_text("0", encoding="utf-8")
    env = bed.env(
        ANSIBLE_CALLBACKS_ENABLED="task_times",
        ANSIBLE_CALLBACK_PLUGINS=HERE / "callback_plugins",
        ANSIBLE_COLLECTIONS_PATH=bed.collections,
        ANSIBLE_CONFIG=bed.folder / "ansible.cfg",
        ANSIBLE_HOME=bed.home / ".ansible",
        GITHUB_API_URL=server.api_url,
        GITHUB_TOKEN=TOKEN,
        TASK_TIMES=times,
        **(bed.trusting() if server is bed.tls else {}),
    )
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(PYTHON),
        "api_url": server.api_url,
        "repositories": [f"acme/site{number}" for number in range(items)],
        "services": [f"service{number}" for number in range(items)],
        "token": TOKEN,
    }
    command = [PYTHON.with_name("ansible-playbook"), "-i", "localhost,", "-e", json.dumps(variables)]
    server.reset()
    cost = run([*command, HERE / "playbooks" / f"{name}.yml"], env, bed.folder)
    expected = 0 if name == "nothing" else items
    if server.dispatches != expected:
        raise Failed(f"{server.dispatches} events of {name} arrived, {expected} were to be sent:\n{bed.output()}")
    return Played(cost, float(times.read_text(encoding="utf-8")), server.connections)


def task(bed: Testbed, rounds: int, *, tls: bool) -> Report:
    """One task that sends one event."""
    server = bed.tls if tls else bed.http
    played = in_turn(
        {
            NOTHING: partial(play, bed, server, "nothing"),
            URI: partial(play, bed, server, "uri"),
            OURS: partial(play, bed, server, "dispatch"),
        },
        rounds,
    )
    report = Report(f"One task, token, {'TLS' if tls else 'HTTP'}")
    report.notes = [_way(tls), "The task's time is from its start to its result."]
    report.columns = ("play", "CPU ms", "wall ms", "of it the task ms")
    report.rows = _rows(played)
    report.goals = [
        _promised("time of the task", ratio(_tasks(played[OURS]), _tasks(played[URI])), 1 / 15, tls=tls),
        Goal("CPU above the empty play", _above(played, (OURS, 1), (URI, 1)), aim=1 / 4),
    ]
    return report


def loop(bed: Testbed, rounds: int, *, tls: bool) -> Report:
    """Many events: in a loop, and in one task."""
    server = bed.tls if tls else bed.http
    played = in_turn(
        {
            NOTHING: partial(play, bed, server, "nothing"),
            URI: partial(play, bed, server, "uri_loop", URI_LOOP),
            OURS: partial(play, bed, server, "dispatch_loop", LOOP),
            OPTIONS: partial(play, bed, server, "dispatch_loop_options", LOOP),
            MANY: partial(play, bed, server, "dispatch_many", LOOP),
        },
        rounds,
    )
    report = Report(f"{LOOP} events, token, {'TLS' if tls else 'HTTP'}")
    report.notes = [_way(tls), f"uri loops over {URI_LOOP} items, and counts per item: (CPU - CPU of nothing) / items."]
    report.columns = ("play", "CPU ms", "wall ms", "of it the task ms", "connections")
    report.rows = [[*row, _connections(played[row[0]])] for row in _rows(played)]
    uri_tasks = [time * LOOP / URI_LOOP for time in _tasks(played[URI])]
    report.goals = [
        _promised("loop, CPU per item", _above(played, (OURS, LOOP), (URI, URI_LOOP)), 1 / 45, tls=tls),
        Goal("loop, connections", spread([run.connections for run in played[OURS]]), 1),
        Goal("loop, time of the task", ratio(_tasks(played[OURS]), uri_tasks)),
        Goal("loop, templated options, CPU per item", _above(played, (OPTIONS, LOOP), (URI, URI_LOOP))),
        Goal("one task, CPU per item", _above(played, (MANY, LOOP), (URI, URI_LOOP))),
        Goal("one task, time of the task", ratio(_tasks(played[MANY]), uri_tasks), aim=1 / 200),
    ]
    return report


def _promised(what: str, found: Spread, most: float, *, tls: bool) -> Goal:
    """Return a goal that is a promise without TLS and a hope with it: there each task also reads a whole bundle of
    authorities, which takes as long as all the rest of it. A platform's store in a hashed folder costs nothing."""
    return Goal(what, found, None if tls else most, most if tls else None)


def _above(played: dict[str, list[Played]], ours: tuple[str, int], theirs: tuple[str, int]) -> Spread:
    """Return the ratio of CPU per item above the empty play of the same round."""

    def per_item(name: str, items: int) -> list[float]:
        pairs = zip(played[name], played[NOTHING], strict=True)
        return [(mine.cost.cpu - empty.cost.cpu) / items for mine, empty in pairs]

    return ratio(per_item(*ours), per_item(*theirs))


def _tasks(played: Sequence[Played]) -> list[float]:
    """Return the times of the task."""
    return [one.task for one in played]


def _rows(played: dict[str, list[Played]]) -> list[list[str]]:
    """Return the rows of a table of costs."""
    return [
        [
            name,
            str(spread([one.cost.cpu for one in runs])),
            str(spread([one.cost.wall for one in runs])),
            str(spread(_tasks(runs))) if name != NOTHING else "",
        ]
        for name, runs in played.items()
    ]


def _connections(played: Sequence[Played]) -> str:
    """Return how many connections each play made."""
    return ", ".join(str(count) for count in sorted({one.connections for one in played}))


def _way(tls: bool) -> str:
    """Tell how both are told where to send, as whom, and whom to trust."""
    way = "Address and token are environment variables for the collection, and variables of the play for uri."
    trust = "Both load the platform's bundle with the test's authority appended (REQUESTS_CA_BUNDLE, SSL_CERT_FILE)."
    return f"{way} {trust}" if tls else way
