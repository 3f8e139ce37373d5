# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell what is in the JSON of a Terraform plan."""

from __future__ import annotations

DOCUMENTATION = r"""
name: terraform_changes
short_description: What the JSON of a Terraform plan would change, and what has drifted
version_added: 1.0.0
author: infradispatch.github contributors (@infradispatch)
description:
  - Returns what a plan has in it, in the form that M(infradispatch.github.github_repository_dispatch) sends as
    evidence. That is addresses, types, actions and counts, and a fingerprint that is the same when the same is found
    again.
  - No value of an attribute, a variable or an output is returned.
  - It finds the same as M(infradispatch.github.terraform_plan_info) and the command C(infradispatch plan).
positional: _input
options:
  _input:
    description:
      - A plan as C(terraform show -json) prints it, either parsed or as a text.
      - As a text also the streams of C(terraform plan -json) and C(terraform apply -json), and what HCP Terraform,
        Atlantis and Spacelift send to webhooks.
    type: raw
    required: true
  from:
    description: What has written a text. V(auto) finds out.
    type: str
    choices: [auto, plan, stream, hcp, atlantis, spacelift]
    default: auto
  addresses:
    description: What becomes of the keys of C(for_each) in addresses.
    type: str
    choices: [keep, drop, hash]
    default: keep
  match_on:
    description: Conditions for the value C(matched), as a list or as words with commas in between.
    type: raw
    default: [change, drift]
seealso:
  - module: infradispatch.github.terraform_plan_info
  - module: infradispatch.github.github_repository_dispatch
"""

EXAMPLES = r"""
- name: Read the plan that another tool has made
  ansible.builtin.command:
    cmd: terraform show -json release.tfplan
    chdir: /srv/infrastructure/site
  register: shown
  changed_when: false
  no_log: true  # it holds values

- name: Have a plan that destroys something looked at
  infradispatch.github.github_repository_dispatch:
    repository: acme/site
    event_type: "{{ found.event_type }}"
    kind: "{{ found.kind }}"
    evidence: "{{ found.evidence }}"
    source_details: "{{ found.source_details }}"
  when: found.matched
  vars:
    found: "{{ shown.stdout | infradispatch.github.terraform_changes(match_on=['destroy'], addresses='hash') }}"
"""

RETURN = r"""
_value:
  description: What was found.
  type: dict
  contains:
    kind:
      description: What an event about it is. V(drift), V(planned), V(applied), V(unchanged) or V(failed).
      type: str
      sample: planned
    event_type:
      description: C(terraform-) and the kind, as the command line names events.
      type: str
      sample: terraform-planned
    conditions:
      description: Conditions that hold, of V(change), V(destroy), V(drift) and V(failed).
      type: list
      elements: str
      sample: [change, destroy]
    matched:
      description: Whether one of the conditions in O(match_on) holds.
      type: bool
      sample: true
    evidence:
      description: What was found, as M(infradispatch.github.terraform_plan_info) describes it.
      type: dict
      sample:
        key: sha256:52bcd0a3ba3a2b1f0ee7d1a0b3dbde7ea1e8b6a54e36c55d37f9ed2d3a2b6a01
        summary: {add: 0, change: 0, destroy: 1, drift: 0, has_changes: true, complete: true, errored: false}
        changes: [{address: aws_instance.web, type: aws_instance, actions: [delete]}]
    source_details:
      description: Where it was found. The workspace or project as C(name), and the C(version) of Terraform.
      type: dict
      sample: {tool: terraform, version: 1.11.4}
"""

import io
import typing as t

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._core.changes.terraform import classify_plan, read_changes
from ..module_utils._core.changes.terraform_result import DEFAULT_ON
from ..module_utils._core.errors import InfradispatchError
from ..plugin_utils._plugin import decrypted

if t.TYPE_CHECKING:  # pragma: no cover
    from ..module_utils._core.changes.terraform_result import Changes


def terraform_changes(value: t.Any, **options: t.Any) -> dict[str, t.Any]:
    """Return what is in a plan. Names of resources are nobody's template, whatever stands in them."""
    try:
        found = _classified(value, **decrypted(options))
    except InfradispatchError as error:
        raise AnsibleFilterError(f"terraform_changes: {error}") from None
    for warning in found.warnings:
        Display().warning(f"terraform_changes: {warning}")
    return t.cast("dict[str, t.Any]", wrap_var(found.as_dict()))


def _classified(value: t.Any, **options: t.Any) -> Changes:
    """Return what is in a plan or a text.

    :raises AnsibleFilterError: for an option that is not known.
    """
    source, on = options.pop("from", "auto"), options.pop("match_on", DEFAULT_ON)
    unknown = sorted(set(options) - {"addresses"})
    if unknown:
        raise AnsibleFilterError(
            f"terraform_changes: no such option: {', '.join(unknown)}. Possible: from, addresses, match_on."
        )
    if isinstance(value, (str, bytes)):
        data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        return read_changes(io.BytesIO(data), source=source, on=on, **options)
    return classify_plan(decrypted(value), on=on, **options)


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return it."""
        return {"terraform_changes": terraform_changes}
