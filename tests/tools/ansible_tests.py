# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs ansible-test: in the tree, with environments of its own, and with nothing skipped in silence."""

from __future__ import annotations

import os
from pathlib import Path

from place import TREE
from runner import Log, StepFailed


def ansible_test(log: Log, bin_folder: Path, *arguments: str) -> None:
    """Run the ansible-test of an environment.

    :raises StepFailed: with its errors; also when it skipped a test for want of a program, which it takes for success.
    """
    path = f"{bin_folder}{os.pathsep}{log.env['PATH']}"
    try:
        log.run(bin_folder / "ansible-test", *arguments, "--color", "no", cwd=TREE, env={"PATH": path})
    except StepFailed as failure:
        errors = [line for line in log.text().splitlines() if line.startswith("ERROR: ")]
        raise StepFailed(str(failure), errors) from None
    if "Required program" in log.text():
        raise StepFailed("ansible-test skipped a test because a program is missing")
