# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One event as an App through the core, as a program of its own: `core_app.py API_URL KEY_FILE`."""

import sys

from _core.delivery.task import run_task
from _core.event.envelope import Origin
from _core.github.client import GitHub, open_github

options = {
    "api_url": sys.argv[1],
    "app_id": "1234",
    "private_key_path": sys.argv[2],
    "repository": "acme/site",
    "event_type": "infra-changed",
    "client_payload": {"service": "web", "version": "2.4.1"},
}
opened: list[GitHub] = []


def open_client() -> GitHub:
    opened.append(open_github(options))
    return opened[0]


task = run_task(options, Origin("benchmark"), open_client)
opened[0].close()
if task.result["outcome"] != "accepted":
    raise SystemExit(str(task.result))
