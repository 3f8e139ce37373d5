# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make an installation token of a GitHub App."""

from __future__ import annotations

DOCUMENTATION = r"""
name: github_app_token
short_description: Installation token of a GitHub App, narrowed to what it is for
version_added: 1.0.0
author: infradispatch.github contributors (@infradispatch)
description:
  - Returns an installation token of a GitHub App for one repository, or for repositories of one owner, with no more
    permissions than asked for. It lives for an hour and is not revoked by this lookup.
  - A lookup is evaluated whenever its expression is used. In one run of Ansible a token is made once for each
    distinct request all the same, and shared by all tasks and hosts. It sends nothing else.
notes:
  - Set C(no_log) on tasks that show or register the token. With ansible-core 2.22 and later it is masked in the output.
  - Between the processes of one run the token is kept in Ansible's private temporary folder, encrypted with a key
    that is in memory only; for that cryptography has to be installed, as for signing with a private key.
extends_documentation_fragment:
  - infradispatch.github._github
  - infradispatch.github._github.plugins
options:
  _terms:
    description:
      - C(owner/name) for a token that is good for this repository.
      - C(owner) for a token that is good for the O(repositories) of this owner, or for all that the App is
        installed on.
    type: list
    elements: str
    required: true
  repositories:
    description: Names of repositories, without the owner, when the term is an owner.
    type: list
    elements: str
  permissions:
    description: Permissions of the token, by the names of GitHub's API, each V(read), V(write) or V(admin).
    type: dict
    default: {contents: write}
seealso:
  - module: infradispatch.github.github_repository_dispatch
"""

EXAMPLES = r"""
- name: Read a file of a private repository
  ansible.builtin.uri:
    url: https://api.github.com/repos/acme/site/contents/README.md
    headers:
      Authorization: "Bearer {{ lookup('infradispatch.github.github_app_token', 'acme/site', permissions=reading) }}"
  no_log: true
  vars:
    reading:
      contents: read
    infradispatch_app_id: Iv23liAbCdEfGhIjKlMn
    infradispatch_private_key_path: /etc/infradispatch/app.pem

- name: One token for two repositories of an organisation
  ansible.builtin.set_fact:
    fleet_token: "{{ lookup('infradispatch.github.github_app_token', 'acme', repositories=['site', 'audit']) }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: One token for each term.
  type: list
  elements: str
"""

import os
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils._core.errors import InfradispatchError
from ..module_utils._core.github.client import open_app
from ..module_utils._core.github.mint import read_scope
from ..module_utils._module import CONNECTION_SPEC, failure_of, hide
from ..plugin_utils._plugin import decrypted, run_command
from ..plugin_utils._run_cache import shared_grant

_DEADLINE = 120.0


class LookupModule(LookupBase):
    """Makes one token for each term."""

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        """Return the tokens."""
        self.set_options(var_options=variables, direct=kwargs)
        options = decrypted({name: self._option(name, kwargs) for name in CONNECTION_SPEC if name != "token"})
        try:
            scopes = [
                read_scope(term, self.get_option("repositories"), self.get_option("permissions")) for term in terms
            ]
            client = open_app(options, env=os.environ, run_command=run_command, on_secret=hide)
            try:
                tokens = [shared_grant(client, scope, _DEADLINE).token for scope in scopes]
            finally:
                client.connection.close()
        except InfradispatchError as error:
            raise AnsibleLookupError(f"{failure_of(error)['msg']} [{error.code}]") from None
        for token in tokens:
            hide(token)
        return [token.reveal() for token in tokens]

    def _option(self, name: str, given: t.Mapping[str, t.Any]) -> t.Any:
        """Return an option. What comes from a variable may hold a template, which ansible-core leaves to the plugin."""
        value = self.get_option(name)
        return value if name in given or self._templar is None else self._templar.template(value)
