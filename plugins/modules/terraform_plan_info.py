#!/usr/bin/python
# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell what a Terraform plan would change, and what has drifted."""

from __future__ import annotations

DOCUMENTATION = r"""
module: terraform_plan_info
short_description: Tell what a Terraform plan would change, and what has drifted
version_added: 1.0.0
author: infradispatch.github contributors (@infradispatch)
description:
  - Makes a plan with Terraform, or takes a saved one, and returns what is in it in the form that
    M(infradispatch.github.github_repository_dispatch) sends as evidence. That is addresses, types, actions and counts,
    and a fingerprint that is the same when the same is found again.
  - Nothing is applied. No value of an attribute, a variable or an output is returned.
  - What happened is read from Terraform's JSON and never from its exit status.
  - The task fails when Terraform does not get to the end of its plan. All return values are there then too, with
    RV(kind) V(failed).
notes:
  - The module runs on the host of the task, which needs Terraform and the configuration.
  - A plan locks the state for as long as it takes, and reads what is there by the providers, with the credentials that
    they find. Nothing else is changed, but for O(init), which downloads providers and modules into O(project_path).
  - A secret for Terraform belongs into O(sensitive_variables), into a variable C(TF_VAR_name) of the environment of
    the task, or into a file that O(variables_files) names. O(variables) is shown by Ansible at C(-vvv), and so is the
    environment of a task.
  - Plan and variables are in a temporary folder of the user that runs the task until the task ends.
  - Terraform is driven by the library python-terraform. What that library can't do is done around it, such as a
    deadline and variables that are not on the command line.
requirements:
  - python-terraform >= 0.10.1
  - Terraform >= 1.5
extends_documentation_fragment:
  - infradispatch.github._attributes
  - infradispatch.github._attributes.actiongroup_github
attributes:
  check_mode:
    support: full
    details: It plans in any mode, and applies in none.
  diff_mode:
    support: none
    details: A difference would show values, which are not looked at.
  idempotent:
    support: full
options:
  project_path:
    description: Folder with the configuration.
    type: path
    required: true
  binary_path:
    description: The Terraform to run. Looked for on the C(PATH) when not set.
    type: path
  plan_file:
    description:
      - Tell what is in this saved plan, and make none. A relative path is below O(project_path).
      - Exclusive with what shapes a plan, which are O(mode), O(variables), O(sensitive_variables), O(variables_files),
        O(targets) and O(parallelism).
    type: path
  mode:
    description:
      - What to plan, in the words of Terraform's planning modes. V(refresh_only) looks for drift, and for nothing that
        the configuration wants. V(normal) finds both. V(destroy) is what destroying all would do.
    type: str
    choices: [normal, refresh_only, destroy]
    default: normal
  workspace:
    description: Workspace to plan in. The one that is selected in the folder stays selected.
    type: str
  variables:
    description:
      - Values of variables, of any type. They are given in a file, and take precedence over O(variables_files).
    type: dict
  sensitive_variables:
    description:
      - As O(variables), for values that Ansible is not to show. It masks each of them wherever it would be shown, in
        what this module returns too.
    type: dict
  variables_files:
    description: Files with values of variables. Relative paths are below O(project_path).
    type: list
    elements: path
  targets:
    description: Addresses of resources to plan for, instead of all.
    type: list
    elements: str
  refresh:
    description: Whether to compare the state with what is there. Without it no drift is found.
    type: bool
    default: true
  parallelism:
    description: Number of operations at once. Terraform's default is 10.
    type: int
  lock:
    description: Whether to lock the state while planning.
    type: bool
    default: true
  lock_timeout:
    description: Seconds to wait for a lock that somebody else has.
    type: int
    default: 60
  init:
    description: Whether to run C(terraform init) before.
    type: bool
    default: false
  backend_config_files:
    description:
      - Files with settings of the backend, with O(init). There is no option for the settings themselves, since
        Terraform takes them on its command line only, where everybody on the host can read them.
    type: list
    elements: path
  deadline:
    description:
      - Seconds for all of it. When they are over, Terraform is asked to stop, gets half a minute to release its lock,
        and is then ended.
    type: int
    default: 3600
  addresses:
    description:
      - What becomes of the keys of C(for_each) in addresses, which can tell more than an event should. V(hash)
        replaces a key by a part of its SHA-256, and V(drop) leaves none.
    type: str
    choices: [keep, drop, hash]
    default: keep
  match_on:
    description:
      - Conditions for RV(matched). V(change) is anything that would change, outputs included, V(drift) what was
        changed outside of Terraform, V(destroy) a resource that would be destroyed or replaced, V(failed) a plan that
        did not get to its end, and V(always) any result.
    type: list
    elements: str
    choices: [change, destroy, drift, failed, always]
    default: [change, drift]
seealso:
  - module: infradispatch.github.github_repository_dispatch
  - plugin: infradispatch.github.terraform_changes
    plugin_type: filter
  - name: Role infradispatch.github.terraform_drift
    description: All of it, from the plan to the verdict, on a schedule if wanted.
    link: https://github.com/infradispatch/infradispatch.github/blob/main/roles/terraform_drift/README.md
"""

EXAMPLES = r"""
- name: Look for drift
  infradispatch.github.terraform_plan_info:
    project_path: /srv/infrastructure/site
    workspace: production
    mode: refresh_only
    init: true
    match_on: [drift]
  environment:
    AWS_PROFILE: auditor
  register: found

- name: Have somebody look at it
  infradispatch.github.github_repository_dispatch:
    repository: acme/site
    event_type: "{{ found.event_type }}"
    kind: "{{ found.kind }}"
    evidence: "{{ found.evidence }}"
    source_details: "{{ found.source_details }}"
    wait: true
  when: found.matched

- name: Stop before something would be destroyed
  infradispatch.github.terraform_plan_info:
    project_path: /srv/infrastructure/site
    plan_file: release.tfplan
    match_on: [destroy]
  register: release
  failed_when: release.failed | default(false) or release.matched
"""

RETURN = r"""
kind:
  description:
    - What an event about it is. V(drift), V(planned), V(unchanged) or V(failed).
    - With drift and changes in one plan it is V(drift) when O(match_on) has V(drift) or V(always), else V(planned).
  returned: unless an option is wrong
  type: str
  sample: drift
event_type:
  description: C(terraform-) and the kind, as the command line names events.
  returned: unless an option is wrong
  type: str
  sample: terraform-drift
conditions:
  description: Conditions that hold, of V(change), V(destroy), V(drift) and V(failed).
  returned: unless an option is wrong
  type: list
  elements: str
  sample: [drift]
matched:
  description: Whether one of the conditions in O(match_on) holds.
  returned: unless an option is wrong
  type: bool
  sample: true
evidence:
  description: What was found, for O(infradispatch.github.github_repository_dispatch#module:evidence).
  returned: unless an option is wrong
  type: dict
  contains:
    key:
      description: Fingerprint of the changes. Not there when nothing changes.
      type: str
      sample: sha256:52bcd0a3ba3a2b1f0ee7d1a0b3dbde7ea1e8b6a54e36c55d37f9ed2d3a2b6a01
    summary:
      description: Numbers and flags, exact however long the list is.
      type: dict
      sample: {add: 0, change: 0, destroy: 0, drift: 1, has_changes: false, complete: true, errored: false}
    changes:
      description: The changes, the most dangerous first, up to 1600 of them.
      type: list
      elements: dict
      sample: [{address: 'aws_instance.web["a"]', type: aws_instance, actions: [update], drift: true}]
    truncated:
      description: How many more there are, as the number C(changes). Not there when the list is whole.
      type: dict
      sample: {changes: 38400}
source_details:
  description: Where it was found, for O(infradispatch.github.github_repository_dispatch#module:source_details).
  returned: unless an option is wrong
  type: dict
  sample: {tool: terraform, name: production, version: 1.11.4}
error:
  description:
    - Why the task failed, with C(code), C(message) and C(hint). Null when it did not.
    - The code V(terraform_failed) stands for a Terraform that did not get to the end of its plan. Its own errors are
      named by their headlines, since what follows them may hold values.
  returned: always
  type: dict
  sample:
    code: terraform_failed
    message: "terraform plan failed: Error acquiring the state lock."
    hint: Run terraform plan in the folder to see all of it.
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._terraform import PLAN_INFO_SPEC, plan_info


def main() -> None:
    """Run as a module, on the host of the task."""
    plan_info(AnsibleModule(argument_spec=PLAN_INFO_SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
