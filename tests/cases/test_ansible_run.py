# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of Ansible as a whole: one connection and one token over a loop, one mint for each distinct lookup, async."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from cases.support import expect
from cases.support.play import LOOKUP, MODULE, clean, dispatch, on_localhost, play
from cases.support.world import FILES, World

EVENT = {"repository": "acme/site", "event_type": "infra-changed"}


def events(world: World) -> list[t.Any]:
    return [event for _where, event in world.github.world.events]


# -- loops


def test_a_loop_is_one_connection_and_one_token(live: World, tmp_path: Path) -> None:
    """Fifty events; the token is revoked at the end."""
    task = dispatch("loop", {**EVENT, "client_payload": {"n": "{{ item }}"}}, loop="{{ range(50) | list }}")
    played = play(tmp_path, on_localhost([task]), env=live.env())
    assert played.code == 0, played.stdout
    assert [(event.client_payload or {})["n"] for event in events(live)] == [0, *range(1, 50)]
    assert len({expect.run_id(event) for event in events(live)}) == 50
    assert len({request.connection for request in live.requests()}) == 1
    assert len(live.mints) == 1
    revoked = [token.revoked for token in live.github.world.tokens.values() if token.kind == "installation"]
    assert revoked == [True]


def test_a_loop_goes_on_after_a_failure_and_tells_them_apart(live: World, tmp_path: Path) -> None:
    items = ["acme/site", "acme/gone", "nonsense", "acme/site"]
    task = dispatch("loop", {**EVENT, "repository": "{{ item }}"}, loop=items)
    played = play(tmp_path, on_localhost([task]), env=live.env())
    states = [line["state"] for line in played.results if line["state"].startswith("item")]
    assert states == ["item ok", "item failed", "item failed", "item ok"]
    assert len(events(live)) == 2
    assert played.of("loop", "failed")["changed"] is True


def test_loops_with_different_credentials_do_not_mix(live: World, tmp_path: Path) -> None:
    """What one item opened serves the next only when all connection options are the same."""
    writer = live.github.add_token("fine-grained", repositories=["acme/site"], permissions={"contents": "write"})
    task = dispatch("loop", {**EVENT, "token": "{{ item }}"}, loop="{{ tokens }}", no_log=True)
    secrets = {"tokens": [live.pat, writer, live.pat]}
    play(tmp_path, on_localhost([task]), secrets=secrets, env=live.env(GITHUB_APP_ID=""))
    assert [event.credential for event in events(live)] == ["classic", "fine-grained", "classic"]


def test_several_hosts_each_send_their_own(live: World, tmp_path: Path) -> None:
    """Over forks; with run_once it is one."""
    there = {"delegate_to": "other", "when": "inventory_hostname == 'host1'"}
    tasks = [
        dispatch("each", {**EVENT, "client_payload": {"host": "{{ inventory_hostname }}"}}),
        dispatch("once", {**EVENT, "event_type": "once"}, run_once=True),
        dispatch("there", {**EVENT, "event_type": "there"}, **there),
    ]
    book = [{"hosts": "host*", "gather_facts": False, "tasks": tasks}]
    play(tmp_path, book, hosts=4, env=live.env(ANSIBLE_FORKS="4"))
    senders = [(event.client_payload or {}).get("host") for event in events(live)]
    assert sorted(filter(None, senders)) == ["host1", "host2", "host3", "host4"]
    assert sum(event.event_type == "once" for event in events(live)) == 1
    assert sum(event.event_type == "there" for event in events(live)) == 1
    made = [token for token in live.github.world.tokens.values() if token.kind == "installation"]
    assert all(token.revoked for token in made)


# -- the lookup


def fact(name: str, expression: str, **keywords: t.Any) -> dict[str, t.Any]:
    """A task that evaluates an expression; ``LOOKUP`` in it is the lookup."""
    template = "{{ %s }}" % expression.replace("LOOKUP", LOOKUP)  # noqa: UP031
    return {"name": name, "ansible.builtin.set_fact": {f"fact_{name}": template}, **keywords}


def test_one_mint_for_each_distinct_lookup(live: World, tmp_path: Path) -> None:
    """Over tasks, hosts, forks, loops, variables that are evaluated again and again, and repeats in one expression."""
    for name in ("audit", "docs"):
        live.github.add_repository(f"acme/{name}", files=FILES)
    lazy = f"{{{{ lookup('{LOOKUP}', 'acme/site') }}}}"
    by_owner = f"{{{{ lookup('{LOOKUP}', 'acme', repositories=['site', 'audit']) }}}}"
    tasks = [
        fact("one", "lazy | length"),
        fact("two", "(lookup('LOOKUP', 'acme/site') ~ lookup('LOOKUP', 'acme/site')) | length"),
        fact("loop", "lazy | length", loop=[1, 2, 3]),
        fact("other", "lookup('LOOKUP', 'acme/audit') | length"),
        fact("narrow", "lookup('LOOKUP', 'acme/site', permissions={'actions': 'read'}) | length"),
        fact("owner", "by_owner | length", loop=[1, 2]),
        fact("order", "lookup('LOOKUP', 'acme', repositories=['audit', 'site']) | length"),
        fact("terms", "query('LOOKUP', 'acme/site', 'acme/audit', 'acme/docs') | map('length') | list"),
        {"name": "same", "ansible.builtin.assert": {"that": ["lazy == lazy", "lazy is match('ghs_')"], "quiet": True}},
    ]
    book = [{"hosts": "host*", "gather_facts": False, "vars": {"lazy": lazy, "by_owner": by_owner}, "tasks": tasks}]
    played = play(tmp_path, book, hosts=4, env=live.env(ANSIBLE_FORKS="4"))
    assert played.code == 0, played.stdout + played.stderr
    asked = [(str(sorted(mint.body["repositories"])), str(mint.body["permissions"])) for mint in live.mints]
    assert len(asked) == len(set(asked)) == 5
    assert live.posts == []
    assert live.requests("DELETE") == []
    made = [token for token in live.github.world.tokens.values() if token.kind == "installation"]
    assert not any(token.revoked for token in made)
    expect.nothing_secret(live, played.text)
    assert list(tmp_path.rglob("infradispatch-*")) == []


def test_the_next_run_makes_its_own(live: World, tmp_path: Path) -> None:
    task = {"name": "token", "ansible.builtin.set_fact": {"a": f"{{{{ lookup('{LOOKUP}', 'acme/site') | length }}}}"}}
    for _run in range(2):
        assert play(tmp_path, on_localhost([task]), env=live.env()).code == 0
    assert len(live.mints) == 2


def test_a_token_of_the_lookup_serves_the_module(live: World, tmp_path: Path) -> None:
    """Here, on another host, and as often as it is used."""
    book = on_localhost(
        [
            dispatch("here", {**EVENT, "token": "{{ made }}"}),
            dispatch("other", {**EVENT, "token": "{{ made }}"}, delegate_to="other"),
            dispatch("loop", {**EVENT, "token": "{{ made }}"}, loop=[1, 2, 3]),
        ],
        vars={"made": f"{{{{ lookup('{LOOKUP}', 'acme/site') }}}}"},
    )
    played = play(tmp_path, book, env=live.env())
    assert played.code == 0
    assert len(events(live)) == 5
    assert {event.credential for event in events(live)} == {"installation"}
    assert len(live.mints) == 1
    expect.nothing_secret(live, played.text)


WRONG: dict[str, tuple[str, str]] = {
    "no-repository": ("'acme/gone'", "[not_found]"),
    "not-installed": ("'umbrella/site'", "[not_found]"),
    "no-name": ("'not a name'", "[invalid_input]"),
    "both": ("'acme/site', repositories=['audit']", "[invalid_input]"),
    "permission": ("'acme/site', permissions={'contents': 'all'}", "[invalid_input]"),
    "permission-name": ("'acme/site', permissions={'Contents': 'write'}", "[invalid_input]"),
    "not-granted": ("'acme/site', permissions={'administration': 'write'}", "[not_permitted]"),
    "empty": ("''", "[invalid_input]"),
    "full-names": ("'acme', repositories=['acme/site']", "[invalid_input]"),
    "app": ("'acme/site', app_id='0'", "[invalid_input]"),
    "url": ("'acme/site', api_url='ghes.example.com'", "[invalid_input]"),
}


def test_a_lookup_that_fails_says_why(live: World, tmp_path: Path) -> None:
    tasks = [
        {
            "name": name,
            "ansible.builtin.set_fact": {"made": f"{{{{ lookup('{LOOKUP}', {arguments}) }}}}"},
            "ignore_errors": True,
        }
        for name, (arguments, _code) in WRONG.items()
    ]
    tasks.append(
        {
            "name": "errors=ignore",
            "ansible.builtin.set_fact": {"made": f"{{{{ lookup('{LOOKUP}', 'acme/gone', errors='ignore') }}}}"},
        }
    )
    played = play(tmp_path, on_localhost(tasks), "-vvvv", env=live.env())
    for name, (_arguments, code) in WRONG.items():
        result = played.of(name)
        assert result["failed"]
        assert code in result["msg"], result["msg"]
    assert not played.of("errors=ignore")["failed"]
    assert "Traceback" not in played.text
    expect.nothing_secret(live, played.text)


# -- async, check mode, keywords


def test_async_with_its_status(live: World, tmp_path: Path) -> None:
    """As a job of its own here, and on the host that it is delegated to."""
    waiting = {**EVENT, "wait": True}
    tasks = [
        dispatch("background", waiting, **{"async": 60, "poll": 0, "delegate_to": "localhost"}),
        dispatch("background other", waiting, **{"async": 60, "poll": 0, "delegate_to": "other"}),
        dispatch("polled", waiting, **{"async": 60, "poll": 1}),
        dispatch("fails", {**EVENT, "repository": "acme/gone"}, **{"async": 60, "poll": 1}),
        {"name": "forget", "ansible.builtin.meta": "noop"},
    ]
    tasks[0]["register"], tasks[1]["register"] = "job", "job_other"
    for name, keywords in (("job", {}), ("job_other", {"delegate_to": "other"})):
        tasks.append(
            {
                "name": f"status {name}",
                "ansible.builtin.async_status": {"jid": f"{{{{ {name}.ansible_job_id }}}}"},
                "register": f"status_{name}",
                "until": f"status_{name}.finished",
                "retries": 60,
                "delay": 1,
                **keywords,
            }
        )
    played = play(tmp_path, on_localhost(tasks), env=live.env())
    for name in ("polled", "status job", "status job_other"):
        result = played.of(name)
        assert result["outcome"] == "succeeded", result
        assert result["changed"] is True
    result = played.of("fails")
    clean(result)
    assert result["error"]["code"] == "not_found"
    assert len(events(live)) == 3
    expect.nothing_secret(live, played.text)


def test_async_where_it_would_run_on_the_wrong_machine(live: World, tmp_path: Path) -> None:
    """A play for remote hosts is told to delegate."""
    inventory = [{"hosts": "host1", "gather_facts": False, "vars": {"ansible_connection": "ssh"}}]
    inventory[0]["tasks"] = [dispatch("async", EVENT, **{"async": 60, "poll": 0}), dispatch("plain", EVENT)]
    played = play(tmp_path, inventory, env=live.env())
    assert "delegate_to: localhost" in played.of("async")["msg"]
    assert played.of("plain")["outcome"] == "accepted"
    assert len(events(live)) == 1


@pytest.mark.parametrize("way", ["here", "other"])
def test_check_mode_sends_nothing_and_shows_the_request(live: World, tmp_path: Path, way: str) -> None:
    """The credential is proven, the limits are checked, wrong options fail."""
    keywords = {"delegate_to": "other"} if way == "other" else {}
    tasks = [
        dispatch("plain", {**EVENT, "client_payload": {"n": 5}}, **keywords),
        dispatch("several", {**EVENT, "repository": None, "repositories": ["acme/site", "acme/audit"]}, **keywords),
        dispatch("too long", {**EVENT, "event_type": "x" * 101}, **keywords),
        dispatch("forced", {**EVENT, "event_type": "really"}, check_mode=False, **keywords),
        dispatch("no access", {**EVENT, "repository": "umbrella/site"}, **keywords),
    ]
    del tasks[1][MODULE]["repository"]
    live.github.add_repository("acme/audit")
    played = play(tmp_path, on_localhost(tasks), "--check", "--diff", env=live.env())
    assert [event.event_type for event in events(live)] == ["really"]
    plain = played.of("plain")
    request = plain["diff"][0]["after"]
    assert (plain["changed"], plain["outcome"], request["method"]) == (True, "planned", "POST")
    assert request["url"].endswith("/repos/acme/site/dispatches")
    assert request["body"]["client_payload"]["n"] == 5
    assert [one["after"]["url"].split("/")[-2] for one in played.of("several")["diff"]] == ["site", "audit"]
    expect.failure(played.of("too long"), "invalid_input", says=["101"])
    expect.failure(played.of("no access"), "not_found", says=["umbrella/site"])
    expect.nothing_secret(live, played.text)


def test_keywords_of_tasks(live: World, tmp_path: Path) -> None:
    """until sends a new event each time; when, handlers, blocks and module_defaults do as ever."""
    book = on_localhost(
        [
            {
                "name": "until",
                MODULE: {**EVENT, "client_payload": {"try": "again"}},
                "register": "result",
                "until": "result.attempts > 99",
                "retries": 2,
                "delay": 0,
                "ignore_errors": True,
            },
            dispatch("skipped", EVENT, when=False),
            {
                "name": "notify",
                "ansible.builtin.debug": {"msg": "x"},
                "changed_when": True,
                "notify": "Tell GitHub",
            },
            {
                "block": [{"name": "fails", MODULE: {**EVENT, "repository": "acme/gone"}}],
                "rescue": [dispatch("rescued", {**EVENT, "event_type": "rescued"})],
            },
            {"name": "defaults", MODULE: {"event_type": "by-default"}},
        ],
        handlers=[dispatch("Tell GitHub", {**EVENT, "event_type": "handled"})],
        module_defaults={"group/infradispatch.github.github": {"repository": "acme/site", "timeout": 7}},
    )
    played = play(tmp_path, book, env=live.env())
    assert played.code == 0, played.stdout
    types = [event.event_type for event in events(live)]
    assert types.count("infra-changed") in (2, 3)
    assert sorted(set(types)) == ["by-default", "handled", "infra-changed", "rescued"]
    assert len({expect.run_id(event) for event in events(live)}) == len(types)
