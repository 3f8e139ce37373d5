# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One event by ghapi: `send_by_ghapi.py API_URL`."""

import sys

from ghapi.all import GhApi

api = GhApi(owner="acme", repo="site", token="ghp_" + "t" * 36, gh_host=sys.argv[1], sync=True)
api.repos.create_dispatch_event(event_type="infra-changed", client_payload={"service": "web", "version": "2.4.1"})
