# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What act gets in place of a workflow file: with tokens for each job, the run's commit, and gates that wait.

act knows no environments, so a job of a protected one gets a first step that waits for the decision of a reviewer. It
also loses what a failing step wrote just before its end, so each shell stays until all of it was read.
"""

from __future__ import annotations

import re
import shlex
import typing as t
from dataclasses import dataclass, field

import yaml

from . import expressions

if t.TYPE_CHECKING:
    from .runs import Run

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_TOKEN = re.compile(r"\b(?:github\.token|secrets\.GITHUB_TOKEN)\b")
_SHA = re.compile(r"\bgithub\.sha\b")
_GATE = 'until test -s "$GATE"; do sleep 0.05; done; grep -qx approved "$GATE"'
# The shells as GitHub starts them, by what ``shell:`` says; other names are taken for the command itself.
_SHELLS = {
    "": "bash -e {0}",
    "bash": "bash --noprofile --norc -e -o pipefail {0}",
    "sh": "sh -e {0}",
    "python": "python3 {0}",
}
# After the script its path is printed; who reads it in the log of act puts a file beside the script.
LAST_LINE = "all of this was written by "
READ = ".read"
# What stands for the script is a variable, since it may stand in quotes, and its path has no blanks.
_STAYING = f"""export EMULATOR_STEP="$0"
%s
code=$?
printf '\\n{LAST_LINE}%%s\\n' "$0"
until test -e "$0{READ}"; do sleep 0.01; done
exit $code"""


@dataclass
class Staged:
    """The file for act, and what has to be known of it."""

    text: str
    token_names: dict[str, str] = field(default_factory=dict)
    """Key of a job -> name of the secret that holds its token."""
    permissions: dict[str, dict[str, str]] = field(default_factory=dict)
    """Key of a job -> what its token may do."""
    gates: dict[str, str] = field(default_factory=dict)
    """Key of a job that waits -> name of its environment."""


def stage(run: Run, gate_path: t.Callable[[str], str]) -> Staged:
    """Rewrite the workflow of a run; ``gate_path`` gives the file in which a job finds the decision about it."""
    content = yaml.safe_load(run.repository.files[run.workflow.path])
    content["on"] = content.pop(True, content.get("on"))  # YAML 1.1 reads the key ``on`` as a boolean
    staged = Staged("")
    for number, (key, job) in enumerate(content["jobs"].items()):
        staged.token_names[key] = f"GITHUB_TOKEN_OF_JOB_{number}"
        staged.permissions[key] = granted(job.get("permissions", content.get("permissions")))
        filled = content["jobs"][key] = _filled(job, staged.token_names[key], run.head_sha)
        environment = environment_of(run, filled)
        if environment in run.repository.environments:
            staged.gates[key] = environment
            gate = {"name": "Wait for approval", "shell": "sh", "env": {"GATE": gate_path(key)}, "run": _GATE}
            filled["steps"] = [gate, *filled["steps"]]
        filled["steps"] = [_staying(step, (job, content)) for step in filled.get("steps", ())]
    staged.text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return staged


def _staying(step: dict[str, t.Any], defaults: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """The step with a shell that stays until act has read what the script wrote."""
    if "run" not in step:
        return step
    named = [step, *(each.get("defaults", {}).get("run", {}) for each in defaults)]
    shell = next((each["shell"] for each in named if "shell" in each), "")
    command = _SHELLS.get(shell, shell).replace("{0}", "$EMULATOR_STEP")
    return {**step, "shell": f"sh -c {shlex.quote(_STAYING % command)} {{0}}"}


def environment_of(run: Run, job: t.Mapping[str, t.Any]) -> str:
    """Name of the environment of a job, empty without one."""
    told = job.get("environment") or ""
    name = told.get("name", "") if isinstance(told, dict) else told
    event = {"action": run.event.event_type, "client_payload": run.event.client_payload}
    return expressions.render(str(name), {"github": {"event": event}})


def granted(permissions: t.Any) -> dict[str, str]:
    """What ``permissions:`` gives to the token of a job; without a word, what GitHub gives by its own default."""
    if permissions is None:
        return {"contents": "read", "metadata": "read"}
    if isinstance(permissions, str):
        level = permissions.removesuffix("-all")
        return dict.fromkeys(("actions", "checks", "contents", "deployments", "metadata", "statuses"), level)
    return {"metadata": "read", **{name: level for name, level in permissions.items() if level != "none"}}


def _filled(value: t.Any, token_name: str, sha: str) -> t.Any:
    """Put into expressions what act would take from elsewhere."""
    if isinstance(value, dict):
        return {key: _filled(each, token_name, sha) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, token_name, sha) for each in value]
    if not isinstance(value, str):
        return value

    def filled(match: re.Match[str]) -> str:
        return _SHA.sub(f"'{sha}'", _TOKEN.sub(f"secrets.{token_name}", match.group()))

    return _EXPRESSION.sub(filled, value)
