#!/usr/bin/python
# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell who would hear a repository_dispatch event, and whether it may be sent."""

from __future__ import annotations

DOCUMENTATION = r"""
module: github_repository_dispatch_info
short_description: Tell who would hear a repository_dispatch event, and whether it may be sent
version_added: 1.0.0
author: infradispatch.github contributors (@infradispatch)
description:
  - GitHub accepts every event, also one that nobody listens to. This module looks beforehand. It reads the workflow
    files on the default branch, finds out what the credential is and may do, and returns what stands in the way.
  - Nothing is sent. What is found is returned as data, and does not fail the task.
    The task fails when its options are wrong, a library is missing, or there is no usable answer.
notes:
  - The module runs on the host of the task. Delegate it to C(localhost), or use a connection to it, where the libraries
    and the network are those of the controller.
  - Whether a fine-grained token has C(contents) write can't be known without a write. RV(may_send) is null then.
  - >-
    For a GitHub App, installation tokens are made that are narrowed to the repository and to what an event needs, which
    proves the permission, and they are revoked again. Such a token can't tell whether GitHub Actions are enabled.
  - Types are compared exactly, as GitHub documents it. A type with C(*) is shown as it is, and never counts as a match.
  - Workflows that a receiver calls, and conditions (C(if)) inside of it, are not looked at.
requirements:
  - PyYAML >= 5.1
extends_documentation_fragment:
  - infradispatch.github._github
  - infradispatch.github._github.credentials
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
    description: Repository that would take the event, as C(owner/name).
    type: str
    required: true
  event_type:
    description: Type of the event. Without it, everybody who hears any event is returned.
    type: str
  deadline:
    description: Seconds for all of it, with getting a token, waiting out rate limits and trying again.
    type: int
    default: 300
seealso:
  - module: infradispatch.github.github_repository_dispatch
  - module: infradispatch.github.github_app_info
"""

EXAMPLES = r"""
- name: Look who would hear the event
  infradispatch.github.github_repository_dispatch_info:
    repository: acme/site
    event_type: infra-changed
    app_id: Iv23liAbCdEfGhIjKlMn
    private_key_path: /etc/infradispatch/app.pem
  delegate_to: localhost
  register: before

- name: Stop when nobody would, or when it may not be sent
  ansible.builtin.assert:
    that:
      - before.heard_by | length > 0
      - before.may_send is not false
    fail_msg: "{{ before.problems | map(attribute='message') | join(' ') }}"

- name: Warn of a token that ends soon and of receivers that a payload could break into
  ansible.builtin.debug:
    msg: "{{ item.message }} {{ item.hint }}"
  loop: "{{ before.problems | selectattr('code', 'in', ['not_authenticated', 'unsafe_receiver']) }}"
"""

RETURN = r"""
repository:
  description: The repository. All but its name is null when the credential can't see it.
  returned: success
  type: dict
  contains:
    full_name:
      description: Its name, which is another than the given one when it has moved.
      type: str
      sample: acme/site
    id:
      description: Its id.
      type: int
      sample: 1296269
    default_branch:
      description: The branch whose workflow files count.
      type: str
      sample: main
    private:
      description: Whether it is not public.
      type: bool
      sample: true
    archived:
      description: Whether it is archived, and takes no events.
      type: bool
      sample: false
    disabled:
      description: Whether GitHub has disabled it.
      type: bool
      sample: false
    actions_enabled:
      description: Whether GitHub Actions are enabled. Null when the credential may not know.
      type: bool
      sample: true
    html_url:
      description: Where a person can look at it.
      type: str
      sample: https://github.com/acme/site
receivers:
  description: Workflows on the default branch that listen to C(repository_dispatch), of whatever type.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Path of the file.
      type: str
      sample: .github/workflows/validate.yml
    name:
      description: Name of the workflow.
      type: str
      sample: Validate
    state:
      description: State in GitHub's words. Empty when the credential may not know.
      type: str
      sample: active
    enabled:
      description: Whether it can run. True when the state is not known.
      type: bool
      sample: true
    types:
      description: Types it listens to. Null for all.
      type: list
      elements: str
      sample: [infra-changed]
    findable:
      description:
        - Where its run shows the id of the event. V(run-name) is best. V(steps) stands for the name of a job or step,
          which takes more requests. With V(no) nobody can tell which run an event has started.
      type: str
      sample: run-name
    unsafe:
      description: Scripts into which a value of the event is pasted, so that a sender could run commands there.
      type: list
      elements: str
      sample: ["jobs.validate.steps[0].run"]
heard_by:
  description: Paths of those that the event certainly starts.
  returned: success
  type: list
  elements: str
  sample: [.github/workflows/validate.yml]
closest:
  description: Types that somebody listens to and that look like O(event_type), the nearest first, when nobody hears it.
  returned: success
  type: list
  elements: dict
  contains:
    event_type:
      description: The type.
      type: str
      sample: infra-changed
    paths:
      description: Workflows that list it.
      type: list
      elements: str
      sample: [.github/workflows/validate.yml]
unreadable:
  description: Paths of workflow files that could not be read or are not YAML. Nobody knows what they listen to.
  returned: success
  type: list
  elements: str
  sample: []
credential:
  description: What the credential is. Nothing of it is secret.
  returned: success
  type: dict
  contains:
    kind:
      description:
        - V(app), or by the prefix of the token V(classic), V(fine_grained), V(oauth), V(app_user) or V(installation).
        - V(refresh) and V(jwt) are of no use here. V(unknown) has no prefix, as tokens of old servers.
      type: str
      sample: app
    accepted:
      description: Whether GitHub knows it.
      type: bool
      sample: true
    login:
      description: User of the token.
      type: str
      sample: octocat
    app:
      description: Slug of the GitHub App, or its id when GitHub does not know it.
      type: str
      sample: infra-dispatcher
    installation_id:
      description: Installation of the App for the repository.
      type: int
      sample: 375706
    repository_selection:
      description: Whether the installation covers V(all) repositories of the account or V(selected) ones.
      type: str
      sample: selected
    permissions:
      description: Permissions of the installation. Tokens do not tell theirs.
      type: dict
      sample: {contents: write, actions: read, metadata: read}
    suspended:
      description: Whether the installation is suspended.
      type: bool
      sample: false
    scopes:
      description: Scopes of a classic token.
      type: list
      elements: str
      sample: [repo]
    may_push:
      description: Whether GitHub says that the user of the token may write to the repository.
      type: bool
      sample: true
    expires_at:
      description:
        - When the token ends. Null when it does not end, or when the answers don't say.
        - GitHub was seen to name the current time for fine-grained tokens. Such an answer counts as none.
      type: str
      sample: "2026-12-31T00:00:00Z"
    sso_url:
      description: Where to authorise the token, when the organisation wants single sign-on for it.
      type: str
      sample: https://github.com/orgs/acme/sso?authorization_request=AAAA
    how_known:
      description: What RV(may_send) rests on, in a sentence.
      type: str
      sample: By the scopes of the token, and by what its user may do in the repository.
may_send:
  description: Whether the event may be sent. Null when only sending it would tell.
  returned: success
  type: bool
  sample: true
may_wait:
  description: Whether the runs of the repository may be read, which waiting takes. Null when it can't be known.
  returned: success
  type: bool
  sample: true
rate_limit:
  description: The budget of requests, by the last answer that told it. All is null on servers without limits.
  returned: success
  type: dict
  contains:
    limit:
      description: Requests an hour.
      type: int
      sample: 5000
    remaining:
      description: Requests left.
      type: int
      sample: 4987
    used:
      description: Requests made.
      type: int
      sample: 13
    reset_at:
      description: When the budget is full again.
      type: str
      sample: "2026-11-25T12:00:00Z"
api:
  description: The server.
  returned: success
  type: dict
  contains:
    url:
      description: Base of its API.
      type: str
      sample: https://api.github.com
    product:
      description: V(github.com), V(ghe.com) for data residency, or V(ghes) for GitHub Enterprise Server.
      type: str
      sample: github.com
    server_version:
      description: Version of a GitHub Enterprise Server.
      type: str
      sample: "3.19.1"
    api_version:
      description: Version of the API that is used.
      type: str
      sample: "2022-11-28"
    sunset:
      description: When this version of the API ends, once that is announced.
      type: str
      sample: Tue, 28 Mar 2028 00:00:00 GMT
    clock_skew:
      description: Seconds by which the server's clock is ahead of the local one.
      type: int
      sample: 0
problems:
  description: What stands in the way, is uncertain, or will be a problem soon. Empty when all is well.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description:
        - Code of the error that sending or waiting would end with, such as V(no_receiver), V(not_permitted),
          V(not_found), V(not_authenticated), V(run_not_found) or V(rate_limited).
        - V(unsafe_receiver) is for a workflow that pastes values of the event into scripts.
      type: str
      sample: no_receiver
    message:
      description: What it is.
      type: str
      sample: >-
        No workflow on the default branch main of acme/site listens to infra-change. Did you mean infra-changed
        (.github/workflows/validate.yml)?
    hint:
      description: What to do.
      type: str
      sample: >-
        Add it to on.repository_dispatch.types of an enabled workflow on the default branch, or mend event_type.
error:
  description: Why the task failed, with C(code), C(message) and C(hint).
  returned: failure
  type: dict
  sample:
    code: missing_library
    message: The Python library PyYAML is not installed.
    hint: ""
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._module import PREFLIGHT_SPEC, dispatch_info


def main() -> None:
    """Run as a module, on the host of the task."""
    dispatch_info(AnsibleModule(argument_spec=PREFLIGHT_SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
