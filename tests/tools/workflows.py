# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds every workflow that this project shows to people: files, and YAML blocks of Markdown that are workflows."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

_YAML_BLOCK = re.compile(r"^```ya?ml[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def find(root: Path, collected: Path) -> list[Path]:
    """Return the files to check; blocks of Markdown are written to files below ``collected`` first.

    A file in a folder `workflows` is returned even if it cannot be read as YAML, so that the checkers report it.
    """
    found = [path for folder in ("docs", "tests/emulator/fixtures", ".github") for path in _files(root / folder)]
    for page in (*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("roles/**/*.md")):
        for number, block in enumerate(_YAML_BLOCK.findall(page.read_text(encoding="utf-8")), start=1):
            if _is_workflow(block):
                target = collected / f"{page.stem}-{number}.yml"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block, encoding="utf-8")
                found.append(target)
    return found


def _files(folder: Path) -> list[Path]:
    """Return the workflows among the YAML files of a folder."""
    named = [path for path in folder.rglob("*.y*ml") if path.is_file()]
    return sorted(p for p in named if p.parent.name == "workflows" or _is_workflow(p.read_text(encoding="utf-8")))


def _is_workflow(text: str) -> bool:
    """Tell whether a YAML text has jobs and triggers. YAML 1.1 reads the key ``on`` as true."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        return False
    return isinstance(content, dict) and "jobs" in content and (True in content or "on" in content)
