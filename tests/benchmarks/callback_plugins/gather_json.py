# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All results of a run as JSON, in the file that GATHER_JSON names: what other callbacks do that tell of a run."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: gather_json
type: notification
short_description: All results of a run
description: Keeps the result of each task and host, and writes all of them at the end.
"""


class CallbackModule(CallbackBase):
    """Keeps everything."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "gather_json"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Begin with nothing."""
        super().__init__(*args, **kwargs)
        self.kept: list[dict[str, t.Any]] = []

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """Keep a result."""
        self.kept.append({"task": result.task.get_name(), "host": result.host.name, "result": dict(result.result)})

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Write all of them."""
        Path(os.environ["GATHER_JSON"]).write_text(json.dumps(self.kept, default=str), encoding="utf-8")
