# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes every result as a JSON line to the file that RECORD_RESULTS names. For tests; works on every ansible-core."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record_results
type: notification
short_description: Write every result as a JSON line
description: Write every result as a JSON line to the file that RECORD_RESULTS names.
"""


class CallbackModule(CallbackBase):
    """One line for each result, items of loops included."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record_results"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, result: t.Any, state: str) -> None:
        new = hasattr(result, "result") and hasattr(result, "task")
        task = result.task if new else result._task
        host = result.host if new else result._host
        line = {
            "task": task.get_name(),
            "host": host.get_name(),
            "state": state,
            "result": dict(result.result if new else result._result),
        }
        with open(os.environ["RECORD_RESULTS"], "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._write(result, "ok")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._write(result, "failed")

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._write(result, "unreachable")

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        self._write(result, "item ok")

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        self._write(result, "item failed")
