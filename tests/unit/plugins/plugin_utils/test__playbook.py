# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's objects of a run as plain facts: what was written, and nothing that was evaluated."""

from __future__ import annotations

import subprocess
import threading
import time
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.playbook import Place, Recap
from ansible_collections.infradispatch.github.plugins.plugin_utils import _playbook

SECRET = "ghp_" + "aB3dE6" * 6


class Task:
    """A task as far as it is looked at."""

    def __init__(self, written: t.Any = None, path: str = "/srv/site.yml:7", **fields: t.Any) -> None:
        """Take what was written and what Ansible made of it."""
        self._written, self._path = written, path
        known: dict[str, t.Any] = {"action": "debug", "no_log": None, "check_mode": None, "_role": None}
        vars(self).update({**known, **fields})

    def get_path(self) -> str:
        """Where it stands."""
        return self._path

    def get_ds(self) -> t.Any:
        """What was written."""
        return self._written

    def get_name(self) -> str:
        """What must not be asked for: it was evaluated."""
        raise AssertionError


@pytest.fixture(autouse=True)
def arguments(monkeypatch: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """The command line."""
    given: dict[str, t.Any] = {"check": False}
    monkeypatch.setattr(_playbook.context, "CLIARGS", given)
    return given


# -- a task


def test_a_task_is_what_was_written() -> None:
    role = SimpleNamespace(get_name=lambda: "web")
    task = Task({"name": "Set {{ password }}"}, path="/srv/roles/web/tasks/main.yml:12", action="copy", _role=role)
    assert _playbook.place_of(task, "/srv") == Place(
        "roles/web/tasks/main.yml", 12, "Set {{ password }}", "copy", "web", hidden=False, dry=False
    )


@pytest.mark.parametrize("written", [None, {}, {"name": None}, {"name": 5}, {"name": ["x"]}, ["name"], "name"], ids=str)
def test_a_task_without_a_written_name(written: t.Any) -> None:
    assert _playbook.place_of(Task(written), "/srv") == Place("site.yml", 7, "", "debug")


def test_a_marked_text_becomes_a_plain_one() -> None:
    """ansible-core marks texts with where they come from, and each holds on to that."""

    class Marked(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "evaluated"

    name = _playbook.place_of(Task({"name": Marked("as written")}), "/srv").name
    assert (name, name.__class__) == ("as written", str)


def test_an_action_with_a_template_has_no_name() -> None:
    assert _playbook.place_of(Task(action="{{ secret }}"), "/srv").action == ""


@pytest.mark.parametrize(("no_log", "hidden"), [(None, False), (False, False), (True, True), ("{{ x }}", True)])
def test_what_may_be_hidden_is_hidden(no_log: t.Any, hidden: bool) -> None:
    """A template counts as true: nobody knows what it will be for the next host."""
    assert _playbook.place_of(Task(no_log=no_log), "/srv").hidden is hidden


@pytest.mark.parametrize("run", [True, False])
@pytest.mark.parametrize("task", [True, False, None])
def test_a_run_in_check_mode_is_dry_whatever_its_tasks_are(
    arguments: dict[str, t.Any], run: bool, task: bool | None
) -> None:
    arguments["check"] = run
    assert _playbook.place_of(Task(check_mode=task), "/srv").dry is (run or task is True)
    assert _playbook.in_check_mode() is run


@pytest.mark.parametrize(("path", "line"), [("/srv/a.yml", 0), ("/srv/a.yml:x", 0), ("", 0), ("/srv/a:b.yml:3", 3)])
def test_a_place_without_a_line(path: str, line: int) -> None:
    assert _playbook.place_of(Task(path=path), "/srv").line == line


@pytest.mark.parametrize(
    ("path", "folder", "shown"),
    [
        ("/srv/site.yml", "/srv", "site.yml"),
        ("/srv/tasks/a.yml", "/srv", "tasks/a.yml"),
        ("/srv2/a.yml", "/srv", "a.yml"),
        ("/site.yml", "/", "site.yml"),
        ("/tasks/a.yml", "/", "tasks/a.yml"),
        ("/home/me/.ansible/roles/web/tasks/main.yml", "/srv", "roles/web/tasks/main.yml"),
        ("/c/ansible_collections/a/b/roles/web/tasks/main.yml", "/srv", "a/b/roles/web/tasks/main.yml"),
        ("/home/me/secret-project/a.yml", "/srv", "a.yml"),
        ("", "/srv", ""),
    ],
)
def test_the_rest_of_a_path_is_the_machines(path: str, folder: str, shown: str) -> None:
    assert _playbook.shown_file(path, folder) == shown


# -- a run


def test_a_playbook_is_claimed_once() -> None:
    """And is let go when its run is over."""
    one, other = Run(), Run()
    assert _playbook.claim(one)
    assert not _playbook.claim(one)
    assert _playbook.claim(other)
    before = len(_playbook._claimed)
    del one
    assert len(_playbook._claimed) == before - 1


class Run:
    """A thing that is equal to itself alone, as playbooks are."""


def test_the_file_of_a_playbook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert _playbook.file_of(SimpleNamespace(_file_name="site.yml")) == str(tmp_path / "site.yml")


def test_a_recap_is_the_sum_of_all_hosts() -> None:
    each = {"b": {"ok": 3, "changed": 1, "failures": 1, "unreachable": 0, "skipped": 2, "rescued": 1, "ignored": 4}}
    each["a"] = {"ok": 1, "changed": 1, "unreachable": 1}
    stats = SimpleNamespace(processed={"b": 1, "a": 1}, summarize=each.__getitem__)
    assert _playbook.recap_of(stats) == Recap(2, 4, 2, 1, 1, 2, 1, 4)
    assert _playbook.recap_of(SimpleNamespace(processed={}, summarize=None)) == Recap()


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        ({}, (False, False, False)),
        ({"tags": ("all",), "skip_tags": ()}, (False, False, False)),
        ({"tags": ["all", "canary"]}, (False, False, True)),
        ({"tags": ["all"], "skip_tags": ["canary"]}, (False, False, True)),
        ({"check": True, "subset": "canary"}, (True, True, False)),
        ({"subset": ""}, (False, False, False)),
    ],
)
def test_a_run_is_told_by_flags(
    arguments: dict[str, t.Any], given: dict[str, t.Any], flags: tuple[bool, bool, bool]
) -> None:
    arguments.update(given)
    assert _playbook.run_flags() == dict(zip(("check_mode", "limit", "tags"), flags, strict=True))


def test_a_text_is_clean_by_shape_and_by_what_ansible_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_playbook, "mask_secrets", None)
    assert _playbook.clean(f"with {SECRET} and hunter2") == "with ******** and hunter2"
    monkeypatch.setattr(_playbook, "mask_secrets", lambda text: text.replace("hunter2", "$REDACTED$"))
    assert _playbook.clean(f"with {SECRET} and hunter2") == "with ******** and $REDACTED$"


# -- git


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone without a commit."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def test_git_answers_for_its_folder(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    top = _playbook.git_in(str(clone))(["rev-parse", "--show-toplevel"])
    assert (top or "").strip() == str(clone.resolve())
    assert _playbook.git_in(str(clone))(["no-such-command"]) is None
    assert _playbook.git_in(str(clone / "nowhere"))(["status"]) is None


def test_a_hook_of_another_clone_does_not_answer(
    clone: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git tells its hooks by variables where they are; a playbook that one starts stands elsewhere."""
    other = tmp_path_factory.mktemp("other")
    subprocess.run(["git", "init", "-q", "--bare", str(other)], check=True)
    monkeypatch.setenv("GIT_DIR", str(other))
    assert (_playbook.git_in(str(clone))(["rev-parse", "--git-dir"]) or "").strip() == ".git"


def test_without_git_or_in_time_there_is_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _playbook.git_in(str(tmp_path))(["status"]) is None
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(_playbook, "_GIT_TIMEOUT", 0.2)
    began = time.monotonic()
    assert _playbook.git_in(str(tmp_path))(["status"]) is None
    assert time.monotonic() - began < 10


# -- the time limit


def test_work_in_time_gives_what_it_gives() -> None:
    assert _playbook.within(30, lambda: 5) == (5, None)


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_work_that_raises_gives_its_error(error: BaseException) -> None:
    def work() -> None:
        raise error

    assert _playbook.within(30, work) == (None, error)


def test_work_that_does_not_end_is_left_behind() -> None:
    go_on = threading.Event()
    began = time.monotonic()
    value, error = _playbook.within(0.05, lambda: go_on.wait(60))
    go_on.set()
    assert value is None
    assert isinstance(error, TimeoutError)
    assert time.monotonic() - began < 10
