#!/usr/bin/python
# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send a repository_dispatch event to GitHub."""

from __future__ import annotations

DOCUMENTATION = r"""
module: github_repository_dispatch
short_description: Send a repository_dispatch event to GitHub and bring the workflow's verdict back
version_added: 1.0.0
author: infradispatch.github contributors (@infradispatch)
description:
  - Sends a C(repository_dispatch) event, which starts every workflow on the default branch of a repository that listens
    to its type. On request it finds the runs that were started, waits for them, and fails when one did not succeed.
  - An event is sent at most once. When the answer is lost on the way, the run is looked for by the event's id in
    place of sending again.
  - >-
    GitHub's answer to an event says that it was accepted, not that a workflow runs. To have a run found, the receiving
    workflow shows the event's id in its name, by the line
    C(run-name: "${{ github.event.action }} [${{ github.event.client_payload.dispatch.id }}]").
notes:
  - The task runs in the controller's process, whatever the host of the play. Only when it is delegated to a host other
    than C(localhost) does it run as a module there, with that host's libraries, network and environment.
  - An inventory of many hosts sends one event for each of them; add C(run_once) to send one for all.
  - Task keywords C(until) and C(retries) send a new event at each try, with a new id.
  - The permissions a GitHub App or fine-grained token needs are C(contents) write and, to wait, C(actions) read. With
    C(checks) read too, the message of a run that failed says why. A classic token needs the scope C(repo), or
    C(public_repo) for public repositories.
extends_documentation_fragment:
  - infradispatch.github._github
  - infradispatch.github._github.credentials
  - infradispatch.github._attributes
  - infradispatch.github._attributes.actiongroup_github
attributes:
  check_mode:
    support: full
    details:
      - The options are checked and the credential is proven as far as that goes without an effect. For a GitHub App an
        installation token is made and revoked.
      - It also looks whether anybody would hear the event, and warns when not.
  diff_mode:
    support: full
    details: In check mode the exact request is returned as the difference.
  idempotent:
    support: none
    details: Every task sends a new event.
options:
  repository:
    description: Repository to send the event to, as C(owner/name). Exclusive with O(repositories).
    type: str
  repositories:
    description:
      - Repositories to send an event to, side by side, each with a result of its own.
      - An entry is C(owner/name), or a mapping with the key C(repository) and optionally C(event_type) and
        C(client_payload), which stand in for O(event_type) and O(client_payload).
    type: list
    elements: raw
  event_type:
    description: Type of the event, 1 to 100 characters. Workflows list it below C(on.repository_dispatch.types).
    type: str
  client_payload:
    description:
      - What the workflow gets as C(github.event.client_payload), up to 9 keys. A mapping, or the text of one JSON
        object.
      - Types are kept as they arrive here. The key C(dispatch) is reserved for the id and the origin of the event.
      - The whole must not be larger than 65,535 bytes as JSON. Never put a secret here, since GitHub stores and shows
        it.
    type: raw
  verify_receiver:
    description:
      - >-
        Whether to read the workflow files on the default branch before sending, since GitHub accepts also an event that
        nobody hears. V(ignore) does not look.
      - V(warn) warns when nobody listens to O(event_type), names the types that look like it, and sends all the same.
      - V(require) fails with the code V(no_receiver) when it is certain that nobody listens, and with the code of the
        cause when the files can't be read. Nothing is sent then.
      - Check mode always looks, and warns. Whether a workflow is disabled shows only where the credential may read
        C(actions).
      - Needs the Python library PyYAML where the task runs.
    type: str
    choices: [ignore, warn, require]
    default: ignore
  wait:
    description: Whether to find the runs that the event started and to wait until they are finished.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait for the runs to finish, with O(wait).
    type: int
    default: 1800
  find_timeout:
    description:
      - Seconds to wait for a run that carries the event's id to appear, with O(wait) or when an answer was lost.
    type: int
    default: 180
  cancel_on_timeout:
    description:
      - Whether to cancel runs that are not finished after O(wait_timeout).
      - A GitHub App then needs the permission C(actions) write.
    type: bool
    default: false
  acceptable_conclusions:
    description: Conclusions of a run that count as good. Every other one, known or not, fails the task.
    type: list
    elements: str
    default: [success, skipped, neutral]
  on_unknown:
    description:
      - What to do when nobody can tell whether an event was accepted, and no run that carries its id appears.
      - V(fail) fails with the code V(outcome_unknown). V(resend) sends the same id once more before that.
    type: str
    choices: [fail, resend]
    default: fail
  max_parallel:
    description: Number of events to have on their way at once, with O(repositories).
    type: int
    default: 8
  deadline:
    description: Seconds for sending an event, with getting a token, waiting out rate limits and trying again.
    type: int
    default: 300
  kind:
    description:
      - What the event is about, for the receiver to tell events apart. Sent as C(dispatch.kind).
      - The callback, the role and the command line of this collection set it by what they find.
    type: str
    choices: [custom, changed, unchanged, failed, drift, planned, applied]
    default: custom
  evidence:
    description:
      - What was found, in a form that is shortened when it does not fit. A mapping with V(key) (a fingerprint,
        C(sha256:) and 64 hexadecimal digits), V(summary) (numbers and flags, never shortened) and V(changes) (a list of
        mappings, cut from its end); each of them is optional. Sent as members of C(dispatch).
      - V(truncated), a mapping with the number C(changes), tells of changes that the list lacks already. What
        M(infradispatch.github.terraform_plan_info) and P(infradispatch.github.terraform_changes#filter) return can be
        given as it is.
    type: dict
  source_details:
    description:
      - Where the change was found, as a mapping with any of V(name) (of the playbook, workspace or stack),
        V(repository), V(ref), V(sha), V(url) (a page for people, such as the job), V(version) (of the tool) and
        V(tool) (V(ansible), V(terraform) or V(cli); V(ansible) when not given). Sent as C(dispatch.source).
    type: dict
  dispatch_id:
    description:
      - Send the event under this id again, the RV(dispatch_id) of an earlier attempt with an unknown outcome. A new id
        is made when not set. Receivers take two events with the same id for the same one.
    type: str
  notify_urls:
    description:
      - Whom to tell when an event was not delivered, its outcome is unknown, its run did not end well, or waiting
        for it timed out.
      - An C(https) address gets a POST of JSON with C(text), which incoming webhooks of Slack and its like show, and
        C(infradispatch) with the details. Any other address goes through the library Apprise, when it is installed.
      - A notice never changes the result. What goes wrong with it is a warning.
    type: list
    elements: str
  notify_secret:
    description:
      - Secret to sign notices with. Their header C(X-Hub-Signature-256) then holds the HMAC of the body, in the form of
        GitHub's own webhooks.
    type: str
seealso:
  - module: infradispatch.github.github_repository_dispatch_info
  - module: infradispatch.github.github_workflow_run_info
  - plugin: infradispatch.github.github_app_token
    plugin_type: lookup
  - name: Events that trigger workflows
    description: GitHub's documentation of the event.
    link: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
"""

EXAMPLES = r"""
- name: Have the change validated, and fail when it is not accepted
  infradispatch.github.github_repository_dispatch:
    repository: acme/site
    event_type: infra-changed
    client_payload:
      service: web
      version: "2.4.1"
      replicas: 3
    app_id: Iv23liAbCdEfGhIjKlMn
    private_key_path: /etc/infradispatch/app.pem
    wait: true

- name: Tell several repositories, each in its own words
  infradispatch.github.github_repository_dispatch:
    event_type: infra-changed
    client_payload:
      service: web
    repositories:
      - acme/site
      - repository: acme/audit
        event_type: record-change
    token: "{{ vaulted_token }}"

- name: Look at the request without sending it
  infradispatch.github.github_repository_dispatch:
    repository: acme/site
    event_type: infra-changed
  check_mode: true
  diff: true

- name: Send from the bastion, which alone reaches the server
  infradispatch.github.github_repository_dispatch:
    repository: acme/site
    event_type: infra-changed
    api_url: https://ghes.example.com
    ca_path: /etc/ssl/private-ca.pem
  delegate_to: bastion
"""

RETURN = r"""
outcome:
  description:
    - How far it came. V(planned) in check mode, V(accepted) by GitHub, V(started) when a lost answer was made up for by
      the run, V(succeeded) when all runs ended well, V(failed) when the task failed.
    - For several events the least of them.
  returned: always but for wrong options
  type: str
  sample: succeeded
dispatch_id:
  description: Id of the event, in its payload and in the name of its runs.
  returned: for one repository
  type: str
  sample: 5f0c6f8e3e0d4b7a9c1d2e3f4a5b6c7d
repository:
  description: Repository as it was given.
  returned: for one repository
  type: str
  sample: acme/site
event_type:
  description: Type of the event.
  returned: for one repository
  type: str
  sample: infra-changed
payload_bytes:
  description: Size of the whole payload as JSON, of at most 65,535 bytes.
  returned: for one repository
  type: int
  sample: 212
request_id:
  description: GitHub's id of the request that was accepted; its support asks for it.
  returned: for one repository
  type: str
  sample: 96A4:2BFEEC:245A8CA:235532C:6AA812F3
attempts:
  description: Number of requests that carried an event.
  returned: always but for wrong options
  type: int
  sample: 1
runs:
  description: Workflow runs that carry the ids of the events.
  returned: always but for wrong options
  type: list
  elements: dict
  contains:
    id:
      description: Id of the run.
      type: int
      sample: 30433642
    run_attempt:
      description: Number of the attempt that was waited for, 1 unless the run was started again.
      type: int
      sample: 1
    name:
      description: Name of the run.
      type: str
      sample: Validate
    display_title:
      description: Title of the run, with the id of the event.
      type: str
      sample: infra-changed [5f0c6f8e3e0d4b7a9c1d2e3f4a5b6c7d]
    status:
      description: Status in GitHub's words.
      type: str
      sample: completed
    conclusion:
      description: Conclusion in GitHub's words, null while the run is not finished.
      type: str
      sample: success
    html_url:
      description: Where a person can look at the run.
      type: str
      sample: https://github.com/acme/site/actions/runs/30433642
    jobs:
      description:
        - Jobs of the run when it is finished, with their C(conclusion), C(html_url) and C(failed_steps).
        - Jobs of a run that did not end well have C(messages) too, what the workflow says is wrong. It is empty where
          the credential may not read C(checks).
      type: list
      elements: dict
conclusion:
  description: One conclusion for all runs, the first that is not acceptable if there is one. Empty without O(wait).
  returned: always but for wrong options
  type: str
  sample: success
dispatches:
  description: The same facts for each event.
  returned: always but for wrong options
  type: list
  elements: dict
error:
  description:
    - Why the task failed, null when it did not. An event that was accepted, or may have been, is a change all the same.
    - C(code) is one of V(invalid_input), V(missing_library), V(bad_key), V(not_authenticated), V(not_permitted),
      V(not_found), V(rejected), V(rate_limited), V(unreachable), V(outcome_unknown), V(no_receiver),
      V(run_not_found), V(run_unsuccessful), V(wait_timeout).
  returned: always
  type: dict
  sample:
    code: not_permitted
    message: "GitHub does not permit to take the event (acme/site): Resource not accessible by integration."
    hint: "A GitHub App or fine-grained token needs contents: write for this repository."
    status: 403
    request_id: 96A4:2BFEEC:245A8CA:235532C:6AA812F3
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._module import DISPATCH_SPEC, run_dispatch


def main() -> None:
    """Run as a module, on the host that the task is delegated to."""
    run_dispatch(AnsibleModule(argument_spec=DISPATCH_SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
