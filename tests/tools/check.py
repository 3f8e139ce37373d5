# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run checks by group: `check.py all`, `check.py lint sanity`, `check.py series callback`; see `make help`."""

from __future__ import annotations

import argparse

import place
import series
from runner import Step, run_steps
from steps import STEPS


def chosen(names: list[str]) -> list[Step]:
    """Return the steps of the groups, or single steps by their own name, in the order of the table."""
    groups = [step for name, steps in series.GROUPS.items() if name in names for step in steps()]
    return groups + [step for group, step in STEPS if "all" in names or group in names or step.name in names]


def main() -> int:
    """Read the command line and run."""
    known = sorted({name for group, step in STEPS for name in (group, step.name)} | {"all", *series.GROUPS})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=known, metavar="NAME", help=", ".join(known))
    names = parser.parse_args().names
    pythons = [python for version in series.PYTHONS if (python := place.find_python(version))]
    env = place.environment([place.VENV_BIN, *(python.parent for python in pythons)])
    place.prepare()
    return run_steps(chosen(names), place.ROOT, place.LOGS, env)


if __name__ == "__main__":
    raise SystemExit(main())
