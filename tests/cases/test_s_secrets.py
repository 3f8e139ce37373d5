# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class S: a token, a key and a JWT go through every failure path, and are found nowhere (the module's part of P31)."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from cases.support import expect
from cases.support.keys import packed
from cases.support.play import LOOKUP, MODULE, Played, dispatch, on_localhost, play
from cases.support.world import FILES, World, add_app, as_text, cached_key

ANSWERS: dict[str, dict[str, t.Any]] = {
    **{str(status): {"status": status} for status in (200, 201, 400, 401, 403, 404, 409, 422, 429, 500, 502)},
    "redirect": {"status": 302},
    "redirect-kept": {"status": 307},
}
PATHS = {
    "installation": r"/installation$", "mint": r"/access_tokens$", "event": r"/dispatches$", "list": r"/actions/runs$",
    "run": r"/actions/runs/\d+$", "jobs": r"/jobs$", "revoke": "/installation/token$",
}  # fmt: skip


def echo(world: World, form: str, **fault: t.Any) -> None:
    """Answer with every credential that ever came: what a careless server or a proxy in between does."""
    faults = world.github.faults

    def fill(_request: t.Any) -> bool:
        said = (
            " ".join(sorted(world.secrets())) + " Authorization: Bearer " + max(world.github.world.presented, key=len)
        )
        json_body = {
            "message": f"No: {said}",
            "documentation_url": said,
            "errors": [{"message": said, "field": said}, said],
        }
        added.body = {"json": json_body, "text": said, "html": f"<html><title>{said}</title>{said}</html>"}[form]
        added.headers = {
            "x-github-request-id": said[:90],
            "x-accepted-github-permissions": said,
            "location": f"https://user:{said.split(maxsplit=1)[0]}@elsewhere.invalid/?access_token={said}".replace(
                " ", "+"
            ),
        }
        return True

    added = faults.add(times=None, when=fill, **fault)


@pytest.mark.parametrize("form", ["json", "html"])
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("path", PATHS)
def test_a_server_that_repeats_the_credential(world: World, path: str, answer: str, form: str) -> None:
    """At every request, with every answer, in every place of it; by an App and by a token."""
    world.github.script_runs("acme/site", {"statuses": ["queued", "in_progress", "completed"]}, events=None)
    echo(world, form, path=PATHS[path], **ANSWERS[answer])
    options = [world.by_app(wait=True, deadline=20, find_timeout=5, wait_timeout=30, timeout=2)]
    if path in ("event", "list"):
        options.append(world.by_token(wait=True, deadline=20, find_timeout=5, wait_timeout=30, timeout=2))
    for given in options:
        result = world.run(given)
        text = as_text(result) + "\n".join(world.told)
        expect.nothing_secret(world, text)
        assert "Traceback" not in text
    bodies = json.dumps([[request.body, request.headers] for request in world.requests()])
    expect.nothing_secret(world, bodies)


def test_the_core_tells_what_to_mask(world: World) -> None:
    """A face that can mask is told of the key and of every token that was made or given."""
    world.run(world.by_app())
    made = [token.value for token in world.github.world.tokens.values() if token.kind == "installation"]
    assert made[0] in world.hidden
    assert any(world.app.private_key.split("\n")[3] in secret for secret in world.hidden)
    world.run(world.by_token())
    assert world.pat in world.hidden


OPTIONS = (
    "token", "app_id", "private_key", "private_key_path", "installation_id", "api_url", "ca_path",
    "client_cert", "client_key", "repository", "event_type", "client_payload", "signer_command", "on_unknown",
    "acceptable_conclusions", "deadline",
)  # fmt: skip


def secrets_of(world: World) -> dict[str, str]:
    return {
        "pat": world.pat,
        "fine-grained": world.github.add_token("fine-grained", repositories=["acme/site"]),
        "key": world.app.private_key,
        "key-on-one-line": world.app.private_key.replace("\n", "\\n"),
        "key-in-base64": packed(world.app.private_key),
        "client-secret": "8f1d2c3b4a59687766554433221100ffeeddccbb",
    }


@pytest.mark.parametrize("name", ["pat", "fine-grained", "key", "key-on-one-line", "key-in-base64", "client-secret"])
@pytest.mark.parametrize("option", OPTIONS)
def test_a_secret_in_the_wrong_option_is_not_shown(world: World, option: str, name: str) -> None:
    """The most usual mistake of all; in check mode too, but for what is meant to be shown there."""
    secret = secrets_of(world)[name]
    options = world.by_app(client_cert=__file__) if option == "client_key" else world.by_app()
    options[option] = secret
    if option in ("token", "private_key_path", "signer_command"):
        options.update({"private_key": None} if option != "token" else {"private_key": None, "app_id": None})
    for check_mode in (False, option not in ("event_type", "client_payload")):
        result = world.run(options, check_mode=check_mode)
        if result["failed"]:
            expect.leaks(as_text(result), [secret, packed(world.app.private_key)[:60]], world.app.private_key)
    assert world.accepted == 0 or not result["failed"]


# -- the canary


def lay_out(live: World) -> dict[str, str]:
    """Repositories, each of which makes something else go wrong; the secrets as variables."""
    for name in ("ok", "mint", "event", "broken", "redirect", "runs", "slow", "cut"):
        live.github.add_repository(f"acme/{name}", files=FILES)
    live.github.add_repository("umbrella/site")
    echo(live, "json", path="/dispatches$", contains='"canary":"event"', status=422)
    echo(live, "html", path="/dispatches$", contains='"canary":"broken"', status=502)
    echo(live, "text", path="/dispatches$", contains='"canary":"redirect"', status=307)
    echo(live, "json", path="/access_tokens$", contains='"mint"', status=403)
    echo(live, "json", path="^/repos/acme/runs/actions/runs$", status=403)
    live.github.faults.add(path="^/repos/acme/cut/dispatches$", times=None, reset=True)
    live.github.faults.secondary_limit(path="^/repos/acme/slow/dispatches$", times=None)
    other = add_app(live.github, "other", 1)
    other.install("acme")
    return {
        "key": live.app.private_key,
        "key_on_one_line": live.app.private_key.replace("\n", "\\n"),
        "wrong_key": cached_key(1),
        "damaged_key": live.app.private_key.replace("A", "B", 3),
        "pat": live.pat,
        "pat_that_may_not": live.github.add_token("classic"),
        "app": str(live.app.id),
    }


def rows() -> dict[str, dict[str, t.Any]]:
    """The failure paths of one face, and success."""
    app = {"app_id": "{{ app }}", "private_key": "{{ key }}"}
    token = {"token": "{{ pat }}"}

    def to(name: str, **options: t.Any) -> dict[str, t.Any]:
        event = {"repository": f"acme/{name}", "event_type": "canary", "client_payload": {"canary": name}}
        return {**event, "timeout": 5, "find_timeout": 2, "deadline": 20, **options}

    found = {
        f"{kind} {name}": to(name, **credential)
        for kind, credential in (("app", app), ("token", token))
        for name in ("ok", "event", "broken", "redirect", "cut", "slow", "gone")
    }
    return {
        **found,
        "app mint": to("mint", **app),
        "app wait": to("ok", wait=True, **app),
        "app runs": to("runs", wait=True, **app),
        "one line": to("ok", app_id="{{ app }}", private_key="{{ key_on_one_line }}"),
        "wrong key": to("ok", app_id="{{ app }}", private_key="{{ wrong_key }}"),
        "damaged key": to("ok", app_id="{{ app }}", private_key="{{ damaged_key }}"),
        "key as token": to("ok", token="{{ key }}"),
        "key as path": to("ok", app_id="{{ app }}", private_key_path="{{ key }}"),
        "key as client key": to("ok", token="{{ pat }}", client_cert="/dev/null", client_key="{{ key }}"),
        "token as key": to("ok", app_id="{{ app }}", private_key="{{ pat }}"),
        "token as id": to("ok", app_id="{{ pat }}", private_key="{{ key }}"),
        "both": to("ok", token="{{ pat }}", app_id="{{ app }}", private_key="{{ key }}"),
        "may not": to("ok", token="{{ pat_that_may_not }}"),
        "unreachable": to("ok", api_url="https://127.0.0.1:1", deadline=1, **app),
        "wrong url": to("ok", api_url="ftp://user:{{ pat }}@127.0.0.1", **app),
        "several": {
            **to("ok", **app),
            "repository": "{{ omit }}",
            "repositories": ["acme/ok", "acme/mint", "umbrella/site"],
        },
    }


def lookups() -> list[dict[str, t.Any]]:
    """The same for the lookup; what it made is used and registered, with no_log as its documentation asks for."""
    arguments = {
        "ok": "'acme/ok'",
        "mint": "'acme/mint'",
        "gone": "'acme/gone'",
        "wrong key": "'acme/ok', private_key=wrong_key",
        "damaged key": "'acme/ok', private_key=damaged_key",
        "token as key": "'acme/ok', private_key=pat",
        "key as path": "'acme/ok', private_key=none, private_key_path=key",
        "unreachable": "'acme/ok', api_url='https://127.0.0.1:1'",
    }
    tasks = [
        {
            "name": f"lookup {name}",
            "ansible.builtin.set_fact": {"size": f"{{{{ lookup('{LOOKUP}', {given}, app_id=app) | length }}}}"},
            "vars": {"infradispatch_private_key": "{{ key }}"},
            "ignore_errors": True,
        }
        for name, given in arguments.items()
    ]
    token = f"{{{{ lookup('{LOOKUP}', 'acme/ok', app_id=app, private_key=key) }}}}"
    event = {"repository": "acme/ok", "event_type": "canary", "token": token}
    return [
        *tasks,
        {"name": "keep", "ansible.builtin.set_fact": {"kept": token}, "no_log": True},
        {"name": "use", MODULE: event, "register": "used"},
        {"name": "use other", MODULE: event, "delegate_to": "other", "register": "used_other"},
        {"name": "no_log", MODULE: {**event, "repository": "acme/gone"}, "no_log": True, "ignore_errors": True},
    ]


def register(tasks: list[dict[str, t.Any]], folder: Path) -> list[dict[str, t.Any]]:
    """Every result is registered, shown by debug, and written to a file by a later task."""
    for number, task in enumerate(tasks):
        task["register"] = f"result{number}"
    names = [task["register"] for task in tasks]
    content = "{{ [%s] | to_nice_json }}" % ", ".join(names)  # noqa: UP031
    return [
        *tasks,
        *({"name": f"show {name}", "ansible.builtin.debug": {"var": name}} for name in names),
        {
            "name": "write",
            "ansible.builtin.copy": {"content": content, "dest": str(folder / "registered.json"), "mode": "0600"},
        },
    ]


WAYS: dict[str, tuple[dict[str, t.Any], list[str]]] = {
    "here": ({}, []),
    "other": ({"delegate_to": "other"}, []),
    "check here": ({}, ["--check", "--diff"]),
    "check other": ({"delegate_to": "other"}, ["--check", "--diff"]),
    "async": ({"async": 100, "poll": 1}, []),
}
#: On another host each row costs half a second: those that differ there, in the module's own glue.
ELSEWHERE = (
    "app ok",
    "app event",
    "app mint",
    "token event",
    "wrong key",
    "key as token",
    "key as path",
    "token as id",
)
IN_BACKGROUND = ("app ok", "app mint", "token event", "wrong key", "key as token")


def found_nowhere(live: World, played: Played, folder: Path, variables: dict[str, str]) -> None:
    """Standard output and error, the log, results, registered variables, files of jobs, and what GitHub got."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in ("secrets.yml", "play.yml")]
    kept = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)
    bodies = json.dumps([[request.body, request.headers, request.query] for request in live.requests()])
    everything = f"{played.text}\n{kept}\n{bodies}"
    assert played.log
    assert len(live.github.world.presented) > 1
    given = [value for name, value in variables.items() if name != "app"]
    keys = [variables["key"], variables["wrong_key"], variables["damaged_key"]]
    expect.leaks(everything, {*live.secrets(), *given}, *keys)
    assert "Traceback" not in everything


@pytest.mark.parametrize("way", WAYS)
def test_canary(live: World, tmp_path: Path, way: str) -> None:
    keywords, arguments = WAYS[way]
    variables = lay_out(live)
    names = {"here": rows(), "check here": rows(), "async": IN_BACKGROUND}.get(way, ELSEWHERE)
    chosen = {name: row for name, row in rows().items() if name in names}
    tasks = register([dispatch(name, row, **keywords) for name, row in chosen.items()], tmp_path)
    env = live.env(ANSIBLE_LOG_PATH="ansible.log", GITHUB_APP_ID="", GITHUB_APP_PRIVATE_KEY="")
    played = play(tmp_path, on_localhost(tasks), "-vvvv", *arguments, secrets=variables, env=env)
    assert "write" in {line["task"] for line in played.results}, played.stdout[-3000:]
    assert not played.of("app ok")["failed"]
    for name in ("wrong key", "app mint", "key as token"):
        assert played.of(name)["failed"]
    if way.startswith("check"):
        assert live.posts == []
    found_nowhere(live, played, tmp_path, variables)


def test_canary_of_the_lookup(live: World, tmp_path: Path) -> None:
    variables = lay_out(live)
    env = live.env(ANSIBLE_LOG_PATH="ansible.log", GITHUB_APP_ID="", GITHUB_APP_PRIVATE_KEY="")
    played = play(tmp_path, on_localhost(lookups()), "-vvvv", secrets=variables, env=env)
    assert not played.of("lookup ok")["failed"]
    assert not played.of("use")["failed"]
    assert not played.of("use other")["failed"]
    found_nowhere(live, played, tmp_path, variables)


def test_canary_in_the_environment(live: World, tmp_path: Path) -> None:
    """The same secrets from variables of the environment, of the run and of a task."""
    variables = lay_out(live)
    task_env = {"GITHUB_TOKEN": "{{ pat_that_may_not }}", "GITHUB_APP_PRIVATE_KEY": "", "GITHUB_APP_ID": ""}
    event = {"repository": "acme/gone", "event_type": "canary"}
    tasks = [
        dispatch("run here", event),
        dispatch("run other", event, delegate_to="other"),
        dispatch("task here", event, environment=task_env),
        dispatch("task other", event, environment="{{ task_env }}", delegate_to="other"),
    ]
    env = live.env(ANSIBLE_LOG_PATH="ansible.log")
    played = play(tmp_path, on_localhost(tasks), "-v", secrets={**variables, "task_env": task_env}, env=env)
    for name in ("run here", "run other", "task here", "task other"):
        assert played.of(name)["error"]["code"] == "not_found"
    found_nowhere(live, played, tmp_path, variables)
