# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faces in real plays: action plugin, module on another host, and lookup give the same answers."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from cases.support import expect
from cases.support.keys import BAD, GOOD
from cases.support.play import LOOKUP, Played, clean, dispatch, on_localhost, play
from cases.support.world import World, add_app

WAYS: dict[str, dict[str, t.Any]] = {"here": {}, "other": {"delegate_to": "other"}}
EVENT = {"repository": "acme/site", "event_type": "infra-changed", "client_payload": {"service": "web"}}


def mint(name: str, arguments: dict[str, t.Any], term: str = "acme/site", **keywords: t.Any) -> dict[str, t.Any]:
    """A task that only makes a token."""
    given = "".join(f", {key}=given[{key!r}]" for key in arguments)
    return {
        "name": name,
        "ansible.builtin.set_fact": {"made": f"{{{{ lookup('{LOOKUP}', '{term}'{given}) | length }}}}"},
        "vars": {"given": arguments},
        "ignore_errors": True,
        "no_log": False,
        **keywords,
    }


def sent(world: World, event_type: str) -> int:
    return sum(1 for _where, event in world.github.world.events if event.event_type == event_type)


def both_ways(rows: dict[str, dict[str, t.Any]], other: t.Collection[str]) -> list[dict[str, t.Any]]:
    """Each row as a task here, and some (they cost half a second) on another host, each under its own event type."""
    return [
        dispatch(f"{way} {name}", {**EVENT, "event_type": f"{way}-{name}", **row}, **how)
        for way, how in WAYS.items()
        for name, row in rows.items()
        if way == "here" or name in other
    ]


def tried(played: Played, rows: t.Iterable[str]) -> t.Iterator[tuple[str, str, dict[str, t.Any]]]:
    """Way, name and result of each row that was tried."""
    known = {line["task"] for line in played.results}
    for way in WAYS:
        for name in rows:
            if f"{way} {name}" in known:
                result = played.of(f"{way} {name}")
                clean(result)
                yield way, name, result


def looked_up(result: dict[str, t.Any], code: str, *says: str) -> None:
    """A lookup has no fields, so that code and advice stand in its message."""
    assert result["failed"], result
    assert f"[{code}]" in result["msg"], result["msg"]
    for word in says:
        assert word in result["msg"], result["msg"]
    assert "Traceback" not in json.dumps(result)


# -- P05: the id, as YAML and templates have it


def test_ids_of_every_type(live: World, tmp_path: Path) -> None:
    """P05 a-j through YAML, Jinja and the argument spec."""
    number = live.app.id
    good: dict[str, t.Any] = {
        "a": number, "b": str(number), "c": f"{{{{ {number} }}}}", "d": live.app.client_id,
        "text-template": f"{{{{ '{number}' }}}}", "sum": f"{{{{ {number - 1} + 1 }}}}",
    }  # fmt: skip
    bad: dict[str, t.Any] = {
        "e": 12345.0, "f": True, "g": 0, "h": -1, "i": "", "e-text": "12345.0", "e-template": "{{ 12345.0 }}",
        "f-template": "{{ true }}", "slug": "my-app",
    }  # fmt: skip
    unknown: dict[str, t.Any] = {"j": "12345678901234567890", "j-int": 12345678901234567890}
    rows = {**good, **bad, **unknown}
    tasks = both_ways({name: {"app_id": value} for name, value in rows.items()}, ("a", "c", "e", "f", "i", "j-int"))
    tasks += [mint(f"lookup {name}", {"app_id": value}) for name, value in rows.items()]
    played = play(tmp_path, on_localhost(tasks), env=live.env(GITHUB_APP_ID=""))
    for way, name, result in tried(played, rows):
        if name in good:
            assert result["outcome"] == "accepted", result
        elif name in bad:
            expect.failure(result, "invalid_input", says=["app_id"])
        else:
            expect.failure(result, "not_authenticated", says=["12345678901234567890"])
        assert sent(live, f"{way}-{name}") == int(name in good)
    for name in rows:
        result = played.of(f"lookup {name}")
        if name in good:
            assert not result["failed"], result
        else:
            looked_up(
                result, "invalid_input" if name in bad else "not_authenticated", "app_id" if name in bad else "1234567"
            )
    expect.nothing_secret(live, played.text)


# -- P01 to P03: keys


def test_keys_through_ansible(live: World, tmp_path: Path) -> None:
    """A representative of each spelling, each mistake, and each face."""
    good = [name for name in GOOD if name.startswith("pkcs1-P0")]
    bad = ["P02a-client-secret", "P02b-fingerprint", "P02c-openssh", "P02d-public-key", "P02e-path", "P02f-empty",
           "P02g-blanks", "P03e-body-only", "cut-in-the-middle", "ec-pkcs8"]  # fmt: skip
    rows = {**{name: GOOD[name] for name in good}, **{name: BAD[name][0] for name in bad}}
    other = (
        "pkcs1-P01a-backslash-n",
        "pkcs1-P03b-base64-in-lines",
        "P02c-openssh",
        "P02e-path",
        "P02f-empty",
        "missing",
    )
    secrets = {f"key{number}": value for number, value in enumerate(rows.values())}
    given = {name: f"{{{{ key{number} }}}}" for number, name in enumerate(rows)}
    tasks = both_ways({name: {"private_key": value} for name, value in given.items()}, other)
    tasks += [mint(f"lookup {name}", {"private_key": value}) for name, value in given.items()]
    paths = {"missing": str(tmp_path / "no.pem"), "folder": str(tmp_path), "key": given[good[0]]}
    tasks += both_ways({name: {"private_key_path": value} for name, value in paths.items()}, other)
    tasks += [mint(f"lookup {name}", {"private_key_path": value}) for name, value in paths.items()]
    played = play(tmp_path / "run", on_localhost(tasks), secrets=secrets, env=live.env(GITHUB_APP_PRIVATE_KEY=""))
    for _way, _name, result in tried(played, [*bad, *paths]):
        expect.failure(result, "bad_key", says=["private_key"])
    for name in [*bad, *paths]:
        looked_up(played.of(f"lookup {name}"), "bad_key", "private_key")
    results = [result for _way, _name, result in tried(played, good)]
    assert all(result["outcome"] == "accepted" for result in results)
    assert not any(played.of(f"lookup {name}")["failed"] for name in good)
    assert live.accepted == len(results) == len(good) + 2
    expect.nothing_secret(live, played.text, BAD["P02a-client-secret"][0])


# -- P06, P09, P10, P16, P18: one failure of each class in every face


def tokens(live: World) -> dict[str, str]:
    """Tokens that lack something, as variables."""
    add, here = live.github.add_token, ["acme/site"]
    return {
        "reader": add("fine-grained", repositories=here, permissions={"contents": "read"}),
        "writer": add("fine-grained", repositories=here, permissions={"contents": "write"}),
        "nobody": add("classic"),
        "sso": add("classic", scopes=["repo"], sso_required=True),
    }


#: Options, code, whether it changed something, and what the message says.
FAILURES: dict[str, tuple[dict[str, t.Any], str, bool, list[str]]] = {
    "P06": ({"app_id": "{{ other_app }}"}, "not_authenticated", False, ["could not be decoded"]),
    "P09": ({"repository": "umbrella/site"}, "not_found", False, ["umbrella/site"]),
    "P10a": ({"token": "{{ reader }}"}, "not_permitted", False, ["contents: write"]),
    "P10b": ({"token": "{{ nobody }}"}, "not_found", False, ["scope repo"]),
    "P10c": ({"token": "{{ writer }}", "wait": True}, "not_permitted", True, ["actions: read"]),
    "P11": ({"token": "{{ sso }}"}, "not_permitted", False, ["single sign-on", "https://github.com/orgs/acme/sso"]),
    "P12": ({"api_url": "ghes.example.com"}, "invalid_input", False, ["no scheme"]),
    "P21": ({"client_payload": {f"k{n}": n for n in range(11)}}, "invalid_input", False, ["9 are possible"]),
    "two-credentials": ({"token": "{{ reader }}", "app_id": "1"}, "invalid_input", False, ["Two kinds"]),
}


def test_failures_read_the_same_in_every_face(live: World, tmp_path: Path) -> None:
    other = add_app(live.github, "other", 1)
    other.install("acme")
    live.github.add_repository("umbrella/site")
    tasks = both_ways({name: options for name, (options, *_rest) in FAILURES.items()}, FAILURES)
    secrets = {**tokens(live), "other_app": other.id}
    env = live.env(ANSIBLE_LOG_PATH="ansible.log")
    played = play(tmp_path, on_localhost(tasks), "-vvvv", secrets=secrets, env=env)
    for name, (_options, code, changed, says) in FAILURES.items():
        results = [result for _way, _name, result in tried(played, [name])]
        for result in results:
            expect.failure(result, code, says=says, changed=changed)
        assert len(results) == len(WAYS)
        assert len({result["error"]["message"] for result in results}) == 1, results
    assert live.accepted == len(WAYS)
    expect.nothing_secret(live, played.text)


def test_success_reads_the_same_in_every_face(live: World, tmp_path: Path) -> None:
    tasks = [dispatch(way, {**EVENT, "wait": True}, **how) for way, how in WAYS.items()]
    tasks += [dispatch(f"check {way}", EVENT, check_mode=True, diff=True, **how) for way, how in WAYS.items()]
    played = play(tmp_path, on_localhost(tasks), env=live.env())
    here, other = played.of("here"), played.of("other")
    for result in (here, other):
        assert (result["changed"], result["outcome"], result["conclusion"]) == (True, "succeeded", "success")
        assert result["dispatch_id"] in result["runs"][0]["display_title"]
    own = {"_ansible_delegated_vars", "invocation", "_ansible_no_log"}
    assert set(here) - own == set(other) - own
    assert live.accepted == 2
    checks = [played.of(f"check {way}") for way in WAYS]
    for check in checks:
        assert (check["changed"], check["outcome"]) == (True, "planned")
        assert check["diff"][0]["after"]["body"]["client_payload"]["service"] == "web"
    assert expect.run_id(live.github.world.events[0][1]) == here["dispatch_id"]
    expect.nothing_secret(live, played.text)
