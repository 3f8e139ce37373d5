# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class X, libraries: what is missing where a plugin runs is named, and a token needs no cryptography (P04)."""

from __future__ import annotations

import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from cases.support import expect
from cases.support.play import BIN, LOOKUP, MODULE, Played, clean, dispatch, environment, on_localhost, play
from cases.support.world import World

from emulator import Emulator

ABSENT = "raise ModuleNotFoundError(f'No module named {__name__!r}', name=__name__)\n"
#: What stands in the way, as files that come first on the path of every Python.
BLOCKED: dict[str, dict[str, str]] = {
    "a": {"jwt/__init__.py": ABSENT, "cryptography/__init__.py": ABSENT},
    "b": {"cryptography/__init__.py": ABSENT},
    "c": {"jwt.py": "VERSION = 1\n"},
    "requests": {"requests/__init__.py": ABSENT},
}
#: The library that has to be named.
NAMED = {"a": "PyJWT", "b": "cryptography", "c": "PyJWT", "requests": "requests"}


def blocked(folder: Path, name: str) -> str:
    """Lay the files out and return their folder."""
    for path, text in BLOCKED[name].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="ascii")
    return str(folder)


def tasks() -> list[dict[str, t.Any]]:
    event = {"repository": "acme/site", "event_type": "infra-changed"}
    made = "{{ lookup('%s', 'acme/site') | length }}" % LOOKUP  # noqa: UP031
    return [
        dispatch("app here", event),
        dispatch("app other", event, delegate_to="other"),
        dispatch("token here", {**event, "token": "{{ pat }}", "event_type": "by-token-here"}),
        dispatch("token other", {**event, "token": "{{ pat }}", "event_type": "by-token-other"}, delegate_to="other"),
        {"name": "lookup", "ansible.builtin.set_fact": {"made": made}, "ignore_errors": True},
    ]


Tried = tuple[str, Played, World]


@pytest.fixture(scope="module", params=sorted(BLOCKED))
def tried(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[tuple[str, Played, World]]:
    """One play for each thing that is missing."""
    name = request.param
    folder = tmp_path_factory.mktemp("missing")
    with Emulator(run_delay=0.0) as github:
        world = World.build(github, frozen=False)
        env = world.env(PYTHONPATH=blocked(folder / "blocked", name))
        yield name, play(folder, on_localhost(tasks()), secrets={"pat": world.pat}, env=env), world


@pytest.mark.parametrize("where", ["here", "other"])
def test_the_missing_library_is_named(tried: Tried, where: str) -> None:
    """P04 a-c: in the standard words, with the interpreter, the host, and the name for pip."""
    name, played, world = tried
    result = played.of(f"app {where}")
    clean(result)
    says = [rf"Failed to import the required Python library \({NAMED[name]}\) on \S+'s Python \S+"]
    expect.failure(result, "missing_library", says=says)
    assert sys.executable in result["msg"]
    assert result["error"]["library"] == NAMED[name]
    expect.nothing_secret(world, played.text)


def test_the_lookup_says_the_same(tried: Tried) -> None:
    name, played, _world = tried
    result = played.of("lookup")
    assert result["failed"]
    assert f"Failed to import the required Python library ({NAMED[name]})" in result["msg"]
    assert "[missing_library]" in result["msg"]
    assert "Traceback" not in played.text


@pytest.mark.parametrize("where", ["here", "other"])
def test_a_token_needs_neither(tried: Tried, where: str) -> None:
    """P04 d."""
    name, played, world = tried
    result = played.of(f"token {where}")
    arrived = [event for _where, event in world.github.world.events if event.event_type == f"by-token-{where}"]
    if name == "requests":
        expect.failure(result, "missing_library", says=["requests"])
        assert arrived == []
    else:
        assert result["outcome"] == "accepted"
        assert len(arrived) == 1


def test_nothing_was_asked_for_the_app(tried: Tried) -> None:
    _name, _played, world = tried
    assert {request.credential for request in world.requests()} <= {"classic"}


@pytest.mark.parametrize("name", ["a", "requests"])
@pytest.mark.parametrize("what", ["module", "lookup", "syntax"])
def test_documentation_and_syntax_need_none(tmp_path: Path, name: str, what: str) -> None:
    """P04: ansible-doc and --syntax-check."""
    text = f"- hosts: localhost\n  tasks:\n    - {MODULE}:\n        repository: acme/site\n        event_type: x\n"
    (tmp_path / "play.yml").write_text(text, encoding="ascii")
    commands = {
        "module": ["ansible-doc", MODULE],
        "lookup": ["ansible-doc", "-t", "lookup", LOOKUP],
        "syntax": ["ansible-playbook", "--syntax-check", "play.yml"],
    }
    program, *arguments = commands[what]
    env = environment(tmp_path, PYTHONPATH=blocked(tmp_path / "blocked", name))
    done = subprocess.run(
        [str(BIN / program), *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    if what != "syntax":
        assert "private_key_path" in done.stdout
