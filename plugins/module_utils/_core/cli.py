# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The command line `infradispatch`: the same core for shells, CI jobs and Terraform.

Only what the named command needs is loaded. `external` is called by each `terraform plan`, so that its usual way does
without the modules that every other part of the core begins with: see :mod:`_core.command.quick`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments (by default those of the process) say; return the status to exit with."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words == ["external"]:
        from .command.quick import run_external

        return run_external()
    from .command.start import run

    return run(words)


# python -m infradispatch.cli, where no folder of scripts is on the search path
if __name__ == "__main__":  # pragma: no cover
    raise SystemExit(main())
