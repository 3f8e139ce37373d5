# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class A: what a run is. Several playbooks, the same drift again, filters, where it comes from, other programs."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from cases.support.announce import (
    CALLBACK,
    NAME,
    agrees,
    compared,
    failing,
    lay_out,
    one_play,
    only,
    run,
    said,
    settings_of,
    task,
    totals,
)
from cases.support.play import PYTHON, environment
from cases.support.world import World

TASKS = {"INFRADISPATCH_EVIDENCE": "tasks"}


# -- several playbooks


def test_several_playbooks_in_one_command(live: World, tmp_path: Path) -> None:
    """Each is a run of its own, with its own numbers: Ansible's recaps add up."""
    second = [{**one_play(task(), task("b"))[0], "hosts": "host1"}]
    lay_out(tmp_path, one_play(task()), second=second, third=one_play(task(changed=False)))
    result = compared(tmp_path, "play.yml", "second.yml", "third.yml", env=settings_of(live))
    first, other = said(live)
    assert [first["source"]["name"], other["source"]["name"]] == ["play.yml", "second.yml"]
    assert (first["summary"]["hosts"], first["summary"]["changed"], first["summary"]["ok"]) == (2, 2, 2)
    assert (other["summary"]["hosts"], other["summary"]["changed"], other["summary"]["ok"]) == (1, 2, 2)
    assert result.recap["changed"] == 4
    assert first["key"] != other["key"]
    assert result.warnings == []


def test_the_first_of_several_playbooks_fails(live: World, tmp_path: Path) -> None:
    """Ansible does not start the second."""
    lay_out(tmp_path, one_play(task(), failing()), second=one_play(task()))
    result = compared(tmp_path, "play.yml", "second.yml", env=settings_of(live))
    assert result.code == 2
    assert only(live)["source"]["name"] == "play.yml"


def test_a_playbook_twice_in_one_command(live: World, tmp_path: Path) -> None:
    lay_out(tmp_path, one_play(task()))
    compared(tmp_path, "play.yml", "play.yml", env=settings_of(live))
    first, second = said(live)
    assert first["key"] == second["key"]
    assert first["id"] != second["id"]
    assert first["summary"]["hosts"] == second["summary"]["hosts"] == 2


def test_what_ends_without_a_recap(live: World, tmp_path: Path) -> None:
    """Documented: Ansible gives up before the recap, as for a run that is interrupted. No event, and no hang."""
    book = [*one_play(task()), {"hosts": "{{ nowhere }}", "gather_facts": False, "tasks": []}]
    lay_out(tmp_path, book)
    result = compared(tmp_path, env=settings_of(live))
    assert result.code != 0
    assert "PLAY RECAP" not in result.stdout
    assert said(live) == []


# -- the fingerprint


def keys(world: World, folder: Path, *rows: tuple[t.Any, tuple[str, ...]], hosts: int = 2) -> list[str]:
    """The keys of runs, one after the other, each of a playbook and with more words on the command line."""
    for book, words in rows:
        lay_out(folder, book, hosts)
        result = run(folder, "-i", "hosts.yml", *words, "play.yml", env=settings_of(world))
        assert result.code == 0, result.stderr
    return [envelope["key"] for envelope in said(world)]


def test_the_same_drift_has_the_same_key(live: World, tmp_path: Path) -> None:
    """Found again, on hosts in another order, and then mended by a real run."""
    book = one_play(task(), task("b", when="inventory_hostname != 'host1'"))
    found = keys(live, tmp_path, (book, ("--check",)), (book, ("--check", "--forks", "1")), (book, ()), hosts=3)
    assert len(found) == 3
    assert len(set(found)) == 1
    assert [envelope["kind"] for envelope in said(live)] == ["drift", "drift", "changed"]


def test_another_change_has_another_key(live: World, tmp_path: Path) -> None:
    """Other hosts, other tasks, another name, another place."""
    book = one_play(task(), task("b"))
    found = keys(
        live,
        tmp_path,
        (book, ("--check",)),
        (book, ("--check", "--limit", "host1")),
        (book, ("--check", "--limit", "host2")),
        (one_play(task()), ("--check",)),
        (one_play(task("other")), ("--check",)),
        (one_play(task(changed=False), task("other")), ("--check",)),
    )
    assert len(set(found)) == 6


# -- filters and facts


@pytest.mark.parametrize(
    ("env", "tasks", "hosts"),
    [
        ({}, 3, 2),
        ({"INFRADISPATCH_INCLUDE_TASKS": "change"}, 1, 2),
        ({"INFRADISPATCH_INCLUDE_TASKS": "r : *,b"}, 2, 2),
        ({"INFRADISPATCH_INCLUDE_TASKS": "ansible.builtin.debug"}, 3, 2),
        ({"INFRADISPATCH_INCLUDE_HOSTS": "*2"}, 3, 1),
        ({"INFRADISPATCH_INCLUDE_TASKS": "nothing"}, 0, 0),
        ({"INFRADISPATCH_INCLUDE_HOSTS": "nobody"}, 0, 0),
    ],
)
def test_filters(live: World, tmp_path: Path, env: dict[str, str], tasks: int, hosts: int) -> None:
    book = one_play(task(), task("b"), {"ansible.builtin.import_role": {"name": "r"}})
    lay_out(tmp_path, book, roles__r__tasks__main=[task("in role")])
    run(tmp_path, env=settings_of(live, **env, **TASKS))
    assert [envelope["summary"]["changed_tasks"] for envelope in said(live)] == ([tasks] if tasks else [])
    assert [envelope["summary"]["changed_hosts"] for envelope in said(live)] == ([hosts] if tasks else [])


def test_what_the_summary_and_the_source_tell(live: World, tmp_path: Path) -> None:
    """Flags of the run, the checkout, the job; no path of the machine."""
    book = one_play(task(tags="t"), task("b", when="inventory_hostname == 'host1'", tags="t"))
    lay_out(tmp_path / "site", book)
    repository(tmp_path / "site")
    job = {"CI_JOB_URL": "https://gitlab.example.com/acme/site/-/jobs/7"}
    words = ("-i", "hosts.yml", "--limit", "host1,host2", "--tags", "t", "play.yml")
    result = run(tmp_path / "site", *words, env=settings_of(live, **job, **TASKS))
    envelope = only(live)
    agrees(envelope, result.recap)
    summary = envelope["summary"]
    assert {name: summary[name] for name in ("check_mode", "limit", "tags", "dirty", "plays")} == {
        "check_mode": False,
        "limit": True,
        "tags": True,
        "dirty": False,
        "plays": 1,
    }
    assert 0 <= summary["duration"] < 100
    head = git(tmp_path / "site", "rev-parse", "HEAD")
    assert envelope["source"] == {
        "tool": "ansible",
        "name": "play.yml",
        "repository": "acme/playbooks",
        "ref": "refs/heads/main",
        "sha": head,
        "url": "https://gitlab.example.com/acme/site/-/jobs/7",
    }
    assert str(tmp_path) not in json.dumps(envelope)
    assert [(change["task"], change["host_count"]) for change in envelope["changes"]] == [("change", 2), ("b", 1)]


def repository(folder: Path) -> None:
    """Make a folder a clone with one commit."""
    git(folder, "init", "-q", "-b", "main")
    git(folder, "remote", "add", "origin", "git@github.com:acme/playbooks.git")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "x")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, env=environment(folder), capture_output=True, check=True)
    return done.stdout.decode().strip()


# -- what is said, and waiting


def test_nothing_is_said_unless_asked(live: World, tmp_path: Path) -> None:
    lay_out(tmp_path, one_play(task()))
    result = run(tmp_path, env=settings_of(live))
    assert NAME not in result.stdout + result.stderr
    assert result.stderr == ""


def test_verbose_says_what_was_sent(live: World, tmp_path: Path) -> None:
    lay_out(tmp_path, one_play(task()))
    result = run(tmp_path, "-v", "-i", "hosts.yml", "play.yml", env=settings_of(live))
    assert f"{NAME}: ansible-changed for acme/site: accepted, id {only(live)['id']}" in result.stderr
    assert NAME not in result.stdout


def test_waiting_tells_the_run(live: World, tmp_path: Path) -> None:
    lay_out(tmp_path, one_play(task()))
    result = run(tmp_path, "-v", "-i", "hosts.yml", "play.yml", env=settings_of(live, INFRADISPATCH_WAIT="true"))
    link = live.github.runs("acme/site")[-1]
    assert "succeeded" in result.stderr
    assert f"/acme/site/actions/runs/{link.id}" in result.stderr
    assert result.warnings == []
    assert NAME not in result.stdout


# -- other programs


def test_ansible_pull(live: World, tmp_path: Path) -> None:
    """The checkout that it made is where the change comes from; its own ad hoc task is no run."""
    source = tmp_path / "source"
    lay_out(source, one_play(task()))
    (source / "hosts").write_text(f"localhost ansible_connection=local ansible_python_interpreter={PYTHON}\n")
    repository(source)
    head = git(source, "rev-parse", "HEAD")
    lay_out(tmp_path, [])
    words = ("-U", str(source), "-d", str(tmp_path / "there"), "-i", str(source / "hosts"), "play.yml")
    result = run(tmp_path, *words, env=settings_of(live), program="ansible-pull")
    assert result.code == 0, result.stdout + result.stderr
    envelope = only(live)
    assert envelope["kind"] == "changed"
    assert envelope["source"]["name"] == "play.yml"
    assert envelope["source"]["sha"] == head
    agrees(envelope, totals(result.stdout))


def test_ansible_runner(live: World, tmp_path: Path) -> None:
    """As automation platforms start playbooks: with a callback for standard output of their own."""
    lay_out(tmp_path / "project", one_play(task()))
    program = (
        "import json, sys, ansible_runner\n"
        "given = dict(private_data_dir=sys.argv[1], inventory=sys.argv[2], playbook='play.yml')\n"
        "done = ansible_runner.run(quiet=True, **given)\n"
        "print(json.dumps([done.rc, done.status, done.stats, sum(1 for _ in done.events)]))\n"
    )
    words = [sys.executable, "-c", program, str(tmp_path), str(tmp_path / "project" / "hosts.yml")]
    ended = {}
    for enabled in ("", CALLBACK):
        env = {**environment(tmp_path), **settings_of(live), "ANSIBLE_CALLBACKS_ENABLED": enabled}
        env = {name: value for name, value in env.items() if value}
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=True, timeout=120)
        ended[enabled] = json.loads(done.stdout.splitlines()[-1])
    assert ended[""] == ended[CALLBACK]
    assert ended[CALLBACK][:2] == [0, "successful"]
    envelope = only(live)
    assert envelope["summary"]["changed"] == sum(ended[CALLBACK][2]["changed"].values()) == 2


def test_ad_hoc_commands_are_no_runs(live: World, tmp_path: Path) -> None:
    """Unless the user lets callbacks look at them; then a command is a playbook without a file."""
    lay_out(tmp_path, [])
    words = ("-i", "hosts.yml", "all", "-m", "ansible.builtin.command", "-a", "true")
    run(tmp_path, *words, env=settings_of(live), program="ansible")
    assert said(live) == []
    result = run(tmp_path, *words, env=settings_of(live, ANSIBLE_LOAD_CALLBACK_PLUGINS="1"), program="ansible")
    assert result.code == 0
    assert only(live)["kind"] == "changed"
    assert result.warnings == []
