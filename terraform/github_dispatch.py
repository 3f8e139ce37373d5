# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `infradispatch` from a checkout or an installed collection: `python3 .../github_dispatch.py send`."""

import sys
from os.path import dirname, realpath  # pathlib takes half as long to load as Python takes to start

sys.path.insert(0, dirname(dirname(realpath(__file__))) + "/plugins/module_utils")

from _core.cli import main

if __name__ == "__main__":
    sys.exit(main())
