# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The core stands alone: each check has an interpreter of its own that sees nothing but the plain files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils import _core
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import DISPATCHES
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import Answer, Stub

CORE = Path(_core.__path__[0])
MODULES = sorted(path.relative_to(CORE.parent).with_suffix("") for path in CORE.rglob("*.py"))
NAMES = [".".join(path.parts).replace(".__init__", "") for path in MODULES]
FOR_APPS = {"jwt", "cryptography", "OpenSSL"}


def _loaded(program: str, *arguments: str) -> set[str]:
    """Run a program that sees the core as `_core`; return the names of all modules that were loaded."""
    complete = f"import sys\nsys.path.insert(0, {str(CORE.parent)!r})\n{program}\nprint('\\n'.join(sys.modules))"
    command = [sys.executable, "-I", "-c", complete, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def _top(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def test_every_module_loads_from_plain_files_without_ansible() -> None:
    loaded = _loaded(
        "import importlib, json\nfor name in json.loads(sys.argv[1]): importlib.import_module(name)", json.dumps(NAMES)
    )
    assert set(NAMES) <= loaded
    assert not {name for name in _top(loaded) if name.startswith("ansible")}
    assert not _top(loaded) & (FOR_APPS | {"requests", "urllib3"})


def test_a_client_with_a_token_loads_nothing_for_apps() -> None:
    loaded = _loaded("from _core.github.client import open_github\nopen_github({'token': 'x'}, env={})")
    assert "requests" in loaded
    assert not _top(loaded) & FOR_APPS


SEND = """
from _core.delivery.task import run_task
from _core.event.envelope import Origin
from _core.github.client import open_github
def client():
    return open_github({"token": "x", "api_url": sys.argv[1]}, env={})
task = run_task({"repository": "acme/site", "event_type": "x"}, Origin("cli"), client)
assert task.result["outcome"] == "accepted", task
"""


def test_sending_one_event_loads_nothing_for_apps_for_many_or_for_waiting(stub: Stub) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    loaded = _loaded(SEND, stub.url)
    assert "requests" in loaded
    assert not _top(loaded) & FOR_APPS
    assert not loaded & {"concurrent.futures", "_core.delivery.follow", "_core.delivery.watch", "_core.event.fit"}


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: str(path.relative_to(CORE)))
def test_no_module_of_the_core_reaches_outside_of_it(path: Path) -> None:
    import ast

    depth = len(path.relative_to(CORE).parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level <= depth, f"line {node.lineno} leaves the core"
            assert node.level > 0 or not (node.module or "").startswith("ansible")
        if isinstance(node, ast.Import):
            runs = path.name in ("session.py", "terraform_program.py")  # signers of the command line, and Terraform
            foreign = ("ansible",) if runs else ("ansible", "subprocess")
            assert not [name.name for name in node.names if name.name.startswith(foreign)]
