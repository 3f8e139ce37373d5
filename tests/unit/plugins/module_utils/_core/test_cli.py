# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entry of the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core import cli

CORE = Path(cli.__file__).parent
LAUNCHER = CORE.parents[2] / "terraform" / "github_dispatch.py"


def test_the_arguments_of_the_process_count(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "argv", ["infradispatch", "--version"])
    assert cli.main() == 0
    assert capsysbinary.readouterr().out.startswith(b"infradispatch ")


def test_the_module_is_the_command_too() -> None:
    words = [sys.executable, "-m", f"{CORE.name}.cli", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=CORE.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("infradispatch ")


@pytest.mark.parametrize("flags", [[], ["-I"], ["-P"] if sys.version_info >= (3, 11) else [], ["-W", "error"]])
def test_the_launcher_runs_from_wherever_it_lies(flags: list[str], tmp_path: Path) -> None:
    command = [sys.executable, *flags, str(LAUNCHER), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("infradispatch ")


def test_a_preview_loads_nothing_that_it_does_not_use() -> None:
    program = f"""
import sys
before = set(sys.modules)
sys.path.insert(0, {str(CORE.parent)!r})
from _core.cli import main
assert main(["external"]) == 0
print("\\n".join(set(sys.modules) - before), file=sys.stderr)
"""
    query = '{"repository": "acme/site", "event_type": "x"}'
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], input=query, capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.split())
    assert not loaded & {"typing", "re", "json", "argparse", "hashlib", "requests", "_core.errors"}
