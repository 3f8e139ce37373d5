# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class P for the callback: the user's payload from the environment and from ansible.cfg, values of YAML (P22-25)."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from cases.support.announce import NAME, lay_out, one_play, only, run, says, settings_of, task
from cases.support.world import World

TASKS = {"INFRADISPATCH_EVIDENCE": "tasks"}
PASSWORD = "open sesame"
CANARY = "ZZ-CANARY-callback-9"

PAYLOADS: dict[str, tuple[str, dict[str, t.Any]]] = {
    "types": (
        '{"b": true, "n": 5, "f": 1.10, "z": null, "s": "true", "ver": "1.10", "o": {"a": [1, {}]}}',
        {"b": True, "n": 5, "f": 1.1, "z": None, "s": "true", "ver": "1.10", "o": {"a": [1, {}]}},
    ),
    "big": ('{"n": 12345678901234567890123}', {"n": 12345678901234567890123}),
    "date": ('{"d": "2024-01-02", "t": "2024-01-02T03:04:05Z"}', {"d": "2024-01-02", "t": "2024-01-02T03:04:05Z"}),
    "text": (
        '{"p": "100 %", "q": "a \\"b\\" c", "u": "\\u00e9\\u2603", "h": "#no comment;here", "n": "a\\nb"}',
        {"p": "100 %", "q": 'a "b" c', "u": "é☃", "h": "#no comment;here", "n": "a\nb"},
    ),
    "template": ('{"t": "{{ 1 + 1 }}", "e": "$HOME %(home)s"}', {"t": "{{ 1 + 1 }}", "e": "$HOME %(home)s"}),
    "order": ('{"zulu": 1, "alpha": 2, "mike": 3}', {"zulu": 1, "alpha": 2, "mike": 3}),
    "empty": ("{}", {}),
    "nine keys": (json.dumps({f"k{n}": n for n in range(9)}), {f"k{n}": n for n in range(9)}),
}


@pytest.mark.parametrize("way", ["environment", "file"])
@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_arrives_as_it_was_written(live: World, tmp_path: Path, name: str, way: str) -> None:
    """P22, P23: JSON, and nothing of it is evaluated."""
    text, expected = PAYLOADS[name]
    lay_out(tmp_path, one_play(task()))
    if way == "environment":
        result = run(tmp_path, env=settings_of(live, INFRADISPATCH_CLIENT_PAYLOAD=text))
    else:
        config = tmp_path / "ansible.cfg"
        config.write_text(f"[callback_{NAME}]\nclient_payload = {text}\n", encoding="utf-8")
        result = run(tmp_path, env=settings_of(live, ANSIBLE_CONFIG=str(config)))
    assert result.stderr == ""
    [(_where, event)] = live.github.world.events
    payload = dict(event.client_payload or {})
    assert payload.pop("dispatch")["kind"] == "changed"
    assert json.dumps(payload) == json.dumps(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("service=web", "not JSON"),
        ("{'a': 1}", "not JSON"),
        ('{"a": 1', "not JSON"),
        ("text", "not JSON"),
        ('{"a": NaN}', "client_payload"),
        ("7", "client_payload"),
        (json.dumps({f"k{n}": n for n in range(10)}), "10"),
        (json.dumps({"a": "x" * 66000}), "65,535|65535"),
    ],
)
def test_what_is_no_payload(live: World, tmp_path: Path, text: str, words: str) -> None:
    """Told at the start, before anything changed."""
    lay_out(tmp_path, one_play(task()))
    result = run(tmp_path, env=settings_of(live, INFRADISPATCH_CLIENT_PAYLOAD=text))
    assert result.code == 0
    [warning] = result.warnings
    assert says(warning, "client_payload")
    assert any(says(warning, word) for word in words.split("|")), warning
    assert live.requests() == []


def test_a_comment_in_the_file(live: World, tmp_path: Path) -> None:
    """Documented: Ansible takes what follows a space and a semicolon for a comment. In an escape it is none."""
    lay_out(tmp_path, one_play(task()))
    config = tmp_path / "ansible.cfg"
    config.write_text(f'[callback_{NAME}]\nclient_payload = {{"a": "b \\u003b c"}} ; the payload\n')
    result = run(tmp_path, env=settings_of(live, ANSIBLE_CONFIG=str(config)))
    assert result.stderr == ""
    [(_where, event)] = live.github.world.events
    assert (event.client_payload or {})["a"] == "b ; c"


VALUES = """
- hosts: all
  gather_facts: false
  vars:
    day: 2024-01-02
    moment: 2024-01-02T03:04:05Z
    secret: {vault}
  tasks:
  - name: Keep values that have no JSON form
    ansible.builtin.set_fact:
      d: "{{{{ day }}}}"
      m: "{{{{ moment }}}}"
      b: !!binary aGVsbG8=
      s: "{{{{ secret }}}}"
    changed_when: true
  - name: 2024-01-02
    ansible.builtin.debug: {{msg: "{{{{ [day, moment, secret] }}}}"}}
    changed_when: true
  - name: 5
    ansible.builtin.debug: {{var: day}}
    changed_when: true
  - name: !unsafe "not {{{{ 1 + 1 }}}} evaluated"
    ansible.builtin.debug: {{msg: x}}
    changed_when: true
  - name: of {{{{ secret }}}} and {{{{ day }}}}
    ansible.builtin.debug: {{msg: "{{{{ item }}}}"}}
    loop: ["{{{{ day }}}}", {{d: 2024-01-02}}, "{{{{ secret }}}}"]
    changed_when: true
  - ansible.builtin.debug: {{msg: no name}}
    changed_when: true
  - name: {vault}
    ansible.builtin.debug: {{msg: x}}
    changed_when: true
"""


def test_values_of_yaml(live: World, tmp_path: Path) -> None:
    """P24, P25: dates, bytes, encrypted and marked texts in results and names; what stays is what was written."""
    vault = VaultLib([("default", VaultSecret(PASSWORD.encode()))])
    encrypted = vault.encrypt(CANARY).decode("ascii").replace("\n", "\\n")
    lay_out(tmp_path, VALUES.format(vault=f'!vault "{encrypted}"'))
    (tmp_path / "password").write_text(PASSWORD)
    words = ("-i", "hosts.yml", "--vault-password-file", "password", "play.yml")
    result = run(tmp_path, *words, env=settings_of(live, **TASKS))
    assert result.code == 0, result.stderr
    assert result.warnings == []
    changes = only(live)["changes"]
    assert len(changes) == 7
    assert [change["host_count"] for change in changes] == [2] * 7
    names = [change.get("task", "") for change in changes]
    assert names[0] == "Keep values that have no JSON form"
    assert names[3:6] == ["not {{ 1 + 1 }} evaluated", "of {{ secret }} and {{ day }}", ""]
    assert names[6] == ""
    assert set(names[1:3]) <= {"", "2024-01-02", "5"}
    [(_where, event)] = live.github.world.events
    assert CANARY not in json.dumps(event.client_payload)


def test_evidence_gives_way_to_the_payload(live: World, tmp_path: Path) -> None:
    """The user's own data stay whole; of the tasks as many are told as fit, and how many are not."""
    payload = {"text": "x" * 62000}
    lay_out(tmp_path, one_play(*(task(f"{number} {'n' * 100}") for number in range(40))))
    env = settings_of(live, INFRADISPATCH_CLIENT_PAYLOAD=json.dumps(payload), **TASKS)
    result = run(tmp_path, env=env)
    assert result.stderr == ""
    envelope = only(live)
    [(_where, event)] = live.github.world.events
    assert (event.client_payload or {})["text"] == payload["text"]
    assert envelope["summary"]["changed_tasks"] == 40
    assert len(envelope["changes"]) + envelope["truncated"]["changes"] == 40
    assert envelope["truncated"]["changes"] > 0


def test_the_kind_in_the_type(live: World, tmp_path: Path) -> None:
    """Other braces stay as they are."""
    lay_out(tmp_path, one_play(task()))
    run(tmp_path, env=settings_of(live, INFRADISPATCH_EVENT_TYPE="{env}-{kind}-{kind}"))
    [(_where, event)] = live.github.world.events
    assert event.event_type == "{env}-changed-changed"
