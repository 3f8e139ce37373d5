# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One event as an App by requests and PyJWT alone, with one session: `bare_app.py API_URL KEY_FILE`."""

import sys
import time
from pathlib import Path

import jwt
import requests

api_url, key = sys.argv[1], Path(sys.argv[2]).read_text("ascii")
now = int(time.time())
session = requests.Session()
session.headers["Accept"] = "application/vnd.github+json"
signed = jwt.encode({"iat": now - 60, "exp": now + 540, "iss": "1234"}, key, algorithm="RS256")

found = session.get(
    f"{api_url}/repos/acme/site/installation", headers={"Authorization": f"Bearer {signed}"}, timeout=30
)
found.raise_for_status()
made = session.post(
    f"{api_url}/app/installations/{found.json()['id']}/access_tokens",
    json={"repositories": ["site"], "permissions": {"contents": "write"}},
    headers={"Authorization": f"Bearer {signed}"},
    timeout=30,
)
made.raise_for_status()
response = session.post(
    f"{api_url}/repos/acme/site/dispatches",
    json={"event_type": "infra-changed", "client_payload": {"service": "web", "version": "2.4.1"}},
    headers={"Authorization": f"Bearer {made.json()['token']}"},
    timeout=30,
)
response.raise_for_status()
