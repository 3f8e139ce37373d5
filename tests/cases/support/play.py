# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ansible-playbook processes, and what they gave back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

MODULE = "infradispatch.github.github_repository_dispatch"
LOOKUP = "infradispatch.github.github_app_token"
#: The programs of Ansible; those of another ansible-core when CASES_ANSIBLE_BIN names the folder (`make callback`).
BIN = Path(os.environ.get("CASES_ANSIBLE_BIN") or Path(sys.executable).parent)
PYTHON = str(BIN / "python")
UNAVAILABLE = "(traceback unavailable)"  # what ansible-core 2.19 and later put beside every failure
PLUGINS = Path(__file__).with_name("callback_plugins")
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONDONTWRITEBYTECODE")


@dataclass
class Played:
    """How a playbook ended. ``results`` are the callback's lines in order."""

    code: int
    stdout: str
    stderr: str
    log: str
    results: list[dict[str, t.Any]]

    def of(self, task: str, state: str = "") -> dict[str, t.Any]:
        """The result of the task of this name (the last one of a loop's items)."""
        found = [line for line in self.results if line["task"] == task and line["state"].startswith(state)]
        assert found, f"no result of {task}:\n{self.stdout}\n{self.stderr}"
        result = dict(found[-1]["result"])
        result["failed"] = found[-1]["state"].endswith("failed")
        return result

    @property
    def text(self) -> str:
        """Everything that was written anywhere."""
        return "\n".join([self.stdout, self.stderr, self.log, json.dumps(self.results)])


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a playbook: nothing of the caller's but what every program needs."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}",
        "HOME": str(folder),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS),
        "ANSIBLE_CALLBACKS_ENABLED": "record_results",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_ASYNC_DIR": str(folder / "async"),
        "RECORD_RESULTS": str(folder / "results.jsonl"),
        **more,
    }


def play(
    folder: Path,
    playbook: str | list[dict[str, t.Any]],
    *arguments: str,
    hosts: int = 1,
    env: t.Mapping[str, str] | None = None,
    secrets: t.Mapping[str, t.Any] | None = None,
    timeout: float = 120,
    program: str = "ansible-playbook",
) -> Played:
    """Run a playbook (its text, or its data) against ``host1`` … and ``other``, all of them this machine.

    ``secrets`` become variables from a file of their own: of a playbook, ansible-core shows the lines around an error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = playbook if isinstance(playbook, str) else yaml.safe_dump(playbook, sort_keys=False, allow_unicode=True)
    (folder / "play.yml").write_text(text, encoding="utf-8")
    settings = {"ansible_connection": "local", "ansible_python_interpreter": PYTHON}
    names = ["localhost", "other", *(f"host{number}" for number in range(1, hosts + 1))]
    inventory = {"all": {"hosts": {name: {} for name in names}, "vars": settings}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    (folder / "secrets.yml").write_text(yaml.safe_dump(dict(secrets or {})), encoding="utf-8")
    (folder / "results.jsonl").unlink(missing_ok=True)
    (folder / "ansible.log").unlink(missing_ok=True)
    done = subprocess.run(
        [str(BIN / program), "-i", "hosts.yml", "play.yml", "-e", "@secrets.yml", *arguments],
        cwd=folder,
        env=environment(folder, **(env or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    return Played(done.returncode, done.stdout, done.stderr, _read(folder / "ansible.log"), _lines(folder))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _lines(folder: Path) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in _read(folder / "results.jsonl").splitlines()]


def dispatch(name: str, arguments: t.Mapping[str, t.Any], **keywords: t.Any) -> dict[str, t.Any]:
    """A task that sends an event and does not stop the play when it fails."""
    return {"name": name, MODULE: dict(arguments), "ignore_errors": True, **keywords}


def on_localhost(tasks: list[dict[str, t.Any]], **keywords: t.Any) -> list[dict[str, t.Any]]:
    """A playbook of one play for the controller."""
    return [{"hosts": "localhost", "gather_facts": False, "tasks": tasks, **keywords}]


def clean(result: t.Mapping[str, t.Any]) -> None:
    """No traceback, and no crash that somebody else worded."""
    assert result.get("exception", UNAVAILABLE) == UNAVAILABLE
    text = json.dumps(result)
    for word in ("Traceback", "MODULE FAILURE", "Unexpected"):
        assert word not in text, text
