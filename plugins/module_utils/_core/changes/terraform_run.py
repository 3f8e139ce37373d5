# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""A plan made here and now: Terraform is run, and what it found is read as everywhere else."""

from __future__ import annotations

import contextlib
import json
import os
import re
import typing as t

from ..clock import Clock
from ..errors import InvalidInput, TerraformFailed
from ..event.values import plain
from .terraform import read_changes
from .terraform_program import Ended, Program, shown
from .terraform_result import ADDRESSES, DEFAULT_ON, Changes, Run, check_choices, finish
from .terraform_tally import Tally

MODES = ("normal", "refresh_only", "destroy")
_NAME = re.compile(r"[^\W\d][\w-]*\Z")
_MOST_ERRORS = 3
_OF_A_NEW_PLAN = ("variables", "sensitive_variables", "variables_files", "targets", "parallelism")


class Asked(t.NamedTuple):
    """What to plan, and how. Paths are relative to ``folder``; durations are seconds."""

    folder: str
    program: str
    plan_file: str
    mode: str
    workspace: str
    variables: dict[str, t.Any]
    variables_files: list[str]
    targets: list[str]
    refresh: bool
    parallelism: int | None
    lock: bool
    lock_timeout: int
    init: bool
    backend_config_files: list[str]
    deadline: float
    addresses: str
    on: tuple[str, ...]


class Found(t.NamedTuple):
    """What a plan found; ``error`` when Terraform did not get to the end of it."""

    changes: Changes
    error: TerraformFailed | None = None


def read_options(options: t.Mapping[str, t.Any]) -> Asked:
    """Return what options ask for, which are named as those of the module.

    :raises InvalidInput: for the first thing that is wrong, before Terraform is started.
    """
    mode = options.get("mode") or MODES[0]
    if mode not in MODES:
        raise InvalidInput(f"mode is none of {', '.join(MODES)}.", "Leave it out for normal.")
    refresh = options.get("refresh", True)
    if mode == "refresh_only" and not refresh:
        raise InvalidInput("mode refresh_only does not go with refresh false.", "It is nothing but a refresh.")
    plan_file = options.get("plan_file") or ""
    if plan_file:
        given = [name for name in _OF_A_NEW_PLAN if options.get(name)]
        if given or mode != MODES[0]:
            raise InvalidInput(
                f"plan_file does not go with {', '.join(given or ['mode'])}.", "A saved plan has all of that in it."
            )
    for name in ("deadline", "lock_timeout", "parallelism"):
        value = options.get(name)
        if value is not None and value < (0 if name == "lock_timeout" else 1):
            raise InvalidInput(f"{name} is too small.", "Give a number that is larger than zero.")
    return Asked(
        options["project_path"],
        options.get("binary_path") or "terraform",
        plan_file,
        mode,
        options.get("workspace") or "",
        _variables(options),
        list(options.get("variables_files") or ()),
        list(options.get("targets") or ()),
        refresh,
        options.get("parallelism"),
        options.get("lock", True),
        options.get("lock_timeout") or 0,
        bool(options.get("init")),
        list(options.get("backend_config_files") or ()),
        options.get("deadline") or 3600,
        options.get("addresses") or ADDRESSES[0],
        check_choices("plan", options.get("addresses") or ADDRESSES[0], options.get("match_on") or DEFAULT_ON),
    )


def _variables(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the values of variables, those that are secret among them."""
    values: dict[str, t.Any] = {}
    for option in ("variables", "sensitive_variables"):
        for name, value in (options.get(option) or {}).items():
            if not (isinstance(name, str) and _NAME.match(name)):
                raise InvalidInput(
                    f"{option} has a key that is no name of a variable.", "Use letters, digits, _ and -."
                )
            if name in values:
                raise InvalidInput(f"{name} is given in variables and sensitive_variables.", "Give it once.")
            values[name] = plain(value, f"{option}.{name}")
    return values


def find_changes(asked: Asked, *, room: str, env: t.Mapping[str, str], clock: Clock | None = None) -> Found:
    """Make a plan, or take the saved one, and return what is in it. Nothing is applied.

    :param room: a folder that nobody else can read. Plan and variables are there for a time: the caller removes it.
    :raises InvalidInput: when folder, program or saved plan are not there.
    :raises MissingLibrary: without python-terraform.
    """
    if asked.plan_file and not os.path.isfile(os.path.join(asked.folder, asked.plan_file)):
        raise InvalidInput(f"There is no saved plan {asked.plan_file}.", "It is looked for below project_path.")
    surroundings = {**env, **({"TF_WORKSPACE": asked.workspace} if asked.workspace else {})}
    program = Program(asked.folder, asked.program, room, surroundings, asked.deadline, clock)
    try:
        if asked.init:
            _init(program, asked)
        _check_workspace(program, surroundings.get("TF_WORKSPACE", ""))
        found = Found(_show(program, asked, asked.plan_file)) if asked.plan_file else _plan(program, asked, room)
    except TerraformFailed as error:
        found = Found(_nothing(asked), error)
    workspace = asked.workspace or _selected(asked.folder, env)
    return found._replace(changes=found.changes._replace(about={**found.changes.about, "workspace": workspace}))


def _init(program: Program, asked: Asked) -> None:
    """Make the folder ready. Values of a backend are in files, and not on a command line that everybody can read."""
    done = program.terraform.init(
        reconfigure=None,
        var=None,
        backend_config=asked.backend_config_files or None,
        **_locking(asked),
    )
    if done.status:
        raise _failed("init", done.errors)


def _check_workspace(program: Program, name: str) -> None:
    """Refuse a workspace that is not there: Terraform would make one, and find that nothing in it has drifted."""
    if name in ("", "default"):
        return
    done = program.terraform.cmd("workspace list", no_color=program.flag)
    with open(done.output, encoding="utf-8", errors="replace") as stream:
        known = [line.lstrip("*").strip() for line in stream]
    if done.status or name not in known:
        raise TerraformFailed(
            f"There is no workspace of that name: {_joined([*done.errors, shown(name)])}.",
            "See terraform workspace list, or make it by terraform workspace new.",
        )


def _plan(program: Program, asked: Asked, room: str) -> Found:
    """Make a plan, and read it. What happened is told by what it printed, never by its status."""
    saved = os.path.join(room, "plan")
    files = [*asked.variables_files, *_written(asked.variables, room)]
    modes = {"refresh_only": {"refresh_only": program.flag}, "destroy": {"destroy": program.flag}}
    done = program.terraform.plan(
        out=saved,
        json=program.flag,
        var=None,
        var_file=files or None,
        target=asked.targets or None,
        parallelism=asked.parallelism,
        refresh=None if asked.refresh else False,
        **modes.get(asked.mode, {}),
        **_locking(asked),
    )
    try:
        stream = _read(done, "stream", asked)
    except InvalidInput:
        raise _failed("plan", done.errors) from None
    if stream.kind == "failed":
        return Found(stream, _failed("plan", [*_diagnostics(done.output), *done.errors]))
    # The document knows more than the stream does, such as what belongs to which module.
    return Found(_show(program, asked, saved) if os.path.exists(saved) else stream)


def _show(program: Program, asked: Asked, plan: str) -> Changes:
    """Return what is in a saved plan."""
    done = program.terraform.show(plan, json=program.flag, no_color=program.flag)
    try:
        return _read(done, "plan", asked)
    except InvalidInput as error:
        hint = "Is the plan one of this Terraform, workspace and folder?"
        raise _failed("show", done.errors or [error.message], hint) from None


def _read(done: Ended, source: str, asked: Asked) -> Changes:
    """Return what is told by what a command has printed."""
    with open(done.output, "rb") as stream:
        return read_changes(stream, source=source, addresses=asked.addresses, on=asked.on)


def _selected(folder: str, env: t.Mapping[str, str]) -> str:
    """Return the workspace that is selected, empty for the default one: no plan says which one it is of."""
    name = env.get("TF_WORKSPACE", "")
    path = os.path.join(folder, env.get("TF_DATA_DIR") or ".terraform", "environment")
    with contextlib.suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8") as stream:
        name = name or stream.read(500).strip()
    return "" if name == "default" else name


def _nothing(asked: Asked) -> Changes:
    """Return what is known when there is no plan: that it failed."""
    return finish("plan_stream", Tally(asked.addresses), asked.on, Run(errored=True))


def _written(variables: t.Mapping[str, t.Any], room: str) -> list[str]:
    """Write the values of variables into a file for Terraform: a command line can be read by everybody."""
    if not variables:
        return []
    path = os.path.join(room, "infradispatch.tfvars.json")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(variables, stream)
    return [path]


def _locking(asked: Asked) -> dict[str, t.Any]:
    """Return the options that tell how to deal with the lock of the state."""
    return {
        "lock": None if asked.lock else False,
        "lock_timeout": f"{asked.lock_timeout}s" if asked.lock_timeout else None,
    }


def _failed(command: str, errors: t.Sequence[str], hint: str = "") -> TerraformFailed:
    """Return the error, with the headlines of Terraform's own."""
    said = _joined(errors)
    return TerraformFailed(
        f"terraform {command} failed: {said}." if said else f"terraform {command} failed, and does not say why.",
        hint or f"Run terraform {command} in the folder to see all of it.",
    )


def _joined(errors: t.Sequence[str]) -> str:
    """Return the first ones of what is wrong as one text."""
    named = list(dict.fromkeys(errors))
    more = f" (and {len(named) - _MOST_ERRORS} more)" if len(named) > _MOST_ERRORS else ""
    return "; ".join(error.rstrip(".") for error in named[:_MOST_ERRORS]) + more


def _diagnostics(path: str) -> list[str]:
    """Return headline and place of the errors in a stream. Their details may hold values of the configuration."""
    found = []
    with open(path, "rb") as stream:
        for line in stream:
            diagnostic = _diagnostic(line) if b'"diagnostic"' in line else None
            if diagnostic and diagnostic.get("severity") == "error":
                found.append(shown(f"{diagnostic.get('summary')}{_place(diagnostic.get('range'))}"))
    return found


def _place(place: object) -> str:
    """Return file and line."""
    start = place.get("start") if isinstance(place, dict) else None
    return (
        f" ({place.get('filename')}:{start.get('line')})" if isinstance(place, dict) and isinstance(start, dict) else ""
    )


def _diagnostic(line: bytes) -> dict[str, t.Any] | None:
    """Return the diagnostic of an event."""
    try:
        diagnostic = json.loads(line).get("diagnostic")
    except (ValueError, AttributeError, RecursionError):
        return None
    return diagnostic if isinstance(diagnostic, dict) else None
