# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One event by PyGithub: `send_by_pygithub.py API_URL`."""

import sys

import github

client = github.Github(auth=github.Auth.Token("ghp_" + "t" * 36), base_url=sys.argv[1])
repository = client.get_repo("acme/site", lazy=True)
if not repository.create_repository_dispatch("infra-changed", {"service": "web", "version": "2.4.1"}):
    raise SystemExit("not accepted")
