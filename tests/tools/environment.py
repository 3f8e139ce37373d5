# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a virtual environment and install into it: dependency groups of pyproject.toml, or plain requirements.

Only the standard library, because this runs before anything is installed: `python3 environment.py VENV GROUP...`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_GROUPS_NEED = "pip>=25.1"
_GROUP = "--group="


class InstallFailed(Exception):
    """The package index did not give what was asked for; the message ends with what pip said."""


def ensure(venv: Path, wanted: list[str], python: str = sys.executable) -> None:
    """Make ``venv`` with ``python`` unless it holds ``wanted`` already (pip arguments). A changed wish installs anew,
    and so does a change of what pyproject.toml has in its groups.

    :raises InstallFailed: with the last lines of pip.
    """
    files = [Path(wish[len(_GROUP) :].rpartition(":")[0]) for wish in wanted if wish.startswith(_GROUP)]
    meaning = b"\0".join([repr(wanted).encode(), *(path.read_bytes() for path in files)])
    stamp = venv / f".installed-{hashlib.sha256(meaning).hexdigest()[:12]}"
    if stamp.exists():
        return
    if not (venv / "bin" / "python").exists():
        shutil.rmtree(venv, ignore_errors=True)
        _run([python, "-m", "venv", str(venv)])
        _pip(venv, [_GROUPS_NEED])
    _pip(venv, wanted)
    stamp.touch()


def groups(*names: str) -> list[str]:
    """Return the pip arguments for dependency groups of pyproject.toml."""
    return [f"{_GROUP}{ROOT / 'pyproject.toml'}:{name}" for name in names]


def _pip(venv: Path, arguments: list[str]) -> None:
    """Install, and stay quiet unless it fails."""
    _run([str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--upgrade", *arguments])


def _run(command: list[str]) -> None:
    """Run a command to its end."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise InstallFailed("\n".join([f"failed: {' '.join(command)}", *done.stdout.splitlines()[-15:]]))


def main() -> int:
    """Install what the command line names and say so in one line."""
    venv, names = Path(sys.argv[1]), sys.argv[2:]
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"Installing {', '.join(names)} for Python {version} into {venv} (once; about half a minute)", flush=True)
    start = time.monotonic()
    try:
        ensure(venv, groups(*names))
    except InstallFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Installed in {time.monotonic() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
