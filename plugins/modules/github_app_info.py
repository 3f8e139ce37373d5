#!/usr/bin/python
# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show a GitHub App, its installations, and what it may do beyond its task."""

from __future__ import annotations

DOCUMENTATION = r"""
module: github_app_info
short_description: Show a GitHub App, its installations, and what it may do beyond its task
version_added: 1.0.0
author: infradispatch.github contributors (@infradispatch)
description:
  - Returns a GitHub App and where it is installed, with permissions and repository selection, and names everything that
    is broader than what this collection needs. It is made for audits on a schedule.
  - Nothing is changed and no installation token is made. Findings are returned as data, and do not fail the task.
notes:
  - The module runs on the host of the task. Delegate it to C(localhost), or use a connection to it, where the libraries
    and the network are those of the controller.
  - Only the App itself can ask this, by its private key. There is no option for a token. A play that sets C(token) for
    the whole group by C(module_defaults) has to leave this module out.
extends_documentation_fragment:
  - infradispatch.github._github
  - infradispatch.github._attributes
  - infradispatch.github._attributes.actiongroup_github
attributes:
  check_mode:
    support: full
    details: It changes nothing in any mode.
  diff_mode:
    support: none
    details: There is nothing to compare.
  idempotent:
    support: full
options:
  repository:
    description:
      - Look only at the installation for this repository (C(owner/name)). Exclusive with O(owner).
      - The task fails when the App is not installed there.
    type: str
  owner:
    description: Look only at the installation of this user or organisation. The task fails when there is none.
    type: str
  needed_permissions:
    description:
      - Permissions that the App shall have, with the levels V(read), V(write) or V(admin). More is a finding, and so is
        less.
      - The default is what it takes to send events, to read who hears them, and to wait for their runs. Canceling runs
        (C(cancel_on_timeout)) takes C(actions) write.
    type: dict
    default:
      contents: write
      actions: read
      metadata: read
  max_installations:
    description: Number of installations above which the App counts as too widely installed.
    type: int
    default: 10
  deadline:
    description: Seconds for all of it, with waiting out rate limits and trying again.
    type: int
    default: 300
seealso:
  - module: infradispatch.github.github_repository_dispatch_info
  - name: Choosing permissions for a GitHub App
    description: GitHub's advice.
    link: https://docs.github.com/en/apps/creating-github-apps/registering-a-github-app/choosing-permissions-for-a-github-app
"""

EXAMPLES = r"""
- name: Look at the App and all its installations
  infradispatch.github.github_app_info:
    app_id: Iv23liAbCdEfGhIjKlMn
    private_key_path: /etc/infradispatch/app.pem
  delegate_to: localhost
  register: audit

- name: Fail the nightly audit when the App may do more than it should
  ansible.builtin.assert:
    that: audit.findings | length == 0
    fail_msg: "{{ audit.findings | map(attribute='message') | join(' ') }}"

- name: Look at one repository, for plays that cancel runs
  infradispatch.github.github_app_info:
    repository: acme/site
    needed_permissions:
      contents: write
      actions: write
      metadata: read
    app_id: Iv23liAbCdEfGhIjKlMn
    private_key_path: /etc/infradispatch/app.pem
  delegate_to: localhost
"""

RETURN = r"""
app:
  description: The App as it is registered.
  returned: success
  type: dict
  contains:
    id:
      description: App ID.
      type: int
      sample: 123456
    client_id:
      description: Client ID.
      type: str
      sample: Iv23liAbCdEfGhIjKlMn
    slug:
      description: Name in addresses.
      type: str
      sample: infra-dispatcher
    name:
      description: Name for people.
      type: str
      sample: Infra dispatcher
    owner:
      description: User, organisation or enterprise that owns it.
      type: str
      sample: acme
    html_url:
      description: Its page.
      type: str
      sample: https://github.com/apps/infra-dispatcher
    permissions:
      description: Permissions that it asks for. Each installation has those that were accepted there.
      type: dict
      sample: {contents: write, actions: read, metadata: read}
    events:
      description: Webhook events it is subscribed to.
      type: list
      elements: str
      sample: []
    installations_count:
      description: Number of installations, as GitHub counts them.
      type: int
      sample: 1
    created_at:
      description: When it was registered.
      type: str
      sample: "2026-01-01T00:00:00Z"
    updated_at:
      description: When it was changed last.
      type: str
      sample: "2026-06-01T00:00:00Z"
installations:
  description: All installations, or the one that was asked for.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: int
      sample: 375706
    account:
      description: User, organisation or enterprise that it is on.
      type: str
      sample: acme
    account_type:
      description: Kind of the account.
      type: str
      sample: Organization
    repository_selection:
      description: V(all) or V(selected).
      type: str
      sample: selected
    permissions:
      description: Permissions that were accepted.
      type: dict
      sample: {contents: write, actions: read, metadata: read}
    events:
      description: Webhook events that it gets.
      type: list
      elements: str
      sample: []
    suspended:
      description: Whether it is suspended, and can do nothing.
      type: bool
      sample: false
    suspended_at:
      description: Since when.
      type: str
      sample: null
    html_url:
      description: Page of its settings.
      type: str
      sample: https://github.com/organizations/acme/settings/installations/375706
    created_at:
      description: When it was installed.
      type: str
      sample: "2026-01-02T00:00:00Z"
    updated_at:
      description: When it was changed last.
      type: str
      sample: "2026-06-02T00:00:00Z"
findings:
  description: What is more than needed, or less. Empty when the App is cut to its task.
  returned: success
  type: list
  elements: dict
  contains:
    installation:
      description: Id of the installation. Null for the App itself.
      type: int
      sample: 375706
    permission:
      description:
        - Name of the permission. V(write_permissions) stands for several permissions to write, V(repository_selection)
          for an installation on all repositories, and V(installations) for their number.
      type: str
      sample: issues
    granted:
      description: What there is.
      type: str
      sample: write
    needed:
      description: What would do.
      type: str
      sample: none
    message:
      description: The same as a sentence.
      type: str
      sample: "The installation on acme has issues: write; it is not needed."
error:
  description: Why the task failed, with C(code), C(message) and C(hint).
  returned: failure
  type: dict
  sample:
    code: not_authenticated
    message: "GitHub does not accept the App 123456 (App 123456): A JSON web token could not be decoded."
    hint: >-
      Check that the private key belongs to the App 123456, that this App is registered at this GitHub (api_url), and
      that the clock of this machine is right.
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._module import APP_INFO_SPEC, app_info


def main() -> None:
    """Run as a module, on the host of the task."""
    app_info(AnsibleModule(argument_spec=APP_INFO_SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
