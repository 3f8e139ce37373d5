# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter as Ansible calls it. In templates of real plays: tests/cases/test_j_plan_faces.py."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.infradispatch.github.plugins.filter.terraform_changes import FilterModule

PLAN: dict[str, t.Any] = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "variables": {"secret": {"value": "ZZ-CANARY"}},
    "resource_changes": [
        {
            "address": 'aws_x.y["k"]',
            "mode": "managed",
            "type": "aws_x",
            "name": "y",
            "index": "k",
            "change": {"actions": ["delete"], "before": {"password": "ZZ-CANARY"}, "after": None},
        }
    ],
}
terraform_changes = FilterModule().filters()["terraform_changes"]


@pytest.mark.parametrize("form", [dict, json.dumps, lambda plan: json.dumps(plan).encode()])
def test_a_plan_in_any_form_gives_the_same(form: t.Callable[[t.Any], t.Any]) -> None:
    found = terraform_changes(form(PLAN), match_on="destroy", addresses="drop")
    assert found["kind"] == "planned"
    assert found["conditions"] == ["change", "destroy"]
    assert found["matched"] is True
    assert found["evidence"]["changes"][0]["address"] == "aws_x.y[...]"
    assert found["source_details"] == {"tool": "terraform", "version": "1.11.4"}
    assert "ZZ-CANARY" not in str(found)


@pytest.mark.parametrize(
    ("value", "options", "named"),
    [
        (PLAN, {"on": "change"}, "no such option: on. Possible: from, addresses, match_on"),
        (PLAN, {"match_on": ["never"]}, "never"),
        (PLAN, {"addresses": "x"}, "addresses"),
        ("{}", {"from": "jenkins"}, "from can't be"),
        ("", {}, "The input is empty"),
        ("no json", {}, "holds no JSON"),
        ([PLAN], {}, "The plan is no object"),
        (None, {}, "The plan is no object"),
        ({"format_version": "9.0"}, {}, "9"),
    ],
)
def test_what_is_no_plan_is_refused_in_a_sentence(value: t.Any, options: dict[str, t.Any], named: str) -> None:
    with pytest.raises(AnsibleFilterError, match=named):
        terraform_changes(value, **options)
