# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real runs with the callback: the same command with it and without it, and what came of it."""

from __future__ import annotations

import json
import re
import subprocess
import typing as t
from pathlib import Path

import jsonschema
import yaml

from .play import BIN, PYTHON, environment
from .world import World

CALLBACK = "infradispatch.github.github_repository_dispatch"
NAME = "github_repository_dispatch"
SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schema" / "dispatch-1.schema.json"
_VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
_RECAP = re.compile(r"^(\S+)\s+: (ok=.*)$", re.MULTILINE)
_TIMEOUT = 120.0  # seconds; only a hang lasts that long


class Ended(t.NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def recap(self) -> dict[str, int]:
        """The sums over the hosts of what Ansible printed, and the number of hosts."""
        return totals(self.stdout)

    @property
    def warnings(self) -> list[str]:
        """What the callback warned of, each as one line. Before ansible-core 2.19 lines end after 79 characters."""
        return warnings_in(self.stderr)


def totals(stdout: str) -> dict[str, int]:
    """The sums over all hosts of the last recap."""
    lines = _RECAP.findall(stdout.rpartition("PLAY RECAP")[2])
    sums = {"hosts": len(lines)}
    for _host, counts in lines:
        for name, number in re.findall(r"(\w+)=(\d+)", counts):
            sums[name] = sums.get(name, 0) + int(number)
    return sums


def warnings_in(text: str) -> list[str]:
    """Warnings of the callback, without the ends of lines in them."""
    parts = re.split(r"(?m)^\[(?:WARNING|DEPRECATION WARNING|ERROR)\]: |^ \[WARNING\]: ", text)[1:]
    return [" ".join(part.split()) for part in parts if part.lstrip().startswith(f"{NAME}:")]


def says(warning: str, words: str) -> bool:
    """Whether the words are in the warning, wherever its lines were broken."""
    return "".join(words.split()) in "".join(warning.split())


def lay_out(folder: Path, book: t.Any, hosts: int = 2, **more: t.Any) -> None:
    """Write ``play.yml``, the inventory of ``host1`` … on this machine, and more files (``roles__x__tasks__main``)."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"ansible_connection": "local", "ansible_python_interpreter": PYTHON}
    inventory = {"all": {"hosts": {f"host{number + 1}": {} for number in range(hosts)}, "vars": settings}}
    for name, content in {"hosts": inventory, "play": book, **more}.items():
        path = folder / f"{name.replace('__', '/')}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))


def settings_of(world: World, **more: str) -> dict[str, str]:
    """The environment that enables the callback for the usual repository."""
    return world.env(ANSIBLE_CALLBACKS_ENABLED=CALLBACK, INFRADISPATCH_REPOSITORY="acme/site", **more)


def start(
    folder: Path,
    *words: str,
    env: t.Mapping[str, str],
    program: str = "ansible-playbook",
    before: t.Sequence[str] = (),
    **more: t.Any,
) -> subprocess.Popen[str]:
    """Start a program of Ansible in the folder; an empty value in ``env`` stands for a variable that is not set.

    :param before: words of a command that runs it.
    """
    usual = {**environment(folder), "ANSIBLE_CALLBACK_PLUGINS": "", "ANSIBLE_CALLBACKS_ENABLED": ""}
    return subprocess.Popen(
        [*before, str(BIN / program), *(words or ("-i", "hosts.yml", "play.yml"))],
        cwd=folder,
        env={name: value for name, value in {**usual, **env}.items() if value},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def ended(process: subprocess.Popen[str], timeout: float = _TIMEOUT) -> Ended:
    """Wait for the end of a process."""
    with process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return Ended(process.returncode, stdout, stderr)


def run(folder: Path, *words: str, env: t.Mapping[str, str], **more: t.Any) -> Ended:
    """Run a program of Ansible to its end, as :func:`start` starts it."""
    return ended(start(folder, *words, env=env, **more))


def compared(folder: Path, *words: str, env: t.Mapping[str, str], before: t.Sequence[str] = ()) -> Ended:
    """Run a playbook with the callback, and at the same time without it: code, output and recap are to be the same.

    The playbook is to be one that leaves nothing behind.
    """
    given = ("-i", "hosts.yml", *(words or ("play.yml",)))
    alone = {"ANSIBLE_HOME": str(folder / "plain"), **env, "ANSIBLE_CALLBACKS_ENABLED": ""}
    plain = start(folder, *given, env=alone, before=before)
    result = run(folder, *given, env=env, before=before)
    without = ended(plain)
    assert result.code == without.code, result.stderr
    assert result.recap == without.recap, f"{result}\n{without}"
    # Not the whole output: which hosts share a line of their own depends on who was quicker.
    assert sorted(_RECAP.findall(result.stdout)) == sorted(_RECAP.findall(without.stdout)), f"{result}\n{without}"
    assert "github_repository_dispatch" not in result.stdout, result.stdout
    assert "Traceback" not in result.stderr, result.stderr
    return result


def said(world: World) -> list[dict[str, t.Any]]:
    """The envelopes of all events that were accepted, each by the schema."""
    envelopes = [(event.client_payload or {})["dispatch"] for _where, event in world.github.world.events]
    for envelope in envelopes:
        _VALIDATOR.validate(envelope)
    return envelopes


def only(world: World) -> dict[str, t.Any]:
    """The envelope of the one event."""
    envelopes = said(world)
    assert len(envelopes) == 1, [envelope["kind"] for envelope in envelopes]
    return envelopes[0]


def agrees(envelope: t.Mapping[str, t.Any], recap: t.Mapping[str, int]) -> None:
    """The numbers that the event tells are those that Ansible printed."""
    names = ("hosts", "ok", "changed", "failed", "unreachable", "skipped", "rescued", "ignored")
    assert {name: envelope["summary"][name] for name in names} == {name: recap.get(name, 0) for name in names}


def task(name: str = "change", *, changed: bool = True, **keywords: t.Any) -> dict[str, t.Any]:
    """A quick task that changes something, or nothing."""
    return {"name": name, "ansible.builtin.debug": {"msg": "x"}, "changed_when": changed, **keywords}


def failing(name: str = "fail", **keywords: t.Any) -> dict[str, t.Any]:
    """A quick task that fails."""
    return {"name": name, "ansible.builtin.fail": {"msg": "on purpose"}, **keywords}


def one_play(*tasks: t.Mapping[str, t.Any], **keywords: t.Any) -> list[dict[str, t.Any]]:
    """A playbook with one play for all hosts."""
    return [{"hosts": "all", "gather_facts": False, "tasks": list(tasks), **keywords}]
