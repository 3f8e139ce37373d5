# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places where checks run: an own HOME, an own tree of the collection, and nothing of the caller's credentials."""

from __future__ import annotations

import ast
import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / ".dev"
HOME = DEV / "home"
LOGS = DEV / "logs"
COLLECTIONS = DEV / "collections"
TREE = COLLECTIONS / "ansible_collections" / "infradispatch" / "github"
EDIT = DEV / "edit"  # the checkout under the collection's name, by a link
VENV_BIN = Path(sys.prefix) / "bin"
FIND_PYTHON = ROOT / "tests" / "tools" / "find_python.sh"

# ansible-test asks for one of these versions of pip, by series of ansible-core.
_GET_PIP = ("get_pip_23_1_2.py", "get_pip_24_2.py", "get_pip_25_2.py")
_FOREIGN = ("ANSIBLE_", "GH_", "GITHUB_", "INFRADISPATCH_", "MOLECULE_", "PYTEST_", "XDG_")


def find_python(*versions: str) -> Path | None:
    """Return the real path of the first Python of these versions (``3.12``) that the machine has."""
    command = [str(FIND_PYTHON), "9", *(f"python{version}" for version in versions)]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return Path(found) if found else None


def environment(first_on_path: list[Path]) -> dict[str, str]:
    """Return the environment of every step: the caller's, less what would change results or leak credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    for name in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"):
        kept.pop(name, None)
    if (npm_settings := Path.home() / ".npmrc").exists():
        kept.setdefault("NPM_CONFIG_USERCONFIG", str(npm_settings))
    path = [str(folder) for folder in first_on_path] + [kept.get("PATH", "")]
    return {
        **kept,
        "PATH": os.pathsep.join(dict.fromkeys(path)),
        "HOME": str(HOME),
        "ANSIBLE_HOME": str(DEV / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def prepare() -> None:
    """Lay out HOME (pip's settings, the stand-in for get-pip) and bring the tree up to date."""
    settings = HOME / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    _write_pip_settings(settings)
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for name in _GET_PIP:
        shutil.copyfile(ROOT / "tests" / "tools" / "get_pip.py", cache / name)
    sync_tree()


def _write_pip_settings(target: Path) -> None:
    """Write down how the caller's pip reaches its index: ansible-test strips PIP_* and we change HOME."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    settings = configparser.RawConfigParser()
    for line in sorted(listed.splitlines()):
        name, _equals, value = line.partition("=")
        section, _dot, option = name.partition(".")
        if section == ":env:" and option == "config-file":
            continue  # its content is in the list
        section = "global" if section == ":env:" else section
        if not settings.has_section(section):
            settings.add_section(section)
        # Sorted, so that the environment comes first; it wins.
        if not settings.has_option(section, option):
            settings.set(section, option, str(ast.literal_eval(value)))
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8") as file:
        settings.write(file)


def sync_tree() -> None:
    """Make the tree equal to the checkout, uncommitted work included; unchanged files keep their times.

    ansible-test wants a git checkout at a real path that ends with the collection's name, so a link will not do.
    """
    wanted = {name for name in _git(ROOT, "ls-files", "-coz", "--exclude-standard") if (ROOT / name).exists()}
    TREE.mkdir(parents=True, exist_ok=True)
    if not (TREE / ".git").exists():
        _git(TREE, "init", "-q")
    for name in set(_git(TREE, "ls-files", "-coz", "--exclude-standard")) - wanted:
        (TREE / name).unlink(missing_ok=True)
    for name in wanted:
        _copy_if_changed(ROOT / name, TREE / name)
    _remove_empty_folders(TREE)
    shutil.rmtree(TREE / "tests" / "output", ignore_errors=True)
    _git(TREE, "add", "-A")


def _copy_if_changed(source: Path, target: Path) -> None:
    """Copy a file with its times and mode; a link stays a link."""
    if target.exists() and not target.is_symlink():
        there, here = target.stat(), source.lstat()
        if (there.st_size, there.st_mtime_ns, there.st_mode) == (here.st_size, here.st_mtime_ns, here.st_mode):
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def _remove_empty_folders(top: Path) -> None:
    """Remove folders that hold nothing any more (apart from git's own)."""
    for folder, _names, _files in os.walk(top, topdown=False):
        path = Path(folder)
        if ".git" not in path.relative_to(top).parts and not any(path.iterdir()):
            path.rmdir()


def _git(where: Path, *arguments: str) -> list[str]:
    """Run git and return the names it lists, NUL between them."""
    command = ["git", "-C", str(where), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name]
