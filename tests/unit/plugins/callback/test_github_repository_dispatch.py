# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback: it looks at results as little as it can, and nothing that goes wrong in it reaches the run."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
import yaml

from ansible_collections.infradispatch.github.plugins.callback import github_repository_dispatch as face
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._module import CONNECTION_SPEC, NOTIFY_SPEC
from ansible_collections.infradispatch.github.plugins.plugin_utils import _playbook

SECRET = "ghp_" + "aB3dE6" * 6
DEFAULTS = {name: option.get("default") for name, option in yaml.safe_load(face.DOCUMENTATION)["options"].items()}


class Display:
    """What is shown, and where."""

    def __init__(self) -> None:
        """Be as quiet as usual."""
        self.verbosity = 0
        self.shown: list[tuple[str, bool]] = []
        self.warned: list[str] = []

    def display(self, text: str, *, stderr: bool = False) -> None:
        """Show a line."""
        self.shown.append((text, stderr))

    def warning(self, text: str) -> None:
        """Warn."""
        self.warned.append(text)


class Playbook:
    """A playbook as far as it is looked at."""

    _file_name = "/srv/site.yml"


class Task:
    """A task as far as it is looked at."""

    action, no_log, check_mode = "copy", None, None

    def __init__(self, uuid: str = "1", line: int = 1) -> None:
        """Stand at a line."""
        self._uuid, self.line = uuid, line
        self.looked = 0

    def get_path(self) -> str:
        """Where it stands."""
        self.looked += 1
        return f"/srv/site.yml:{self.line}"

    def get_ds(self) -> dict[str, str]:
        """What was written."""
        return {"name": "Change"}


class Result:
    """A result that must not be looked into."""

    def __init__(self, task: t.Any, host: str = "web1", *, changed: bool = True) -> None:
        """Belong to a task and a host."""
        self._task, self._host, self._changed = task, SimpleNamespace(name=host), changed

    def is_changed(self) -> bool:
        """Whether something was changed."""
        return self._changed


class Stats:
    """The recap of one host."""

    def __init__(self, **counts: int) -> None:
        """Count."""
        self.processed, self.counts = {"web1": 1}, counts

    def summarize(self, _host: str) -> dict[str, int]:
        """Return the counts."""
        return self.counts


class Made:
    """What stands in for an announcement."""

    def __init__(self, gatherer: t.Any) -> None:
        """Gather for real."""
        self.given, self.calls = gatherer, []

    def gatherer(self) -> t.Any:
        """Return what gathers."""
        return self.given()

    def make(self, gatherer: t.Any, recap: t.Any, facts: t.Any, *, show: t.Any, warn: t.Any) -> None:
        """Note what is announced."""
        self.calls.append((gatherer.counts(), recap, facts))
        show(f"sent {SECRET}")


@pytest.fixture(autouse=True)
def arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line."""
    monkeypatch.setattr(_playbook.context, "CLIARGS", {})


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """Announce to nobody."""
    announcement = Made(face.Gatherer)
    monkeypatch.setattr(face, "Announcement", lambda _options, _playbook: announcement)
    return announcement


def loaded(**options: t.Any) -> t.Any:
    """Return the callback as Ansible loads it."""
    callback = face.CallbackModule(display=Display())
    given = {**dict.fromkeys((*CONNECTION_SPEC, *NOTIFY_SPEC)), **DEFAULTS, **options}
    callback.get_option = given.__getitem__  # type: ignore[method-assign] # no loader is here
    return callback


def played(callback: t.Any, *results: Result, stats: Stats | None = None) -> None:
    """Play a playbook to its end."""
    callback.v2_playbook_on_start(Playbook())
    callback.v2_playbook_on_play_start(SimpleNamespace(_uuid="play"))
    for result in results:
        callback.v2_runner_on_ok(result)
    callback.v2_playbook_on_stats(stats or Stats(ok=1))


def test_changes_are_gathered_and_announced(made: Made) -> None:
    task, other = Task("1", 1), Task("2", 2)
    results = [Result(task), Result(task, "web2"), Result(task), Result(other, changed=False), Result(Task("3", 3))]
    played(loaded(), *results, stats=Stats(ok=5, changed=4))
    ((counts, recap, facts),) = made.calls
    assert counts == {"changed_tasks": 2, "changed_hosts": 2}
    assert (recap.ok, recap.changed) == (5, 4)
    assert facts["plays"] == 1
    assert facts["duration"] >= 0
    assert (task.looked, other.looked) == (1, 0)  # once for a task, and never for one that changed nothing


@pytest.mark.parametrize(("ignored", "changed", "expected"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_a_failed_task_counts_as_the_recap_counts_it(made: Made, ignored: bool, changed: bool, expected: int) -> None:
    callback = loaded()
    callback.v2_playbook_on_start(Playbook())
    callback.v2_runner_on_failed(Result(Task(), changed=changed), ignore_errors=ignored)
    callback.v2_playbook_on_stats(Stats(ok=1))
    assert made.calls[0][0]["changed_tasks"] == expected


def test_batches_of_a_play_are_one_play(made: Made) -> None:
    callback = loaded()
    callback.v2_playbook_on_start(Playbook())
    for uuid in ("a", "a", "b"):
        callback.v2_playbook_on_play_start(SimpleNamespace(_uuid=uuid))
    callback.v2_playbook_on_stats(Stats(ok=1))
    assert callback._display.warned == []
    assert made.calls[0][2]["plays"] == 2


def test_each_playbook_of_a_command_is_a_run_of_its_own(made: Made) -> None:
    """While Ansible goes on counting."""
    callback = loaded()
    played(callback, Result(Task()), stats=Stats(ok=3, changed=1))
    played(callback, stats=Stats(ok=7, changed=1))
    assert [(counts["changed_tasks"], recap.ok, recap.changed) for counts, recap, _facts in made.calls] == [
        (1, 3, 1),
        (0, 4, 0),
    ]


def test_a_run_that_reached_no_host_is_not_announced(made: Made) -> None:
    """A limit that matches nothing; of a second playbook, hosts of the first don't count."""
    callback = loaded()
    played(callback, stats=Stats())
    assert made.calls == []
    played(callback, stats=Stats(ok=2))
    played(callback, stats=Stats(ok=2))
    assert len(made.calls) == 1
    assert made.calls[0][1].hosts == 1


def test_a_second_copy_is_silent(made: Made) -> None:
    playbook, copies = Playbook(), [loaded(), loaded()]
    for callback in copies:
        callback.v2_playbook_on_start(playbook)
    for callback in copies:
        callback.v2_playbook_on_stats(Stats(ok=1))
    assert len(made.calls) == 1


def test_disabled_is_silent(made: Made) -> None:
    callback = loaded(disabled=True)
    played(callback, Result(Task()))
    assert made.calls == []
    assert callback._display.warned == []


def test_what_is_missing_is_one_warning_and_silence_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_options: t.Any, _playbook: str) -> t.NoReturn:
        raise InvalidInput(f"No repository in {SECRET} .", "Give one.")

    monkeypatch.setattr(face, "Announcement", refuse)
    callback = loaded()
    callback.v2_playbook_on_start(Playbook())
    task = Task()
    callback.v2_runner_on_ok(Result(task))
    callback.v2_runner_on_failed(Result(task), ignore_errors=True)
    callback.v2_playbook_on_stats(Stats(ok=1))
    assert callback._display.warned == [
        "github_repository_dispatch: No event will be sent: No repository in ******** . Give one."
    ]
    assert task.looked == 0


def test_the_real_announcement_gets_plain_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every option that it takes, and none of those that are the callback's own business."""
    callback = loaded(repository="acme/site", token=SECRET, client_payload={"a": [1]})
    callback.v2_playbook_on_start(Playbook())
    assert callback._display.warned == []
    settings = callback._settings()
    assert settings["client_payload"] == {"a": [1]}
    assert set(settings) == set(DEFAULTS) - {"disabled"} | {*CONNECTION_SPEC, *NOTIFY_SPEC}


def test_a_mistake_at_the_end_is_a_warning(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: t.Any, **_named: t.Any) -> t.NoReturn:
        raise KeyError(SECRET)

    monkeypatch.setattr(made, "make", broken)
    callback = loaded()
    played(callback, Result(Task()))
    (warning,) = callback._display.warned
    assert warning.startswith("github_repository_dispatch: No event was sent, by a mistake in this callback: KeyError")
    assert SECRET not in warning


def test_a_result_that_is_not_understood_is_told_once(made: Made) -> None:
    """And the others are announced."""
    callback = loaded()
    played(callback, Result(SimpleNamespace(_uuid="x")), Result(SimpleNamespace(_uuid="y")), Result(Task()))
    (warning,) = callback._display.warned
    assert "Not every change could be noted: AttributeError" in warning
    assert made.calls[0][0]["changed_tasks"] == 1


def test_tasks_that_are_not_asked_for_are_looked_at_once(made: Made) -> None:
    made.given = lambda: face.Gatherer(["no"])
    task = Task()
    played(loaded(), Result(task), Result(task))
    assert made.calls[0][0] == {"changed_tasks": 0, "changed_hosts": 0}
    assert task.looked == 1


def test_what_is_at_hand_of_tasks_has_an_end(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Included files make new tasks all the time; where they stand stays the same."""
    monkeypatch.setattr(face, "_TASKS_AT_HAND", 3)
    callback = loaded()
    played(callback, *(Result(Task(str(number), line=1)) for number in range(10)))
    assert len(callback._tasks) <= 3
    assert made.calls[0][0]["changed_tasks"] == 1


@pytest.mark.parametrize(("verbosity", "shown"), [(0, []), (1, [("github_repository_dispatch: sent ********", True)])])
def test_who_asks_for_more_is_told_on_standard_error(made: Made, verbosity: int, shown: list[t.Any]) -> None:
    """Standard output may be somebody's JSON."""
    callback = loaded()
    callback._display.verbosity = verbosity
    played(callback)
    assert callback._display.shown == shown


def test_only_what_is_needed_is_asked_of_ansible() -> None:
    """Each method costs something for each event of its kind, whatever it does; old ones are on their way out."""
    own = {name for name in vars(face.CallbackModule) if name.startswith(("v2_", "playbook_", "runner_"))}
    assert own == {
        "v2_playbook_on_start",
        "v2_playbook_on_play_start",
        "v2_runner_on_ok",
        "v2_runner_on_failed",
        "v2_playbook_on_stats",
    }
    assert face.CallbackModule.CALLBACK_NEEDS_ENABLED is True


def test_no_option_is_required_and_secrets_are_in_no_ini_file() -> None:
    """A missing required option would be Ansible's own warning, that helps nobody."""
    options = yaml.safe_load(face.DOCUMENTATION)["options"]
    assert not [name for name, option in options.items() if option.get("required")]
    assert all("env" in option for option in options.values())
    assert not [name for name in NOTIFY_SPEC if "ini" in options[name]]
