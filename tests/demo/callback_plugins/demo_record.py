# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the result of every task for the demo, which tells them in its own words."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: demo_record
type: notification
short_description: Keep the results of a play for the demo
description:
  - Writes the result of every task as a line of JSON to the file that E(DEMO_RECORD) names.
author: infradispatch.github contributors (@infradispatch)
"""


class CallbackModule(CallbackBase):
    """Writes a line for each result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "demo_record"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        self._keep("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._keep("failed", result)

    def _keep(self, status: str, result: Any) -> None:
        line = {"task": result.task_name, "status": status, "result": dict(result.result)}
        with Path(os.environ["DEMO_RECORD"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
