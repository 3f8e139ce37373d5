# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class A: one event for each playbook run, whatever its shape, that says what the recap says (P32, P34)."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from cases.support import announce
from cases.support.announce import agrees, compared, failing, lay_out, one_play, only, said, settings_of, task
from cases.support.world import World

ALWAYS = {"INFRADISPATCH_DISPATCH_ON": "always"}
TASKS = {"INFRADISPATCH_EVIDENCE": "tasks"}
IGNORED = {"ignore_errors": True}
ON_FIRST = {"when": "inventory_hostname == 'host1'"}


def announced(world: World, folder: Path, book: t.Any, *words: str, hosts: int = 2, **env: str) -> announce.Ended:
    """Run a playbook with and without the callback, and look at what all shapes have in common."""
    if book is not None:
        lay_out(folder, book, hosts)
    result = compared(folder, *words, env=settings_of(world, **env))
    assert result.warnings == []
    return result


# -- P32: what became of failures


def block(*tasks: t.Any, **parts: t.Any) -> dict[str, t.Any]:
    return {"name": "block", "block": list(tasks), **parts}


FAILURES: dict[str, tuple[t.Any, str]] = {
    "rescued": (one_play(block(failing(), rescue=[task()])), "changed"),
    "rescued without a change": (one_play(block(failing(), rescue=[task(changed=False)])), "unchanged"),
    "failed in the rescue": (one_play(block(failing(), rescue=[failing()])), "failed"),
    "ignored": (one_play(failing(**IGNORED), task()), "changed"),
    "ignored though changed": (one_play(failing(changed_when=True, **IGNORED)), "changed"),
    "failed_when false": (one_play(failing(failed_when=False), task(changed=False)), "unchanged"),
    "block in the rescue": (one_play(block(failing(), rescue=[block(task()), task("next")])), "changed"),
    "block in the rescue fails": (one_play(block(failing(), rescue=[block(failing())])), "failed"),
    "failed in always": (one_play(block(task(), rescue=[task()], always=[failing()])), "failed"),
    "always after a failure": (one_play(block(failing(), always=[task()])), "failed"),
    "any_errors_fatal": (one_play(failing(**ON_FIRST), task(), any_errors_fatal=True), "failed"),
    "max_fail_percentage": (one_play(failing(**ON_FIRST), task(), max_fail_percentage=10), "failed"),
    "below max_fail_percentage": (one_play(failing(**ON_FIRST), task(), max_fail_percentage=60), "failed"),
    "a handler": (one_play(task(notify="h"), handlers=[failing("h")]), "failed"),
    "a handler ignored": (one_play(task(notify="h"), handlers=[failing("h", **IGNORED)]), "changed"),
    "a task that is not finished": (one_play(task(), failing(until=False, retries=1, delay=0)), "failed"),
    "items": (one_play(task(loop=[1, 2, 3], failed_when="item == 2", **IGNORED)), "changed"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_the_verdict_is_that_of_the_recap(live: World, tmp_path: Path, name: str) -> None:
    """P32: by the end, not by each failure; it agrees with the exit code."""
    book, kind = FAILURES[name]
    result = announced(live, tmp_path, book, **ALWAYS)
    envelope = only(live)
    assert envelope["kind"] == kind
    assert (envelope["kind"] == "failed") is (result.code != 0)
    agrees(envelope, result.recap)
    assert result.recap["hosts"] > 0


def test_errors_that_are_cleared_stay_in_the_recap(live: World, tmp_path: Path) -> None:
    """The one case in which Ansible's recap and its exit code say different things: the event goes by the recap."""
    book = one_play(failing(**ON_FIRST), {"meta": "clear_host_errors"}) + one_play(task())
    result = announced(live, tmp_path, book, **ALWAYS)
    assert result.recap["failed"] == 1
    assert only(live)["kind"] == "failed"
    agrees(only(live), result.recap)


@pytest.mark.parametrize(("ignored", "kind"), [(False, "failed"), (True, "changed")])
def test_hosts_out_of_reach(live: World, tmp_path: Path, ignored: bool, kind: str) -> None:
    """P32: counted as the recap does; `ignore_unreachable` counts as skipped or ignored there."""
    ssh = tmp_path / "ssh"
    ssh.parent.mkdir(exist_ok=True)
    ssh.write_text("#!/bin/sh\nexit 255\n")
    ssh.chmod(0o755)
    away = {"name": "away", "ansible.builtin.raw": "true", "ignore_unreachable": ignored, **ON_FIRST}
    away["vars"] = {"ansible_connection": "ansible.builtin.ssh", "ansible_ssh_executable": str(ssh)}
    result = announced(live, tmp_path, one_play(away, task()), **ALWAYS)
    envelope = only(live)
    assert envelope["kind"] == kind
    assert (result.code != 0) is (kind == "failed")
    agrees(envelope, result.recap)


@pytest.mark.parametrize(
    ("chosen", "kinds"),
    [
        ("changed", ["changed"]),
        ("failed", ["failed"]),
        ("changed,failed", ["failed"]),
        ("drift", []),
        ("changed,drift", ["changed"]),
        ("always", ["failed"]),
    ],
)
def test_a_run_that_changed_and_failed(live: World, tmp_path: Path, chosen: str, kinds: list[str]) -> None:
    """The most severe of the chosen conditions names it; the failures are in the summary anyway."""
    result = announced(live, tmp_path, one_play(task(), failing()), INFRADISPATCH_DISPATCH_ON=chosen)
    assert result.code == 2
    assert [envelope["kind"] for envelope in said(live)] == kinds
    assert [event.event_type for _where, event in live.github.world.events] == [f"ansible-{kind}" for kind in kinds]
    for envelope in said(live):
        assert envelope["summary"]["failed"] == 2
        assert envelope["summary"]["changed_hosts"] == 2


# -- check mode


@pytest.mark.parametrize("chosen", ["changed,drift", "always", "drift"])
def test_check_mode_finds_drift(live: World, tmp_path: Path, chosen: str) -> None:
    """Never a real change, not even with a task that really runs."""
    book = one_play(task(), task("really", check_mode=False))
    announced(live, tmp_path, book, "--check", "play.yml", INFRADISPATCH_DISPATCH_ON=chosen)
    envelope = only(live)
    assert envelope["kind"] == "drift"
    assert envelope["summary"]["check_mode"] is True


def test_check_mode_never_announces_a_change(live: World, tmp_path: Path) -> None:
    book = one_play(task(), task("really", check_mode=False))
    announced(live, tmp_path, book, "--check", "play.yml", INFRADISPATCH_DISPATCH_ON="changed")
    assert said(live) == []
    assert live.requests() == []


@pytest.mark.parametrize(
    ("tasks", "chosen", "kinds"),
    [
        ([task(check_mode=True)], "changed,drift", ["drift"]),
        ([task(check_mode=True)], "changed", []),
        ([task(check_mode=True), task("real")], "changed,drift", ["drift"]),
        ([task(check_mode=True), task("real")], "changed", ["changed"]),
        ([task(check_mode=False)], "changed,drift", ["changed"]),
        ([block(task(), check_mode=True)], "changed,drift", ["drift"]),
        ([task(check_mode="{{ true }}")], "changed,drift", ["drift"]),
        ([task(check_mode="{{ false }}")], "changed,drift", ["changed"]),
    ],
)
def test_a_task_in_check_mode_finds_drift(
    live: World, tmp_path: Path, tasks: t.Any, chosen: str, kinds: list[str]
) -> None:
    announced(live, tmp_path, one_play(*tasks), INFRADISPATCH_DISPATCH_ON=chosen)
    assert [envelope["kind"] for envelope in said(live)] == kinds


# -- P34: shapes

INCLUDED = [task("same"), task("same", changed=False)]
ROLE = {"roles__r__tasks__main": [task("in role")], "more": INCLUDED, "once": one_play(task("imported"))}
SHAPES: dict[str, tuple[t.Any, int, int]] = {
    "three plays": (one_play(task()) + one_play(task()) + one_play(task(changed=False)), 2, 2),
    "serial": (one_play(task(), serial=1), 1, 2),
    "free": (
        one_play(
            task(notify="h"),
            task("once", run_once=True),
            handlers=[task("h")],
            strategy="ansible.builtin.free",
        ),
        3,
        2,
    ),
    "host_pinned": (one_play(task(), strategy="ansible.builtin.host_pinned"), 1, 2),
    "looped includes": (one_play({"include_tasks": "more.yml", "loop": [1, 2]}), 1, 2),
    "includes by host": (one_play({"include_tasks": "{{ 'more.yml' }}", **ON_FIRST}, task()), 2, 2),
    "imported tasks": (one_play({"import_tasks": "more.yml"}, {"import_tasks": "more.yml"}), 1, 2),
    "roles twice": (one_play({"include_role": {"name": "r"}}, {"include_role": {"name": "r"}}), 1, 2),
    "roles": (one_play(roles=["r"]), 1, 2),
    "delegated in a loop": (one_play(task(delegate_to="host2", loop=[1, 2], **ON_FIRST)), 1, 1),
    "delegated elsewhere": (one_play(task(delegate_to="elsewhere", **ON_FIRST)), 1, 1),
    "delegated facts": (one_play(task(delegate_to="host2", delegate_facts=True, run_once=True)), 1, 1),
    "run_once": (one_play(task(run_once=True)), 1, 1),
    "end_play": (one_play(task(), {"meta": "end_play"}, task("never")), 1, 2),
    "end_host": (one_play({"meta": "end_host", **ON_FIRST}, task()), 1, 1),
    "handlers": (one_play(task(notify="h"), handlers=[task("h")]), 2, 2),
    "listening handlers": (one_play(task(notify="t"), handlers=[task("a", listen="t"), task("b", listen="t")]), 3, 2),
    "flushed handlers": (one_play(task(notify="h"), {"meta": "flush_handlers"}, handlers=[task("h")]), 2, 2),
    "loop": (one_play(task(loop=[1, 2, 3], changed=False), task("b", loop=[1, 2])), 1, 2),
    "until": (one_play(task(until=True, retries=2, delay=0)), 1, 2),
    "skipped": (one_play(task(when=False), task("b")), 1, 2),
    "imported playbooks": ([{"import_playbook": "once.yml"}, {"import_playbook": "once.yml"}], 1, 2),
    "pre and post": ([{**one_play(task())[0], "pre_tasks": [task("a")], "post_tasks": [task("b")]}], 3, 2),
    "same names": (one_play(task("same"), task("same"), task("same")), 3, 2),
    "blocks": (one_play({"block": [task()], "rescue": [task("no")], "always": [task("always")]}), 2, 2),
    "more forks": (one_play(task(), task("b")), 2, 2),
}


@pytest.mark.parametrize("name", SHAPES)
def test_one_event_for_a_run_of_any_shape(live: World, tmp_path: Path, name: str) -> None:
    """P34: totals equal the recap; the same task is one entry, however often it ran; inventory hosts are counted."""
    book, tasks, hosts = SHAPES[name]
    lay_out(tmp_path, book, **ROLE)
    result = announced(live, tmp_path, None, **TASKS)
    assert result.code == 0
    envelope = only(live)
    assert envelope["kind"] == "changed"
    agrees(envelope, result.recap)
    assert envelope["summary"]["changed_tasks"] == tasks == len(envelope["changes"])
    assert envelope["summary"]["changed_hosts"] == hosts
    assert {name for change in envelope["changes"] for name in change["hosts"]} <= {"host1", "host2"}
    assert all("/" not in change["file"].partition("/")[0] for change in envelope["changes"])


def test_the_number_of_plays(live: World, tmp_path: Path) -> None:
    """Batches of `serial` are one play; a play that is imported twice is two."""
    lay_out(tmp_path, [*one_play(task(), serial=1), *SHAPES["imported playbooks"][0]], **ROLE)
    announced(live, tmp_path, None)
    assert only(live)["summary"]["plays"] == 3


NOTHING: dict[str, tuple[t.Any, tuple[str, ...], int]] = {
    "no host": ([{"hosts": "nobody", "gather_facts": False, "tasks": [task()]}], (), 0),
    "empty inventory": (one_play(task()), (), 0),
    "limit": (one_play(task()), ("--limit", "nobody"), 1),
    "tags": (one_play(task()), ("--tags", "nothing"), 0),
    "no tasks": (one_play(), (), 0),
    "end_play at once": (one_play({"meta": "end_play"}, task()), (), 0),
    "syntax check": (one_play(task()), ("--syntax-check",), 0),
    "list of tasks": (one_play(task()), ("--list-tasks",), 0),
    "list of hosts": (one_play(task()), ("--list-hosts",), 0),
    "unchanged": (one_play(task(changed=False)), (), 0),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_run_that_does_nothing(live: World, tmp_path: Path, name: str) -> None:
    """Defined answers: no event, no request, no word."""
    book, words, code = NOTHING[name]
    lay_out(tmp_path, book, hosts=0 if name == "empty inventory" else 2)
    result = announced(live, tmp_path, None, *words, "play.yml")
    assert result.code == code
    assert said(live) == []
    assert live.requests() == []


@pytest.mark.parametrize("name", ["no host", "tags", "no tasks", "end_play at once", "unchanged"])
def test_always_is_each_run_that_reaches_a_host(live: World, tmp_path: Path, name: str) -> None:
    book, words, _code = NOTHING[name]
    lay_out(tmp_path, book)
    announced(live, tmp_path, None, *words, "play.yml", **ALWAYS)
    assert [envelope["kind"] for envelope in said(live)] == (["unchanged"] if name == "unchanged" else [])
