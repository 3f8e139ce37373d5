#!/usr/bin/python
# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask GitHub for workflow runs, and wait for them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: github_workflow_run_info
short_description: Find workflow runs by an event's id, by their own id or by workflow, and wait for their verdict
version_added: 1.0.0
author: infradispatch.github contributors (@infradispatch)
description:
  - Returns workflow runs of a repository with their jobs. On request it waits until they are finished, and then fails
    when one did not succeed.
  - So a play can send an event early, with M(infradispatch.github.github_repository_dispatch), and collect the verdict
    late. It also runs as an asynchronous task.
  - Runs of an event are those that carry its id. A run without it is never taken for the event's, however well it fits.
notes:
  - The module runs on the host of the task. Delegate it to C(localhost), or use a connection to it, where the libraries
    and the network are those of the controller.
  - A GitHub App or fine-grained token needs the permissions C(actions) read and C(contents) read. The error messages of
    failed jobs are shown where C(checks) read is granted too.
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
    description: Repository of the runs, as C(owner/name).
    type: str
    required: true
  dispatch_id:
    description:
      - Id of an event, as the sender returned it. Exclusive with O(run_id) and O(workflow).
    type: str
  run_id:
    description: Id of one run.
    type: int
  workflow:
    description: File name of a workflow, such as V(validate.yml), or its numeric id, for its newest runs.
    type: str
  event:
    description: Only runs that this event started, such as V(push).
    type: str
  branch:
    description: Only runs of this branch.
    type: str
  limit:
    description: Number of runs to return, when neither O(dispatch_id) nor O(run_id) is given.
    type: int
    default: 10
  wait:
    description: Whether to wait until the runs are finished, and to fail when one did not end well.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait for the runs to finish, with O(wait).
    type: int
    default: 1800
  find_timeout:
    description: Seconds to wait for a run that carries O(dispatch_id) to appear, with O(wait).
    type: int
    default: 180
  acceptable_conclusions:
    description: Conclusions of a run that count as good, with O(wait). Every other one, known or not, fails the task.
    type: list
    elements: str
    default: [success, skipped, neutral]
  log_lines:
    description: Number of last lines to return of the log of each failed job, 500 at most.
    type: int
    default: 0
  notify_urls:
    description:
      - Whom to tell when a run that was waited for did not end well, did not appear, or waiting for it timed out.
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
  - module: infradispatch.github.github_repository_dispatch
"""

EXAMPLES = r"""
- name: Announce the change, and go on meanwhile
  infradispatch.github.github_repository_dispatch:
    repository: acme/site
    event_type: infra-changed
  register: announced

- name: Do something else
  ansible.builtin.command: /usr/local/bin/warm-caches
  changed_when: false

- name: Collect the verdict
  infradispatch.github.github_workflow_run_info:
    repository: acme/site
    dispatch_id: "{{ announced.dispatch_id }}"
    wait: true
    log_lines: 20

- name: Look at the last nightly runs
  infradispatch.github.github_workflow_run_info:
    repository: acme/site
    workflow: nightly.yml
    event: schedule
    limit: 3
"""

RETURN = r"""
runs:
  description: The runs, the newest first when they were listed.
  returned: always but for wrong options
  type: list
  elements: dict
  contains:
    id:
      description: Id of the run.
      type: int
      sample: 30433642
    run_attempt:
      description: Number of the attempt, 1 unless the run was started again.
      type: int
      sample: 1
    name:
      description: Name of the run.
      type: str
      sample: Validate
    display_title:
      description: Title of the run.
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
        - Jobs of the run, with their C(status), C(conclusion), C(html_url), C(failed_steps), the C(messages) of failed
          ones as far as they may be read, and their last C(log_lines) on request.
      type: list
      elements: dict
completed:
  description: Whether there are runs and all of them are finished.
  returned: always but for wrong options
  type: bool
  sample: true
conclusion:
  description: One conclusion for all runs when they are finished, the first that is not acceptable if there is one.
  returned: always but for wrong options
  type: str
  sample: success
error:
  description: Why the task failed, with its C(code), C(message) and C(hint); null when it did not.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._module import RUN_INFO_SPEC, run_info


def main() -> None:
    """Run as a module."""
    run_info(AnsibleModule(argument_spec=RUN_INFO_SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
