# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class P through Ansible: what YAML, Jinja and vault make of a payload on its way to GitHub (P22 to P25)."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import ansible
import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from cases.support import expect
from cases.support.play import LOOKUP, clean, play
from cases.support.world import World

from emulator import Emulator

#: Since ansible-core 2.19 a template that is a single expression keeps its type; before, it becomes text.
NATIVE = tuple(int(part) for part in ansible.__version__.split(".")[:2]) >= (2, 19)
PASSWORD = "open sesame"
CANARY = "ZZ-CANARY-vaulted-7"


def payloads(world: World) -> dict[str, dict[str, t.Any]]:
    """What arrived, by event type, without our own key; with the order of keys."""
    found = {}
    for _where, event in world.github.world.events:
        payload = dict(event.client_payload or {})
        del payload["dispatch"]
        found[event.event_type] = payload
    return found


def playbook(rows: t.Mapping[str, str], variables: str = "", other: t.Collection[str] = ()) -> str:
    """The text of a playbook: each row as a task here, some on another host too (that costs half a second)."""
    tasks = []
    for way, keyword in (("here", ""), ("other", "\n      delegate_to: other")):
        for name in rows if way == "here" else other:
            payload = rows[name]
            tasks.append(f"""
    - name: {way} {name}
      infradispatch.github.github_repository_dispatch:
        repository: acme/site
        event_type: {way}-{name}
{payload}
      ignore_errors: true{keyword}""")
    return f"""
- hosts: localhost
  gather_facts: false
  vars:
    nothing: here
{variables}
  tasks:{"".join(tasks)}
"""


def given(text: str) -> str:
    """A payload in one line."""
    return f"        client_payload: {text}"


# -- P22


TEXTS: dict[str, tuple[str, t.Any]] = {
    "a": (given("'{\"a\": 1}'"), {"a": 1}),
    "b": (given('"{{ d | to_json }}"'), {"d": {"n": 1, "yes": True}}),
    "b-dict": (given('"{{ d }}"'), {"d": {"n": 1, "yes": True}}),
    "folded": (
        '        client_payload: >-\n          {"a": 1,\n          "b": [true, null]}',
        {"a": 1, "b": [True, None]},
    ),
    "literal": ('        client_payload: |\n          {"a": "1"}', {"a": "1"}),
    "g": (given("{}"), {}),
    "h": ("", {}),
    "h-omit": (given('"{{ omit }}"'), {}),
    "null": (given("null"), {}),
}
NO_OBJECTS: dict[str, tuple[str, str]] = {
    "c": (given('"\'{\\"a\\":1}\'"'), "text"),
    "d": (given('"[1,2]"'), "a list"),
    "f": (given('"a=1 b=2"'), "not JSON"),
    "i": (given("[1, 2]"), "a list"),
    "j": (given("\"{'a': yes}\""), "not JSON"),
    "number": (given("5"), "number|not JSON"),
    "boolean": (given("true"), "boolean|not JSON"),
    "text": (given("hello"), "not JSON"),
    "eleven-keys": (given("{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1, k: 1}"), "11 keys"),
    "reserved": (given("{dispatch: {id: 1}}"), "reserved"),
}


def test_text_in_place_of_an_object(live: World, tmp_path: Path) -> None:
    """P22 a-j."""
    rows = {name: text for name, (text, _expected) in {**TEXTS, **NO_OBJECTS}.items()}
    other = ("a", "b", "b-dict", "h-omit", "c", "d", "f", "i")
    played = play(tmp_path, playbook(rows, "    d: {d: {n: 1, 'yes': true}}", other), env=live.env())
    arrived = payloads(live)
    for way, names in (("here", rows), ("other", other)):
        for name in names:
            result = played.of(f"{way} {name}")
            clean(result)
            if name in TEXTS:
                assert result["outcome"] == "accepted"
                assert arrived[f"{way}-{name}"] == TEXTS[name][1]
            else:
                expect.failure(result, "invalid_input", says=["client_payload", NO_OBJECTS[name][1]])
                assert f"{way}-{name}" not in arrived


# -- P23

VARIABLES = """
    b: true
    n: 5
    z: null
    ver: 1.10
    oct: 0755
    no_: no
    s: "true"
    q: "1.10"
    big: 12345678901234567890123
    l: [1, "1", null]
    o: {z: 1, a: {x: no}}
"""
VALUES: dict[str, t.Any] = {
    "b": True, "n": 5, "z": None, "ver": 1.1, "oct": 0o755, "no_": False, "s": "true", "q": "1.10",
    "big": 12345678901234567890123, "l": [1, "1", None], "o": {"z": 1, "a": {"x": False}},
}  # fmt: skip


def _types() -> dict[str, str]:
    together = ", ".join(f'{name}: "{{{{ {name} }}}}"' for name in VALUES)
    literals = "b: true, n: 5, z: null, ver: 1.10, oct: 0755, no_: no, s: 'true', big: 12345678901234567890123"
    rows = {
        "alone": given(f"{{all: {{{together}}}}}"),
        "nested": given(f"{{all: [1, {{deep: [{{{together}}}]}}]}}"),
        "mixed": given('{v: "v{{ n }}", w: "{{ n }}{{ n }}", x: "{{ s }} "}'),
        "literal": given(f"{{{literals}}}"),
        "omit": given('{kept: 1, gone: "{{ omit }}"}'),
        "order": given("{zulu: 1, alpha: 2, mike: 3}"),
        "forced": given("\"{{ {'n': n, 'b': b, 's': s, 'z': z, 'big': big} | to_json }}\""),
        "loop": given('{item: "{{ item }}"}') + "\n      loop: [1, true, 'true', {a: 1}, null, 1.10]",
    }
    return {**rows, **{f"top-{name}": given(f'{{v: "{{{{ {name} }}}}"}}') for name in VALUES}}


OTHER = ("alone", "nested", "mixed", "literal", "omit", "order", "forced", "top-b")


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[dict[str, list[t.Any]]]:
    """One playbook for all rows: what arrived, by event type."""
    with Emulator(run_delay=0.0) as github:
        world = World.build(github, frozen=False)
        play(tmp_path_factory.mktemp("typed"), playbook(_types(), VARIABLES, OTHER), env=world.env())
        arrived: dict[str, list[t.Any]] = {}
        for _where, event in github.world.events:
            payload = dict(event.client_payload or {})
            del payload["dispatch"]
            arrived.setdefault(event.event_type, []).append(payload)
        yield arrived


def same(found: t.Any, name: str) -> None:
    """Since 2.19 the very value; before, all but structures become text."""
    if NATIVE or name in ("l", "o", "s", "q"):
        assert json.dumps(found) == json.dumps(VALUES[name])
    else:
        assert isinstance(found, str) or found == VALUES[name]


@pytest.mark.parametrize("name", VALUES)
def test_a_template_keeps_the_type(typed: dict[str, list[t.Any]], name: str) -> None:
    """P23: at the top, and further down."""
    same(typed[f"here-top-{name}"][0]["v"], name)
    for way in ("here", "other"):
        same(typed[f"{way}-alone"][0]["all"][name], name)
        same(typed[f"{way}-nested"][0]["all"][1]["deep"][0][name], name)


@pytest.mark.parametrize("way", ["here", "other"])
def test_types_in_all_other_places(typed: dict[str, list[t.Any]], way: str) -> None:
    """P23: mixed with text, literal, omitted, and forced by to_json."""
    one = {name.removeprefix(f"{way}-"): found[0] for name, found in typed.items() if name.startswith(f"{way}-")}
    literals = {name: VALUES[name] for name in ("b", "n", "z", "ver", "oct", "no_", "s", "big")}
    assert json.dumps(one["literal"]) == json.dumps(literals)
    assert one["mixed"] == {"v": "v5", "w": "55", "x": "true "}
    assert one["omit"] == {"kept": 1}
    assert list(one["order"]) == ["zulu", "alpha", "mike"]
    assert one["forced"] == {name: VALUES[name] for name in ("n", "b", "s", "z", "big")}


def test_types_in_a_loop(typed: dict[str, list[t.Any]]) -> None:
    found = [payload["item"] for payload in typed["here-loop"]]
    assert len(found) == 6
    if NATIVE:
        assert json.dumps(found) == json.dumps([1, True, "true", {"a": 1}, None, 1.1])


def test_both_ways_give_the_same(typed: dict[str, list[t.Any]]) -> None:
    """In this process, and as a module on another host."""
    for name in OTHER:
        assert json.dumps(typed[f"here-{name}"]) == json.dumps(typed[f"other-{name}"])


# -- P24


def test_dates_and_other_values_of_ansible(live: World, tmp_path: Path) -> None:
    """P24: the same text from both ways."""
    rows = {
        "date": given('{d: 2024-01-02, v: "{{ day }}"}'),
        "moment": given('{d: 2024-01-02T03:04:05Z, v: "{{ moment }}"}'),
        "offset": given("{d: 2024-01-02T03:04:05+02:00}"),
        "naive": given("{d: 2024-01-02T03:04:05}"),
        "key": given("{o: {2024: a, 7: b}}"),
        "set": given('{v: "{{ [1, 2, 2] | unique }}"}'),
        "bytes": given("{v: !!binary aGVsbG8=}"),
    }
    text = playbook(rows, "    day: 2024-01-02\n    moment: 2024-01-02T03:04:05Z", rows)
    played = play(tmp_path, text, env=live.env())
    arrived = payloads(live)
    for way in ("here", "other"):
        assert arrived[f"{way}-date"]["d"] == "2024-01-02"
        assert arrived[f"{way}-date"]["v"] == "2024-01-02"
        assert arrived[f"{way}-moment"]["d"].replace(" ", "T") == "2024-01-02T03:04:05+00:00"
        assert arrived[f"{way}-offset"]["d"].startswith("2024-01-02T0")
        assert arrived[f"{way}-naive"]["d"] == "2024-01-02T03:04:05"
        assert arrived[f"{way}-key"] == {"o": {"2024": "a", "7": "b"}}
        assert arrived[f"{way}-set"]["v"] == [1, 2]
    for name in rows:
        if f"here-{name}" in arrived and f"other-{name}" in arrived:
            assert arrived[f"here-{name}"] == arrived[f"other-{name}"], name
    for way in ("here", "other"):
        clean(played.of(f"{way} bytes"))


# -- P25


def vaulted(text: str, indent: int) -> str:
    """An inline encrypted value, as ansible-vault encrypt_string prints it."""
    made = VaultLib([("default", VaultSecret(PASSWORD.encode()))]).encrypt(text).decode("ascii")
    return "!vault |\n" + "\n".join(" " * indent + line for line in made.splitlines())


def test_vaulted_and_unsafe_values(live: World, tmp_path: Path) -> None:
    """P25 a-d: as a token, as a key, in a payload, deep inside; text that looks like a template stays what it is."""
    variables = f"""
    vaulted_token: {vaulted(live.pat, 6)}
    vaulted_key: {vaulted(live.app.private_key, 6)}
    vaulted_value: {vaulted(CANARY, 6)}
    unsafe: !unsafe 'not {{{{ 1 + 1 }}}} evaluated'
"""
    app = f'\n        app_id: "{live.app.id}"\n        private_key: "{{{{ vaulted_key }}}}"'
    rows = {
        "a": given("{v: 1}") + '\n        token: "{{ vaulted_token }}"',
        "a-inline": given("{v: 1}") + f"\n        token: {vaulted(live.pat, 10)}",
        "b": given("{v: 1}") + app,
        "c": given('{v: "{{ vaulted_value }}"}'),
        "c-mixed": given('{v: "with {{ vaulted_value }} inside"}'),
        "c-inline": f"        client_payload:\n          v: {vaulted(CANARY, 12)}",
        "d": given('{list: [1, {deep: ["{{ vaulted_value }}"]}]}'),
        "d-inline": f"        client_payload:\n          list:\n          - deep:\n            - {vaulted(CANARY, 14)}",
        "whole": given("\"{{ {'v': vaulted_value} }}\""),
        "unsafe": given('{v: "{{ unsafe }}", list: ["{{ unsafe }}"]}'),
        "unsafe-inline": given("{v: !unsafe 'not {{ 1 + 1 }} evaluated', list: [!unsafe 'not {{ 1 + 1 }} evaluated']}"),
    }  # fmt: skip
    other = ("a", "b", "c-inline", "d", "unsafe-inline")
    text = (
        playbook(rows, variables, other)
        + f"""
    - name: lookup
      ansible.builtin.set_fact:
        made: "{{{{ lookup('{LOOKUP}', 'acme/site', app_id='{live.app.id}', private_key=vaulted_key) | length }}}}"
    - name: lookup by variables
      ansible.builtin.set_fact:
        made: "{{{{ lookup('{LOOKUP}', 'acme/site', permissions={{'contents': 'read'}}) | length }}}}"
      vars:
        infradispatch_app_id: "{live.app.id}"
        infradispatch_private_key: "{{{{ vaulted_key }}}}"
    - name: lookup by a vaulted variable
      ansible.builtin.set_fact:
        made: "{{{{ lookup('{LOOKUP}', 'acme/site', permissions={{'actions': 'read'}}) | length }}}}"
      vars:
        infradispatch_app_id: "{{{{ {live.app.id} }}}}"
        infradispatch_private_key: {vaulted(live.app.private_key, 10)}
"""
    )
    (tmp_path / "password").write_text(PASSWORD, encoding="ascii")
    env = live.env(ANSIBLE_VAULT_PASSWORD_FILE=str(tmp_path / "password"))
    played = play(tmp_path, text, env=env)
    arrived = payloads(live)
    expected: dict[str, t.Any] = {
        "a": {"v": 1}, "a-inline": {"v": 1}, "b": {"v": 1}, "c": {"v": CANARY}, "c-inline": {"v": CANARY},
        "c-mixed": {"v": f"with {CANARY} inside"}, "d": {"list": [1, {"deep": [CANARY]}]},
        "d-inline": {"list": [{"deep": [CANARY]}]}, "whole": {"v": CANARY},
        "unsafe": {"v": "not {{ 1 + 1 }} evaluated", "list": ["not {{ 1 + 1 }} evaluated"]},
        "unsafe-inline": {"v": "not {{ 1 + 1 }} evaluated", "list": ["not {{ 1 + 1 }} evaluated"]},
    }  # fmt: skip
    for way, names in (("here", rows), ("other", other)):
        for name in names:
            result = played.of(f"{way} {name}")
            clean(result)
            assert result["outcome"] == "accepted", result
            assert arrived[f"{way}-{name}"] == expected[name]
    for name in ("lookup", "lookup by variables", "lookup by a vaulted variable"):
        assert str(played.of(name)["ansible_facts"]["made"]) == "40"
    assert CANARY not in played.stdout + played.stderr
    expect.nothing_secret(live, played.text)


def test_errors_of_ansible_stay_its_own(live: World, tmp_path: Path) -> None:
    """P25: a wrong password, an undefined variable; nothing is sent, and nothing half."""
    rows = {
        "undefined": given('{v: "{{ nowhere }}"}'),
        "undefined-inside": given('{v: [{w: "{{ nothing.at.all }}"}]}'),
        "wrong-password": given('{v: "{{ vaulted_value }}"}'),
        "bad-template": given('{v: "{{ 1 + }}"}'),
    }
    text = playbook(rows, f"    vaulted_value: {vaulted(CANARY, 6)}")
    (tmp_path / "password").write_text("wrong", encoding="ascii")
    played = play(tmp_path, text, env=live.env(ANSIBLE_VAULT_PASSWORD_FILE=str(tmp_path / "password")))
    assert live.accepted == 0
    assert CANARY not in played.text
    assert "Traceback" not in played.text
    for name in rows:
        result = played.of(f"here {name}")
        assert result["failed"]
        assert "error" not in result
