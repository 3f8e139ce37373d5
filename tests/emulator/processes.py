# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a program together with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import typing as t
from pathlib import Path

_PROC = Path("/proc")
_SESSION = 3
"""Place of the session in /proc/PID/stat, counted after the name of the program."""


def end(process: subprocess.Popen[t.Any]) -> None:
    """Kill a process that leads a session, its group, and the rest of its session.

    A runner of workflows puts each step into a group of its own; the session is what they still share.
    """
    members = _members(process.pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for member in members | _members(process.pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(member, signal.SIGKILL)


def _members(session: int) -> set[int]:
    """The processes of a session; none where there is no /proc to ask."""
    found = set()
    for entry in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[_SESSION]) == session:
                found.add(int(entry.parent.name))
    return found
