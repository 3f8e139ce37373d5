# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a script, then print the modules that it loaded and its peak memory (kB, 0 where Linux is not):
`inside.py SCRIPT ARGUMENT...`."""

import json
import re
import runpy
import sys
from pathlib import Path

before = set(sys.modules)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
status = Path("/proc/self/status")
found = re.search(r"VmHWM:\s+(\d+)", status.read_text("ascii")) if status.exists() else None
print(json.dumps({"modules": sorted(set(sys.modules) - before), "peak": int(found.group(1)) if found else 0}))
