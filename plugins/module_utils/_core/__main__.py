# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""`python -m infradispatch`, where no folder of scripts is on the search path."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
