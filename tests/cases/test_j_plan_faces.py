# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class J in playbooks: what the filter makes of a plan, and how it reaches GitHub through the module."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from .support.play import clean, dispatch, on_localhost, play
from .support.world import REPOSITORY, World

FILTER = "infradispatch.github.terraform_changes"
#: Keys of ``for_each`` that somebody has chosen who wants to be evaluated.
KEYS = ["{{ lookup('ansible.builtin.pipe', 'touch {place}') }}", "{% raw %}", 'it\'s "quoted"', "ä…", "a: b # c", "yes"]


def plan_of(keys: t.Sequence[str]) -> dict[str, t.Any]:
    """Return a plan with a resource for each key, which hold a secret."""
    change = {"actions": ["create"], "before": None, "after": {"password": "ZZ-CANARY"}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [
            {
                "address": f"aws_x.y[{json.dumps(key, ensure_ascii=False)}]",
                "mode": "managed",
                "type": "aws_x",
                "name": "y",
                "index": key,
                "change": change,
            }
            for key in keys
        ],
    }


@pytest.mark.parametrize("form", ["from_json", "string"])
def test_what_a_filter_finds_arrives_as_it_is(world: World, tmp_path: Path, form: str) -> None:
    """No name of a resource is a template, numbers stay numbers, and no value leaves."""
    keys = [key.replace("{place}", str(tmp_path / "evaluated")) for key in KEYS]
    (tmp_path / "plan.json").write_text(json.dumps(plan_of(keys)), encoding="utf-8")
    text = f"lookup('ansible.builtin.file', '{tmp_path}/plan.json')"
    options = {
        "repository": REPOSITORY,
        "token": world.pat,
        "api_url": world.github.api_url,
        "event_type": "{{ found.event_type }}",
        "kind": "{{ found.kind }}",
        "evidence": "{{ found.evidence }}",
        "source_details": "{{ found.source_details }}",
    }
    set_fact = {"ansible.builtin.set_fact": {"found": f"{{{{ {text} | {form} | {FILTER}(match_on=['change']) }}}}"}}
    done = play(tmp_path, on_localhost([set_fact, dispatch("Send", options, when="found.matched")]))
    result = done.of("Send")
    clean(result)
    assert not result["failed"], done.text
    ((event_type, payload),) = [(one.event_type, one.client_payload) for one in world.github.events(REPOSITORY)]
    said = payload["dispatch"]
    assert (event_type, said["kind"], said["source"]) == (
        "terraform-planned",
        "planned",
        {"tool": "terraform", "version": "1.11.4"},
    )
    assert said["summary"]["add"] == len(keys)
    addresses = {change["address"] for change in said["changes"]}
    assert addresses == {f"aws_x.y[{json.dumps(key, ensure_ascii=False)}]" for key in keys}
    assert not (tmp_path / "evaluated").exists()
    assert "ZZ-CANARY" not in json.dumps([one.body for one in world.github.requests])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("''", "The input is empty"),
        ("{'format_version': '7.0'}", "7.0"),
        ("{} , 1", "terraform_changes"),
        ("'{}'", "terraform_changes"),
    ],
)
def test_what_is_no_plan_is_a_sentence(tmp_path: Path, value: str, said: str) -> None:
    """And not a traceback, nor an event without changes."""
    task = {"name": "Read", "ansible.builtin.debug": {"msg": f"{{{{ ({value}) | {FILTER} }}}}"}, "ignore_errors": True}
    done = play(tmp_path, on_localhost([task]))
    result = done.of("Read")
    assert result["failed"]
    assert said in done.text
    assert "Traceback" not in done.stdout + done.stderr


def test_a_source_that_breaks_the_schema_is_refused_before_any_request(world: World, tmp_path: Path) -> None:
    """With the name of the fact."""
    options = {
        "repository": REPOSITORY,
        "token": world.pat,
        "api_url": world.github.api_url,
        "event_type": "x",
        "source_details": {"sha": "main"},
    }
    done = play(tmp_path, on_localhost([dispatch("Send", options)]))
    result = done.of("Send")
    clean(result)
    assert result["error"]["code"] == "invalid_input"
    assert "source_details.sha is no commit" in result["msg"]
    assert world.github.requests == []
