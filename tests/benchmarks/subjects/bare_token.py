# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One event by requests alone, the least that anybody would write: `bare_token.py API_URL`."""

import sys

import requests

response = requests.post(
    sys.argv[1] + "/repos/acme/site/dispatches",
    json={"event_type": "infra-changed", "client_payload": {"service": "web", "version": "2.4.1"}},
    headers={"Authorization": "Bearer ghp_" + "t" * 36, "Accept": "application/vnd.github+json"},
    timeout=30,
)
response.raise_for_status()
