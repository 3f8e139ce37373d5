# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The helper with `on_failure = "continue"`: what goes wrong is told, and the status is 0 all the same.

Terraform's own `on_failure` takes no variable.
"""

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(dirname(realpath(__file__)))) + "/plugins/module_utils")

from _core.cli import main

if __name__ == "__main__":
    main()
