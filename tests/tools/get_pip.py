# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for the get-pip.py that `ansible-test --venv` would download: pip comes from the interpreter's ensurepip.

ansible-test looks for it in its cache below HOME before it downloads (ansible/ansible#77304), so that it needs
nothing but a package index. It is called as `python get_pip.py PIP-OPTIONS pip==X setuptools==Y …`.
"""

from __future__ import annotations

import subprocess
import sys

ONLY_FOR_GET_PIP = ("--no-setuptools", "--no-wheel")

subprocess.run([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL, check=True)
arguments = [argument for argument in sys.argv[1:] if argument not in ONLY_FOR_GET_PIP]
raise SystemExit(subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=False).returncode)
