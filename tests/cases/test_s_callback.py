# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class S: whatever secret a playbook handles, the callback neither sends it nor adds a line with it (P31).

A playbook may print its own secrets, and at the highest verbosity it does. So the same playbook runs without the
callback, too: with it, no secret may be in the output or in the log more often than without it. What GitHub got holds
none at all, but what is written in the playbook for everybody to read.
"""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from cases.support import expect
from cases.support.play import Played, play
from cases.support.world import World, cached_key
from cases.test_s_secrets import echo

CALLBACK = "infradispatch.github.github_repository_dispatch"
KINDS = (
    "task", "block", "play", "loop", "failing", "async", "registered", "name", "handler", "block_name", "play_name",
    "item", "label", "variable", "extra", "inline", "url", "failure", "rescued", "environment", "process", "parameter",
    "vault", "vault_name", "role", "tag", "remote", "job", "action",
)  # fmt: skip
CANARIES = {kind: f"canary{kind.replace('_', '')}x7qz" for kind in KINDS}
#: Of the shape of a secret, and written as it is: what a careless person puts into a name.
SHAPED = {
    "token": "ghp_" + "Canary0123" * 4,
    "password": "canarypasswordx7qz",
    "jwt": "eyJjYW5hcnkiOiIxIn0.eyJjYW5hcnkiOiJ5ZXMifQ.Y2FuYXJ5Y2FuYXJ5",
    "header": "canaryheader0123456789x7qz",
}
VAULT_PASSWORD = "correct horse"
CHANGES = {"changed_when": True}
ECHO = "ansible.builtin.command"
DEBUG = "ansible.builtin.debug"


def echoing(kind: str, **keywords: t.Any) -> dict[str, t.Any]:
    """A task whose argument and result hold a canary."""
    return {"name": f"echo {kind}", ECHO: f"echo {{{{ c_{kind} }}}}", **keywords}


def silent(name: str, **keywords: t.Any) -> dict[str, t.Any]:
    """A quick task that changes something."""
    return {"name": name, DEBUG: {"msg": "x"}, **CHANGES, **keywords}


def plays(folder: Path) -> list[dict[str, t.Any]]:
    """Secrets at every place where a playbook can have one; every task changes something."""
    role = folder / "roles" / "careless" / "tasks"
    role.mkdir(parents=True, exist_ok=True)
    (role / "main.yml").write_text(json.dumps([silent("in {{ c_role }}")]))
    (folder / "more.yml").write_text(json.dumps([silent("included {{ c_name }}", no_log=True)]))
    first = {
        "name": "play of {{ c_play_name }}",
        "hosts": "host1",
        "gather_facts": False,
        "vars": {"c_variable": CANARIES["variable"]},
        "handlers": [silent("restart {{ c_handler }}", listen="restart")],
        "tasks": [
            echoing("task", no_log=True, notify="restart"),
            {"name": "of {{ c_block_name }}", "block": [echoing("block")], "no_log": True},
            {**echoing("loop", no_log=True), "loop": ["{{ c_loop }}1", "{{ c_loop }}2"], ECHO: "echo {{ item }}"},
            {**echoing("failing", no_log=True, ignore_errors=True, **CHANGES), ECHO: "false {{ c_failing }}"},
            {**echoing("async", no_log=True), "async": 30, "poll": 1},
            echoing("registered", no_log=True, register="kept"),
            {**echoing("registered again", no_log=True), ECHO: "echo {{ kept.stdout }}"},
            silent("secret {{ c_name }} and {{ c_vault }}", no_log="{{ c_name | length > 0 }}"),
            silent("Rotate {{ c_name }}"),
            silent("Loop", loop=["{{ c_item }}", "b"], loop_control={"label": "{{ c_label }}"}),
            silent("Use {{ c_variable }} {{ c_extra }} {{ c_inline }}", vars={"own": "{{ c_variable }}"}),
            silent("Show", **{DEBUG: {"msg": "{{ c_variable }} {{ c_extra }} {{ c_inline }} {{ c_vault }}"}}),
            {"name": "Call", "ansible.builtin.uri": {
                "url": "http://user:{{ c_url }}@127.0.0.1:1/?key={{ c_url }}", "url_password": "{{ c_parameter }}",
                "force_basic_auth": True, "url_username": "u", "timeout": 2}, "ignore_errors": True, **CHANGES},
            {"name": "Fail", "ansible.builtin.fail": {"msg": "no {{ c_failure }}"}, "ignore_errors": True, **CHANGES},
            {"block": [{"name": "Fail", "ansible.builtin.fail": {"msg": "no {{ c_rescued }}"}, **CHANGES}],
             "rescue": [silent("Rescue of {{ ansible_failed_result.msg }}")]},
            {"name": "In an environment", ECHO: "true", "environment": {"X": "{{ c_environment }}"}},
            {"name": "With {{ lookup('env', 'CANARY') }}", "include_role": {"name": "careless"}},
            {"name": "File", "include_tasks": "more.yml"},
            {"name": "Act", "action": {"module": "{{ 'debug' if c_action else '' }}", "msg": "x"}, **CHANGES},
            silent("Tagged", tags=[CANARIES["tag"]]),
            silent("with SHAPED token"), silent("with SHAPED password"), silent("with SHAPED jwt"),
            silent("with SHAPED header"),
            {"name": "VAULTED", DEBUG: {"msg": "x"}, **CHANGES},
        ],
    }  # fmt: skip
    second = {"hosts": "host1", "gather_facts": False, "no_log": True, "tasks": [echoing("play")]}
    return [first, second]


def small(_folder: Path) -> list[dict[str, t.Any]]:
    """The quick ones of them, for the failure paths."""
    tasks = [
        silent("Rotate {{ c_name }}"),
        silent("secret {{ c_task }}", no_log=True),
        silent("Show", **{DEBUG: {"msg": "{{ c_extra }}"}}),
        silent("with SHAPED token"),
        {"name": "Fail", "ansible.builtin.fail": {"msg": "no {{ c_failure }}"}},
    ]
    return [{"hosts": "host1", "gather_facts": False, "tasks": tasks}]


def written(book: list[dict[str, t.Any]]) -> str:
    """The text of the playbook, with what no serialiser writes."""
    vault = VaultLib([("default", VaultSecret(VAULT_PASSWORD.encode()))])
    text = json.dumps(book, indent=1)
    text = text.replace("SHAPED token", SHAPED["token"]).replace("SHAPED jwt", SHAPED["jwt"])
    text = text.replace("SHAPED password", f"https://user:{SHAPED['password']}@host.invalid/")
    text = text.replace("SHAPED header", f"Authorization: Bearer {SHAPED['header']}")
    encrypted = vault.encrypt(CANARIES["vault_name"]).decode().replace("\n", "\\n")
    return text.replace('"VAULTED"', f'!vault "{encrypted}"')


def clone(folder: Path) -> None:
    """Make the folder a clone whose remote holds a password, with one commit and an edit."""
    remote = f"https://user:{CANARIES['remote']}@github.com/acme/infra.git?token={CANARIES['remote']}"
    who = ["-c", "user.name=x", "-c", "user.email=x@x.invalid", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q", "-b", "main"], ["remote", "add", "origin", remote],
                  [*who, "commit", "-q", "--allow-empty", "-m", "x"]):  # fmt: skip
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


def runs(folder: Path, book: list[dict[str, t.Any]], *words: str, callback: bool, env: t.Mapping[str, str]) -> Played:
    """Run the playbook once."""
    vault = VaultLib([("default", VaultSecret(VAULT_PASSWORD.encode()))])
    given = {f"c_{kind}": CANARIES[kind] for kind in KINDS if kind not in ("inline", "variable", "vault")}
    (folder / "password").write_text(VAULT_PASSWORD)
    (folder / "vault.yml").write_text(json.dumps({"c_vault": CANARIES["vault"]}))
    (folder / "vault.yml").write_bytes(vault.encrypt((folder / "vault.yml").read_bytes()))
    inline = f"c_inline={CANARIES['inline']}"
    callbacks = f"record_results,{CALLBACK}" if callback else "record_results"
    return play(
        folder,
        written(book),
        "-e", inline, "-e", "@vault.yml", "--vault-password-file", "password", *words,
        secrets=given,
        env={
            **env, "ANSIBLE_CALLBACKS_ENABLED": callbacks, "ANSIBLE_LOG_PATH": "ansible.log",
            "CANARY": CANARIES["process"], "GIT_CONFIG_GLOBAL": "/dev/null",
            "ANSIBLE_HOME": str(folder / str(callback)),
            "CI_JOB_URL": f"https://user:{CANARIES['job']}@ci.invalid/1?private_token={CANARIES['job']}",
        },
    )  # fmt: skip


def adds_nothing(world: World, played: Played, without: Played, *keys: str) -> None:
    """No secret in what the server got, none more often in the output, no credential anywhere."""
    bodies = json.dumps([[request.body, request.path, request.query] for request in world.requests()])
    headers = json.dumps([request.headers for request in world.requests()])
    for secret in (*CANARIES.values(), *SHAPED.values()):
        assert secret not in bodies + headers, secret
        for name in ("stdout", "stderr", "log"):
            more, less = getattr(played, name).count(secret), getattr(without, name).count(secret)
            assert more <= less, f"{secret} is {more} times in {name}, and {less} times without the callback"
    output = f"{played.stdout}\n{played.stderr}\n{played.log}\n{bodies}"
    assert "github_repository_dispatch" in played.stderr
    assert "github_repository_dispatch" in played.log
    expect.leaks(output, world.secrets(), world.app.private_key, *keys)
    assert "mistake in this callback" not in output
    assert "could be noted" not in output
    assert "Traceback" not in played.stderr.replace("traceback unavailable", "")


@pytest.fixture(scope="module")
def baselines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """Both playbooks without the callback."""
    played = {}
    for name, book in (("plays", plays), ("small", small)):
        folder = tmp_path_factory.mktemp(name)
        clone(folder)
        played[name] = runs(folder, book(folder), "-vvvv", callback=False, env={})
    return played


@pytest.mark.parametrize("evidence", ["counts", "tasks"])
def test_no_secret_of_a_playbook_leaves(
    live: World, tmp_path: Path, baselines: dict[str, Played], evidence: str
) -> None:
    """At the highest verbosity, with a log file, by an App and with a wait for the run."""
    clone(tmp_path)
    env = live.env(
        INFRADISPATCH_REPOSITORY="acme/site",
        INFRADISPATCH_EVIDENCE=evidence,
        INFRADISPATCH_DISPATCH_ON="always",
        INFRADISPATCH_WAIT="true",
    )
    book = plays(tmp_path)
    played = runs(tmp_path, book, "-vvvv", callback=True, env=env)
    assert played.code == baselines["plays"].code == 0, played.stdout[-2000:] + played.stderr[-2000:]
    assert live.accepted == 1, played.stderr[-2000:]
    adds_nothing(live, played, baselines["plays"])
    envelope = json.loads(json.dumps(live.github.world.events[0][1].client_payload))["dispatch"]
    assert envelope["source"]["repository"] == "acme/infra"
    assert envelope["source"]["url"] == "https://ci.invalid/1"
    shown = {change.get("task", "") for change in envelope.get("changes", ())}
    hidden = [change for change in envelope.get("changes", ()) if change.get("no_log")]
    if evidence == "tasks":
        assert {"Rotate {{ c_name }}", "restart {{ c_handler }}", "in {{ c_role }}", "with ********"} <= shown
        assert len(hidden) >= 8
        assert all(set(change) == {"file", "line", "host_count", "no_log"} for change in hidden)
    else:
        assert not shown
    assert envelope["summary"]["changed_tasks"] >= 20


def test_limits_and_tags_are_told_as_flags(live: World, tmp_path: Path, baselines: dict[str, Played]) -> None:
    """Their words may name what is not for everybody."""
    clone(tmp_path)
    env = live.env(INFRADISPATCH_REPOSITORY="acme/site", INFRADISPATCH_EVIDENCE="tasks")
    words = ("--tags", f"all,{CANARIES['tag']}", "--limit", "host1", "--check")
    played = runs(tmp_path, small(tmp_path), *words, callback=True, env={**env, "ANSIBLE_VERBOSITY": "1"})
    (_where, event), *_more = live.github.world.events
    summary = (event.client_payload or {})["dispatch"]["summary"]
    assert (summary["limit"], summary["tags"], summary["check_mode"]) == (True, True, True)
    adds_nothing(live, played, baselines["small"])


#: What goes wrong: the fault of the server (path, form of the answer, settings), and what the environment says.
Fault = tuple[str, str, dict[str, t.Any]]
PATHS: dict[str, tuple[Fault | None, dict[str, str], str]] = {
    "down": (None, {"GITHUB_API_URL": "http://127.0.0.1:1", "INFRADISPATCH_DEADLINE": "2"}, "not delivered"),
    "401": (("/dispatches$", "json", {"status": 401}), {}, "not delivered"),
    "404": (("/dispatches$", "json", {"status": 404}), {}, "not delivered"),
    "422": (("/dispatches$", "json", {"status": 422}), {}, "not delivered"),
    "html": (("/dispatches$", "html", {"status": 502}), {"INFRADISPATCH_DEADLINE": "3"}, "not delivered"),
    "redirect": (("/dispatches$", "text", {"status": 307}), {}, "not delivered"),
    "mint": (("/access_tokens$", "json", {"status": 403}), {}, "not delivered"),
    "timeout": (("/dispatches$", "json", {"hang": True}), {"INFRADISPATCH_DEADLINE": "2"}, "not delivered"),
    "notify": (
        ("/dispatches$", "json", {"status": 422}),
        {
            "INFRADISPATCH_NOTIFY_URLS": f"http://user:{CANARIES['job']}@127.0.0.1:1/{CANARIES['job']}",
            "INFRADISPATCH_NOTIFY_SECRET": CANARIES["process"],
        },
        "not delivered",
    ),
    "wrong key": (None, {"GITHUB_APP_PRIVATE_KEY": cached_key(1)}, "not delivered"),
    "damaged key": (None, {"GITHUB_APP_PRIVATE_KEY": cached_key(1).replace("A", "B", 3)}, ""),
    "no key": (None, {"GITHUB_APP_PRIVATE_KEY": CANARIES["process"]}, ""),
    "key as path": (None, {"GITHUB_APP_PRIVATE_KEY": "", "GITHUB_APP_PRIVATE_KEY_PATH": cached_key(1)}, ""),
    "key as id": (None, {"GITHUB_APP_ID": cached_key(1)}, ""),
    "no credential": (None, {"GITHUB_APP_PRIVATE_KEY": "", "GITHUB_APP_ID": ""}, ""),
    "no repository": (None, {"INFRADISPATCH_REPOSITORY": ""}, "No event will be sent"),
    "key as repository": (None, {"INFRADISPATCH_REPOSITORY": cached_key(1)}, "No event will be sent"),
    "address": (None, {"INFRADISPATCH_REPOSITORY": f"https://u:{SHAPED['password']}@github.com/acme/site"}, ""),
    "token as type": (None, {"INFRADISPATCH_EVENT_TYPE": SHAPED["token"] * 9}, "No event will be sent"),
    "payload": (None, {"INFRADISPATCH_CLIENT_PAYLOAD": f"{{{CANARIES['process']}"}, "No event will be sent"),
    "condition": (None, {"INFRADISPATCH_DISPATCH_ON": CANARIES["process"]}, "No event will be sent"),
    "evidence": (None, {"INFRADISPATCH_EVIDENCE": CANARIES["process"]}, "No event will be sent"),
    "server": (None, {"GITHUB_API_URL": f"ftp://u:{SHAPED['password']}@github.corp.invalid"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_failure_tells_a_secret(live: World, tmp_path: Path, baselines: dict[str, Played], path: str) -> None:
    """The server repeats every credential that came; options hold what does not belong there."""
    fault, more, says = PATHS[path]
    if fault is not None:
        echo(live, fault[1], path=fault[0], **fault[2])
    clone(tmp_path)
    env = live.env(INFRADISPATCH_REPOSITORY="acme/site", INFRADISPATCH_EVIDENCE="tasks", INFRADISPATCH_DEADLINE="10")
    env = {name: value for name, value in {**env, **more}.items() if value}
    played = runs(tmp_path, small(tmp_path), "-vvvv", callback=True, env=env)
    assert played.code == baselines["small"].code == 2
    assert live.accepted == 0
    assert played.stderr.count("[WARNING]: github_repository_dispatch: ") == 1, played.stderr
    assert "".join(says.split()) in "".join(played.stderr.split())
    keys = [key for key in env.values() if "PRIVATE KEY" in key]
    adds_nothing(live, played, baselines["small"], *keys)
