# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class F, what the field has seen with Terraform (P36-P38), and class S: secrets stay where Terraform puts them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import typing as t
import zipfile
from pathlib import Path

import pytest
from cases.support.world import REPOSITORY, World
from terraform.support.provider import Provider
from terraform.support.terraform import ROOT, Workspace, find_all, module, plain_environment

HELPER = str(ROOT / "terraform" / "github_dispatch.py")


@pytest.fixture(scope="session")
def shims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for what starts a Terraform."""
    return tmp_path_factory.mktemp("shims")


@pytest.fixture(params=[0, 1], ids=["older", "newer"])
def workspace(request: pytest.FixtureRequest, shims: Path, live: World, tmp_path: Path) -> Workspace:
    """A folder for each Terraform of this machine, whose token comes from the environment."""
    found = find_all(shims)
    if request.param >= len(found):
        pytest.skip("no such Terraform here")
    env = {"GITHUB_API_URL": live.github.api_url, "GITHUB_TOKEN": live.pat}
    return Workspace(found[request.param], tmp_path / "root with 'blanks'", env)


@pytest.fixture
def provider(workspace: Workspace) -> t.Iterator[Provider]:
    """The stand-in for hashicorp/external."""
    with tempfile.TemporaryDirectory(prefix="tf-") as folder, Provider(Path(folder) / "p") as one:
        workspace.env["TF_REATTACH_PROVIDERS"] = one.variable
        one.work_at(workspace.folder, workspace.env)
        yield one


# -- P36: the contract of the external data source

QUERY = {"repository": "a/b", "event_type": "x", "client_payload": '{"n":1}'}


def ask(data: bytes, env: t.Mapping[str, str] | None = None, **more: t.Any) -> subprocess.CompletedProcess[bytes]:
    """Run the helper as the provider does."""
    env = {**plain_environment(), **(env or {})}
    command = [sys.executable, HELPER, "external"]
    return subprocess.run(command, input=data, capture_output=True, check=False, env=env, timeout=60, **more)


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"PYTHONWARNINGS": "always", "PYTHONDEVMODE": "1"},
        {"INFRADISPATCH_DEBUG": "1"},
        {"PYTHONUTF8": "0", "LC_ALL": "C"},
    ],
    ids=["plain", "warnings", "debug", "no-utf8"],
)
@pytest.mark.parametrize("payload", ['{"n":1}', json.dumps({"big": "x" * 60_000}), '{"ü":"\\ud83d\\ude00 <&>"}'])
def test_p36_one_object_of_texts(env: dict[str, str], payload: str) -> None:
    """Success is one JSON object, all of it texts, in ASCII, and nothing before or after."""
    done = ask(json.dumps({**QUERY, "client_payload": payload}).encode(), env)
    assert (done.returncode, done.stderr) == (0, b"")
    answer = json.loads(done.stdout.decode("ascii"))
    assert all(isinstance(value, str) for value in answer.values())
    assert done.stdout.startswith(b"{")
    assert done.stdout.count(b"\n") <= 1


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "empty"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b"\xff\xfe\xff", "UTF"),
        (json.dumps({**QUERY, "payload": "{}"}).encode(), "payload"),
        (json.dumps({"event_type": "x"}).encode(), "repository"),
        (json.dumps({**QUERY, "client_payload": json.dumps({"big": "x" * 1_000_000})}).encode(), "65535|65,535"),
        (json.dumps({**QUERY, "client_payload": "{'n': 1}"}).encode(), "client_payload"),
    ],
)
def test_p36_one_line_of_trouble(data: bytes, named: str) -> None:
    """Failure is one line on standard error that names it, nothing on standard output, and no traceback."""
    done = ask(data)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1
    assert re.search(named, done.stderr.decode())
    assert b"Traceback" not in done.stderr


def test_p36_standard_input_that_stays_open() -> None:
    """A whole object is enough."""
    with subprocess.Popen(
        [sys.executable, HELPER, "external"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=plain_environment()
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(json.dumps(QUERY).encode())
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["outcome"] == "planned"
        assert running.wait(timeout=30) == 0


def test_p36_closed_standard_output() -> None:
    """Is a failure, and no traceback."""
    command = ["/bin/sh", "-c", f'exec "{sys.executable}" "{HELPER}" external >&-']
    done = subprocess.run(
        command, input=json.dumps(QUERY).encode(), capture_output=True, check=False, env=plain_environment()
    )
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr


# -- P37: payloads on their way through shells, Windows and the environment

HOSTILE = {
    "windows": "C:\\Users\\o'neil\\x",
    "quotes": 'a "b" c',
    "dollar": "$HOME ${HOME} $(id)",
    "template": "${path.module} %{ if true }x%{ endif }",
    "backticks": "`id`",
    "percent": "%PATH%",
    "newline": "one\ntwo\r\nthree\ttab",
    "backslash at the end": "ends with \\",
    "html": "<b>&amp;</b> \u2028 \\u003c",
}


def literal(value: object) -> str:
    """Return a value as Terraform's language takes it."""
    return f"jsondecode({json.dumps(json.dumps(value)).replace('${', '$${').replace('%{', '%%{')})"


def test_p37_hostile_values_arrive_unchanged(workspace: Workspace, live: World, provider: Provider) -> None:
    """Byte for byte, by the environment and by standard input, from a folder with blanks and quotes in its name."""
    body = f'  repository = "{REPOSITORY}"\n  event_type = "x"\n  client_payload = {literal(HOSTILE)}'
    text = module("repository_dispatch", body) + module("repository_dispatch_preview", body, "preview")
    farewell = module("repository_dispatch_on_destroy", body, "farewell")
    workspace.write(text + farewell + 'output "key" { value = module.preview.fingerprint }').init().apply()
    key = workspace.outputs()["key"]
    workspace.run("destroy", "-auto-approve")
    sent, farewell_sent = (event.client_payload for event in live.github.events(REPOSITORY))
    assert sent["dispatch"]["key"] == farewell_sent["dispatch"]["key"] == key
    del sent["dispatch"], farewell_sent["dispatch"]
    assert sent == farewell_sent == HOSTILE
    assert json.loads(json.loads(json.dumps(provider.ran[0].query))["request"])["client_payload"] == HOSTILE


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"text": "x" * 200_000}, "65535 bytes"),
        ({"text": "\U0001f600" * 20_000}, "65535 bytes"),
        ({"text": "<" * 30_000}, "environment holds"),
        ({"text": "x" * 65_500}, "65,?535"),
    ],
    ids=["far too large", "in bytes", "for the environment", "with our part"],
)
def test_p37_too_large(workspace: Workspace, live: World, payload: dict[str, str], words: str) -> None:
    """Says so, whoever finds it: the module at the plan, or the helper before it sends."""
    body = f'  repository = "{REPOSITORY}"\n  event_type = "x"\n  client_payload = {literal(payload)}'
    done = workspace.write(module("repository_dispatch", body)).init().apply(status=1)
    assert re.search(words, done.text)
    assert not live.github.events(REPOSITORY)


@pytest.mark.parametrize("payload", [{"text": "x" * 64_000}, {"text": "<&>" * 7_000}, {"text": "ü" * 32_000}])
def test_p37_large_and_good(workspace: Workspace, live: World, payload: dict[str, str]) -> None:
    """What GitHub takes goes through."""
    body = f'  repository = "{REPOSITORY}"\n  event_type = "x"\n  client_payload = {literal(payload)}'
    workspace.write(module("repository_dispatch", body)).init().apply()
    (event,) = live.github.events(REPOSITORY)
    assert event.client_payload["text"] == payload["text"]


# -- P38: destroy, and half-done applies

DEPLOYMENT = """
resource "terraform_data" "a" { input = "a" }
resource "terraform_data" "b" {
  input = "b"
  provisioner "local-exec" { command = "test -e go" }
}
"""


def test_p38_no_success_is_told_of_a_half_done_apply(workspace: Workspace, live: World) -> None:
    """The event depends on all that it speaks of, so one that failed keeps it back, and it is sent once in the end."""
    both = "{ a = terraform_data.a.output, b = terraform_data.b.output }"
    body = f'  repository = "{REPOSITORY}"\n  event_type = "x"\n  client_payload = {both}'
    workspace.write(DEPLOYMENT + module("repository_dispatch", body)).init().apply(status=1)
    assert not live.github.events(REPOSITORY)
    (workspace.folder / "go").touch()
    workspace.apply()
    workspace.apply()
    assert len(live.github.events(REPOSITORY)) == 1


@pytest.mark.parametrize("way", ["state rm", "removed", "block deleted"])
def test_p38_when_no_event_tells_of_the_end(workspace: Workspace, live: World, way: str) -> None:
    """What docs/terraform.md says in plain words."""
    body = f'  repository = "{REPOSITORY}"\n  event_type = "x"'
    workspace.write(module("repository_dispatch_on_destroy", body, "farewell")).init().apply()
    if way == "state rm":
        workspace.run("state", "rm", "module.farewell.terraform_data.event")
    removed = "removed {\n  from = module.farewell.terraform_data.event\n  lifecycle { destroy = false }\n}\n"
    workspace.write(removed if way == "removed" else "").apply()
    assert not live.github.events(REPOSITORY)


def test_p38_nothing_secret_is_kept_for_the_end(workspace: Workspace, live: World) -> None:
    """The token of the destroy is that of the environment."""
    body = f'  repository = "{REPOSITORY}"\n  event_type = "x"'
    workspace.write(module("repository_dispatch_on_destroy", body, "farewell")).init().apply()
    assert live.pat not in workspace.state()
    other = live.github.add_token("classic", scopes=["repo"])
    workspace.run("destroy", "-auto-approve", env={"GITHUB_TOKEN": other})
    assert len(live.github.events(REPOSITORY)) == 1


# -- S: canaries

VARIABLE, RESOURCE, OUTPUT = "ZZ-CANARY-VARIABLE", "ZZ-CANARY-RESOURCE", "ZZ-CANARY-OUTPUT"
SECRETS = f"""
variable "token" {{
  ephemeral = true
  sensitive = true
}}
variable "password" {{ sensitive = true }}
resource "terraform_data" "database" {{
  input = {{ name = "db", password = var.password, key = sensitive("{RESOURCE}") }}
}}
output "secret" {{
  value     = "{OUTPUT}"
  sensitive = true
}}
"""


def everything(workspace: Workspace) -> dict[str, str]:
    """Return all that Terraform has said and kept: the parts of plan files, too."""
    found = {f"said {number}": done.stdout + done.stderr for number, done in enumerate(workspace.said)}
    for path in workspace.folder.rglob("*"):
        if path.is_file() and path.suffix not in (".tf", ".py") and ".terraform" not in path.parts:
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as file:
                    found.update({f"{path.name}/{name}": file.read(name).decode("latin-1") for name in file.namelist()})
            else:
                found[path.name] = path.read_text(encoding="utf-8", errors="replace")
    return found


def holders(places: t.Mapping[str, str], secret: str) -> set[str]:
    """Return where a secret is; in a key, each of its lines counts."""
    lines = [line for line in secret.splitlines() if line and not line.startswith("-----")]
    return {name for name, text in places.items() if any(line in text for line in lines)}


@pytest.mark.parametrize("fault", [None, {"status": 403}, {"status": 502}], ids=["good", "refused", "unclear"])
@pytest.mark.parametrize("kind", ["token", "app"])
def test_s_canaries(
    workspace: Workspace, live: World, provider: Provider, kind: str, fault: dict[str, t.Any] | None
) -> None:
    """Credentials are nowhere, in TRACE logs neither. Terraform's own secrets are where Terraform puts them only."""
    assert provider
    secrets = {"token": live.pat}
    if kind == "app":
        workspace.env.update(live.env(), GITHUB_API_URL=live.github.api_url)
        secrets = {"key": live.app.private_key}
        key_file = workspace.env.get("GITHUB_APP_PRIVATE_KEY_PATH")
        assert key_file or "GITHUB_APP_PRIVATE_KEY" in workspace.env
    del workspace.env["GITHUB_TOKEN"]
    given = {"TF_VAR_password": VARIABLE, "TF_LOG": "TRACE", "TF_LOG_PATH": str(workspace.folder / "trace.log")}
    given["TF_VAR_token"] = live.pat if kind == "token" else ""
    workspace.env.update(given)
    provider.work_at(workspace.folder, workspace.env)
    token = "  token = var.token" if kind == "token" else ""
    body = f"""
  repository     = "{REPOSITORY}"
  event_type     = "x"
  client_payload = {{ database = terraform_data.database.output.name }}
  {{more}}
"""
    text = module(
        "repository_dispatch", body.replace("{more}", f"wait = true\n  find_timeout = 3\n  deadline = 5\n{token}")
    )
    text += module("repository_dispatch_preview", body.replace("{more}", ""), "preview")
    workspace.write(SECRETS + text).init()
    if fault:
        live.github.faults.add(method="POST", path=r"/dispatches$", times=None, **fault)
    workspace.run("plan", "-out=saved.plan")
    (workspace.folder / "plan.json").write_text(json.dumps(workspace.show("saved.plan")), encoding="utf-8")
    workspace.run("apply", "saved.plan", status=1 if fault else 0)
    workspace.run("plan", "-json", "-out=next.plan")
    places = everything(workspace)
    places["GitHub"] = json.dumps([[one.path, one.query, one.body] for one in live.github.requests])
    assert len(live.github.events(REPOSITORY)) == (0 if fault else 1)
    assert "trace.log" in places
    assert "x" in places["GitHub"]
    for secret in (*secrets.values(), *live.secrets()):
        assert holders(places, secret) == set()
    own = {"saved.plan/tfplan", "saved.plan/tfstate", "saved.plan/tfstate-prev", "plan.json"}
    own |= {
        "next.plan/tfplan",
        "next.plan/tfstate",
        "next.plan/tfstate-prev",
        "terraform.tfstate",
        "terraform.tfstate.backup",
    }
    shown = {name for name in places if name.startswith("said ") and '"format_version"' in places[name][:40]}
    own |= {name for name in places if name.endswith("main.tf")}  # the configuration itself, in a plan file
    for canary in (VARIABLE, RESOURCE, OUTPUT):
        assert holders(places, canary) <= {*own, *shown, "trace.log"}
        assert canary not in places["GitHub"]


def test_s_the_environment_is_not_repeated(workspace: Workspace, live: World) -> None:
    """Terraform shows the last of what a program said when it fails: no environment, no request, no header is in it."""
    workspace.env["UNRELATED_SECRET"] = "ZZ-CANARY-ENV"
    live.github.faults.add(method="POST", path=r"/dispatches$", times=None, status=403)
    body = f'  repository = "{REPOSITORY}"\n  event_type = "x"\n  client_payload = {{ note = "ZZ-CANARY-PAYLOAD" }}'
    done = workspace.write(module("repository_dispatch", body)).init().apply(status=1)
    assert "ZZ-CANARY" not in done.text
    assert live.pat not in done.text
    assert os.environ.get("PATH", "nowhere") not in done.text
