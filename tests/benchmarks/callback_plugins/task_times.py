# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the last task took, from its start to its result, in ms, in the file that TASK_TIMES names."""

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_times
type: notification
short_description: How long tasks took
description: Writes how long each task took into the file that TASK_TIMES names.
"""


class CallbackModule(CallbackBase):
    """Looks at the clock twice for each task, and at nothing else."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_times"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        """Begin."""
        self._began = time.monotonic()

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """End."""
        took = time.monotonic() - self._began
        Path(os.environ["TASK_TIMES"]).write_text(str(took * 1000), encoding="utf-8")
