# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What plugins need beside the core."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ansible_collections.infradispatch.github.plugins.plugin_utils import _plugin


def test_a_command_gets_bytes_and_gives_bytes() -> None:
    """Nothing is decoded on the way, and no shell looks at the words."""
    program = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1]); sys.exit(3)"
    assert _plugin.run_command([sys.executable, "-c", program, "$(id); `id`"], b"\xff\x00a") == (3, b"a\x00\xff", b"")


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signer must not hold a play for ever."""
    monkeypatch.setattr(_plugin, "_SIGNER_TIMEOUT", 0.2)
    status, _output, errors = _plugin.run_command([sys.executable, "-c", "import time; time.sleep(60)"], b"")
    assert status == 124
    assert b"did not end" in errors


def test_a_missing_command_is_an_os_error() -> None:
    """The core words it."""
    with pytest.raises(OSError, match="nowhere"):
        _plugin.run_command(["/nowhere/signer"], b"")


def test_values_without_encryption_stay_as_they_are() -> None:
    """Types and nesting are kept."""
    value = {"a": [1, None, True, "x", {"b": 1.5}], 3: "c"}
    assert _plugin.decrypted(value) == value
    assert _plugin.decrypted(("a", "b")) == ["a", "b"]


def test_the_plugin_can_be_imported_without_requests() -> None:
    """``ansible-doc`` and ``--syntax-check`` work where the library is missing."""
    program = (
        "import sys; sys.modules['requests'] = None; sys.path[:0] = sys.argv[1:];"
        f"import {_plugin.__name__} as p; p.preload()"
    )
    done = subprocess.run([sys.executable, "-c", program, *sys.path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_there_before_the_fork_is_left_alone_by_the_garbage_collector() -> None:
    """Workers don't look through Ansible's own objects; what comes later is still collected."""
    program = (
        "import gc, sys, weakref; sys.path[:0] = sys.argv[1:];"
        f"import {_plugin.__name__} as p; p.preload(); assert gc.get_freeze_count() > 10_000, gc.get_freeze_count()\n"
        "class Ring: pass\n"
        "ring = Ring(); ring.itself = ring; gone = weakref.ref(ring); del ring; gc.collect()\n"
        "assert gc.isenabled() and gone() is None"
    )
    done = subprocess.run([sys.executable, "-c", program, *sys.path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
