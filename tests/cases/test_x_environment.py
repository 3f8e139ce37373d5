# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class X: where the callback runs. How it is enabled, and what a container or platform lacks (P35)."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import typing as t
from pathlib import Path

import pytest
from cases.support.announce import (
    CALLBACK,
    NAME,
    compared,
    lay_out,
    one_play,
    only,
    run,
    said,
    settings_of,
    task,
)
from cases.support.play import PLUGINS
from cases.support.world import World

SOURCE = Path(__file__).resolve().parents[2] / "plugins" / "callback" / f"{NAME}.py"
#: A user that nobody knows, who may do nothing special: where the kernel lets anybody make such a place.
NOBODY = ("unshare", "--user", "--map-user=54321")


def configured(folder: Path, **sections: dict[str, str]) -> str:
    """Write ansible.cfg and return its path."""
    parts = [
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())
        for name, lines in sections.items()
    ]
    (folder / "ansible.cfg").write_text("\n".join(parts))
    return str(folder / "ansible.cfg")


# -- how it is enabled

ENABLED: dict[str, tuple[dict[str, str], str, int]] = {
    "a: by full name in ansible.cfg": ({}, CALLBACK, 1),
    "b: by the environment": ({"ANSIBLE_CALLBACKS_ENABLED": CALLBACK}, "", 1),
    "b: both": ({"ANSIBLE_CALLBACKS_ENABLED": CALLBACK}, CALLBACK, 1),
    "c: not at all": ({}, "", 0),
    "d: twice": ({"ANSIBLE_CALLBACKS_ENABLED": f"{CALLBACK}, {CALLBACK}"}, "", 1),
    "d: twice in ansible.cfg": ({}, f"{CALLBACK},{CALLBACK}", 1),
    "e: by short name": ({"ANSIBLE_CALLBACKS_ENABLED": NAME}, "", 0),
    "f: by the old variable": ({"ANSIBLE_CALLBACK_WHITELIST": CALLBACK}, "", 0),
    "with another": ({"ANSIBLE_CALLBACKS_ENABLED": f"{CALLBACK},ansible.builtin.junit"}, "", 1),
}


@pytest.mark.parametrize("name", ENABLED)
def test_how_it_is_enabled(live: World, tmp_path: Path, name: str) -> None:
    env, listed, events = ENABLED[name]
    lay_out(tmp_path, one_play(task()))
    defaults = {"callbacks_enabled": listed} if listed else {}
    config = configured(tmp_path, defaults={"nocows": "true", **defaults})
    usual = {**settings_of(live), "ANSIBLE_CALLBACKS_ENABLED": "", "JUNIT_OUTPUT_DIR": str(tmp_path / "junit")}
    result = run(tmp_path, env={**usual, "ANSIBLE_CONFIG": config, **env})
    assert result.code == 0
    assert len(said(live)) == events
    assert result.warnings == []
    if name[0] == "c":
        assert result.stderr == ""
        assert live.requests() == []


@pytest.mark.parametrize("listed", [CALLBACK, f"{CALLBACK},{NAME}", f"{NAME},{CALLBACK}"])
def test_a_copy_beside_the_playbook(live: World, tmp_path: Path, listed: str) -> None:
    """P35 g: still one event, whichever of the two Ansible loads, or both."""
    lay_out(tmp_path, one_play(task()))
    (tmp_path / "callback_plugins").mkdir()
    shutil.copy(SOURCE, tmp_path / "callback_plugins")
    result = run(tmp_path, env=settings_of(live) | {"ANSIBLE_CALLBACKS_ENABLED": listed})
    assert result.code == 0, result.stderr
    assert len(said(live)) == 1
    assert result.stderr == ""


def test_a_copy_alone(live: World, tmp_path: Path) -> None:
    """By its short name, as long as the collection is there."""
    lay_out(tmp_path, one_play(task()))
    (tmp_path / "callback_plugins").mkdir()
    shutil.copy(SOURCE, tmp_path / "callback_plugins")
    result = run(tmp_path, env=settings_of(live) | {"ANSIBLE_CALLBACKS_ENABLED": NAME})
    assert result.code == 0, result.stderr
    assert len(said(live)) == 1


# -- settings


def test_all_options_by_the_environment(live: World, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(live.app.private_key)
    options = {
        "EVENT_TYPE": "playbook-{kind}",
        "CLIENT_PAYLOAD": '{"service": "web"}',
        "DISPATCH_ON": "changed",
        "EVIDENCE": "tasks",
        "INCLUDE_TASKS": "change",
        "INCLUDE_HOSTS": "host1",
        "INCLUDE_CONTROLLER": "true",
        "DEADLINE": "20",
        "APP_ID": live.app.client_id,
        "PRIVATE_KEY_PATH": str(tmp_path / "key.pem"),
        "INSTALLATION_ID": str(live.installation.id),
        "API_URL": live.github.base_url,
        "VALIDATE_CERTS": "true",
        "USE_PROXY": "false",
        "TIMEOUT": "10",
    }
    lay_out(tmp_path, one_play(task(), task("b")))
    given = {f"INFRADISPATCH_{name}": value for name, value in {"REPOSITORY": "acme/site", **options}.items()}
    result = run(tmp_path, env={**given, "ANSIBLE_CALLBACKS_ENABLED": CALLBACK})
    assert result.stderr == ""
    [(_where, event)] = live.github.world.events
    envelope = only(live)
    assert event.event_type == "playbook-changed"
    assert (event.client_payload or {})["service"] == "web"
    assert envelope["source"]["controller"]
    assert [(change["task"], change["hosts"]) for change in envelope["changes"]] == [("change", ["host1"])]


def test_all_options_by_the_file(live: World, tmp_path: Path) -> None:
    """Secrets stay out of it: their file is named there. The environment wins."""
    (tmp_path / "key.pem").write_text(live.app.private_key)
    options = {
        "repository": "acme/gone",
        "event_type": "playbook-{kind}",
        "client_payload": '{"service": "web"}',
        "dispatch_on": "changed, failed",
        "evidence": "tasks",
        "include_tasks": "change",
        "include_hosts": "host1",
        "include_controller": "false",
        "wait": "false",
        "deadline": "20",
        "app_id": live.app.client_id,
        "private_key_path": str(tmp_path / "key.pem"),
        "installation_id": str(live.installation.id),
        "api_url": live.github.base_url,
        "validate_certs": "true",
        "use_proxy": "false",
        "timeout": "10",
        "disabled": "false",
    }
    lay_out(tmp_path, one_play(task(), task("b")))
    config = configured(tmp_path, defaults={"callbacks_enabled": CALLBACK}, **{f"callback_{NAME}": options})
    result = run(tmp_path, env={"ANSIBLE_CONFIG": config, "INFRADISPATCH_REPOSITORY": "acme/site"})
    assert result.stderr == ""
    [(_where, event)] = live.github.world.events
    assert event.event_type == "playbook-changed"
    assert (event.client_payload or {})["service"] == "web"
    assert [change["task"] for change in only(live)["changes"]] == ["change"]


@pytest.mark.parametrize("switch", ["true", "1", "yes"])
def test_a_platform_can_switch_it_off(live: World, tmp_path: Path, switch: str) -> None:
    """Silently, whatever else is missing or wrong."""
    lay_out(tmp_path, one_play(task()))
    env = {"ANSIBLE_CALLBACKS_ENABLED": CALLBACK, "INFRADISPATCH_DISABLED": switch, "INFRADISPATCH_EVIDENCE": "x"}
    result = run(tmp_path, "-vvv", "-i", "hosts.yml", "play.yml", env=env)
    assert result.code == 0
    assert f"{NAME}:" not in result.stdout + result.stderr
    assert live.requests() == []


# -- standard output


@pytest.mark.parametrize("verbosity", [(), ("-v",), ("-vvv",)])
@pytest.mark.parametrize("wrong", [False, True])
def test_json_on_standard_output_stays_json(
    live: World, tmp_path: Path, verbosity: tuple[str, ...], wrong: bool
) -> None:
    """Also when something is told, or goes wrong."""
    lay_out(tmp_path, one_play(task()))
    env = settings_of(live, ANSIBLE_STDOUT_CALLBACK="one_json", ANSIBLE_CALLBACK_PLUGINS=str(PLUGINS))
    env |= {"INFRADISPATCH_REPOSITORY": "acme/gone"} if wrong else {}
    result = run(tmp_path, *verbosity, "-i", "hosts.yml", "play.yml", env=env)
    lines = result.stdout.splitlines()
    assert json.loads(lines[-1])["stats"]["host1"]["changed"] == 1
    assert verbosity or len(lines) == 1  # Ansible itself says more there when it is asked to
    assert NAME not in result.stdout.replace(CALLBACK, "").replace(str(SOURCE.name), "")
    assert len(result.warnings) == wrong
    assert len(said(live)) == (not wrong)


# -- what containers lack


@pytest.fixture
def brief() -> t.Iterator[Path]:
    """A folder with a brief name, for TMPDIR: the path of the socket that ansible-core puts there has to be short."""
    with tempfile.TemporaryDirectory(prefix="x-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("home", "tmp", "nobody"),
    [
        ("", None, False),
        ("/nonexistent", None, False),
        ("", None, True),
        ("/nonexistent", None, True),
        ("readonly", None, True),
        ("readonly", "readonly", True),
    ],
)
def test_what_a_container_lacks(
    live: World, tmp_path: Path, brief: Path, home: str, tmp: str | None, nobody: bool
) -> None:
    """A home, a place for temporary files, an entry for the user. Ansible itself needs a place, the callback none."""
    if nobody and subprocess.run([*NOBODY, "true"], capture_output=True, check=False).returncode:
        pytest.skip("nobody may make a user namespace here")
    readonly = brief / "readonly"
    readonly.mkdir(mode=0o555)
    lay_out(tmp_path, one_play(task()))
    env = settings_of(live, ANSIBLE_HOME=str(tmp_path / "state"), PYTHONDONTWRITEBYTECODE="1")
    env["HOME"] = str(readonly) if home == "readonly" else home
    env |= {"TMPDIR": str(readonly)} if tmp else {}
    env |= {"LOGNAME": "nobody"} if nobody else {}  # without it, ansible-core 2.19 itself gives up
    result = compared(tmp_path, env=env, before=NOBODY if nobody else ())
    assert result.code == 0
    assert len(said(live)) == 1, result.stderr
    assert result.warnings == []
    assert list(readonly.iterdir()) == []


def test_it_writes_no_file(live: World, tmp_path: Path, brief: Path) -> None:
    """Neither in the home, nor beside the playbook, nor among temporary files."""
    left = {}
    for name, enabled in (("without", ""), ("with", CALLBACK)):
        place = tmp_path / name
        temporary = brief / name
        temporary.mkdir()
        lay_out(place, one_play(task()))
        env = settings_of(live, TMPDIR=str(temporary), PYTHONDONTWRITEBYTECODE="1")
        run(place, env={**env, "ANSIBLE_CALLBACKS_ENABLED": enabled, "INFRADISPATCH_WAIT": "true"})
        left[name] = sorted(str(path.relative_to(place)) for path in place.rglob("*"))
        left[name] += sorted(str(path.relative_to(temporary)) for path in temporary.rglob("*"))
    assert left["with"] == left["without"]
    assert len(said(live)) == 1


def test_standard_output_that_nobody_reads(live: World, tmp_path: Path) -> None:
    """A closed pipe is Ansible's affair; the event is sent."""
    lay_out(tmp_path, one_play(task()))
    words = ("/bin/sh", "-c", 'exec "$@" >&-', "sh")
    result = run(tmp_path, env=settings_of(live), before=words)
    without = run(tmp_path, env={}, before=words)
    assert result.code == without.code
    assert len(said(live)) == (result.code == 0)


def test_a_locale_without_unicode(live: World, tmp_path: Path) -> None:
    """Names of tasks hold anything; Ansible asks for UTF-8 itself."""
    lay_out(tmp_path, one_play(task("Änderung ☃ \U0001f600")))
    run(tmp_path, env=settings_of(live, LC_ALL="C.UTF-8", INFRADISPATCH_EVIDENCE="tasks"))
    assert [change["task"] for change in only(live)["changes"]] == ["Änderung ☃ \U0001f600"]
