# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module repository_dispatch from end to end: real Terraform, the real helper, the local GitHub."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import typing as t

import pytest
from cases.support.world import REPOSITORY, World
from terraform.support.terraform import Workspace, module

PAYLOAD: dict[str, t.Any] = {"service": "web", "replicas": 3, "ratio": 0.5, "on": True, "none": None, "list": [1, "a"]}
OUTPUTS = 'output "all" { value = module.dispatch }'
EVENT, DISPATCH, VERDICT = (f"module.dispatch.terraform_data.{name}" for name in ("event", "dispatch", "verdict[0]"))


def configure(workspace: Workspace, payload: t.Mapping[str, t.Any] | None = None, more: str = "") -> Workspace:
    """Write a configuration that sends an event with a payload, by default :data:`PAYLOAD`."""
    payload = PAYLOAD if payload is None else payload
    body = f"""
  repository     = "{REPOSITORY}"
  event_type     = "infra-changed"
  client_payload = jsondecode({json.dumps(json.dumps(payload).replace("${", "$${"))})
  {more}
"""
    return workspace.write(module("repository_dispatch", body) + OUTPUTS)


def sent(world: World) -> list[dict[str, t.Any]]:
    """Return the payloads of all events that GitHub has accepted."""
    return [event.client_payload for event in world.github.events(REPOSITORY)]


def tainted(workspace: Workspace) -> list[str]:
    """Return the addresses of what is tainted."""
    root = workspace.show()["values"]["root_module"]
    return [one["address"] for below in root["child_modules"] for one in below["resources"] if one.get("tainted")]


def test_one_event_for_each_request(workspace: Workspace, world: World) -> None:
    """Plan, plan, show: none. Apply: one. Apply again: none. Another request: one. How it is sent: none."""
    configure(workspace).init()
    workspace.run("plan", "-out=saved")
    workspace.run("plan", "-refresh-only")
    workspace.show("saved")
    assert sent(world) == []
    workspace.run("apply", "saved")
    (first,) = sent(world)
    workspace.apply()
    workspace.run("plan", "-detailed-exitcode")
    assert sent(world) == [first]
    configure(workspace, more='deadline = 60\n  source_details = { name = "staging" }').apply()
    assert sent(world) == [first]
    configure(workspace, {**PAYLOAD, "replicas": 4}).apply()
    assert [one["replicas"] for one in sent(world)] == [3, 4]
    assert len({one["dispatch"]["id"] for one in sent(world)}) == 2


def test_what_is_sent(workspace: Workspace, world: World) -> None:
    """The payload, typed as it was given; the id that the output tells; and where it comes from."""
    details = 'source_details = { name = "staging", ref = "main", url = "https://ci.example/1" }'
    configure(workspace, more=details).init().apply()
    (payload,) = sent(world)
    ours = payload.pop("dispatch")
    assert payload == PAYLOAD
    assert json.dumps(payload["replicas"]) == "3"
    said = workspace.outputs()["all"]
    assert ours["id"] == said["dispatch_id"]
    assert said["client_payload"] == PAYLOAD
    assert len(said["request_hash"]) == 64
    assert ours["source"]["tool"] == "terraform"
    assert (ours["source"]["name"], ours["source"]["ref"]) == ("staging", "main")


def test_back_and_forth_are_three_events(workspace: Workspace, world: World) -> None:
    """The same request later is another event, with an id of its own."""
    configure(workspace, {"rev": 1}).init().apply()
    configure(workspace, {"rev": 2}).apply()
    configure(workspace, {"rev": 1}).apply()
    assert [one["rev"] for one in sent(world)] == [1, 2, 1]
    assert len({one["dispatch"]["id"] for one in sent(world)}) == 3


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 403}])
def test_a_failure_is_tried_again_under_the_same_id(
    workspace: Workspace, world: World, fault: dict[str, t.Any]
) -> None:
    """GitHub refuses: the delivery is tainted, the event keeps its name, and the next apply sends it once."""
    world.github.faults.add(method="POST", path=r"/dispatches$", times=None, **fault)
    configure(workspace, more="find_timeout = 2\n  deadline = 5").init()
    done = workspace.apply(status=1)
    assert "Error: " in done.text
    assert sent(world) == []
    assert tainted(workspace) == [DISPATCH]
    dispatch_id = workspace.show()["values"]["root_module"]["child_modules"][0]["resources"]
    (named,) = [one["values"]["id"].replace("-", "") for one in dispatch_id if one["address"] == EVENT]
    world.github.faults.clear()
    workspace.apply()
    workspace.apply()
    assert [one["dispatch"]["id"] for one in sent(world)] == [named]


def test_unreachable(workspace: Workspace, world: World) -> None:
    """Nobody answers at all."""
    down = {"GITHUB_API_URL": "http://127.0.0.1:9"}
    configure(workspace, more="deadline = 2").init()
    workspace.apply(status=1, env=down)
    workspace.apply()
    assert len(sent(world)) == 1


def test_accepted_and_then_an_error(workspace: Workspace, world: World) -> None:
    """The answer is lost, a run proves that the event arrived: the apply goes on, and nothing is sent again."""
    world.github.faults.add(method="POST", path=r"/dispatches$", status=502, after_commit=True)
    configure(workspace, more="find_timeout = 20").init().apply()
    workspace.apply()
    assert len(sent(world)) == 1


def test_a_dependency_that_fails(workspace: Workspace, world: World) -> None:
    """A half-done apply sends nothing; the one that completes it sends once."""
    flag = workspace.folder / "flag"
    workspace.write(
        'resource "terraform_data" "web" {\n  input = "v1"\n'
        f'  provisioner "local-exec" {{ command = "test -e {flag}" }}\n}}\n',
        "web.tf",
    )
    body = f"""
  repository     = "{REPOSITORY}"
  event_type     = "infra-changed"
  client_payload = {{ version = terraform_data.web.output }}
"""
    workspace.write(module("repository_dispatch", body)).init()
    workspace.apply(status=1)
    assert sent(world) == []
    flag.touch()
    workspace.apply()
    workspace.apply()
    assert [one["version"] for one in sent(world)] == ["v1"]


class TestWaiting:
    """`wait`: the apply is as good as the validation."""

    def test_good(self, workspace: Workspace, world: World) -> None:
        """The run succeeds; so does the apply."""
        world.github.script_runs(REPOSITORY, statuses=["queued", "completed"], conclusion="success")
        done = configure(workspace, more="wait = true").init().apply()
        assert "Apply complete" in done.text
        assert len(sent(world)) == 1

    def test_bad(self, workspace: Workspace, world: World) -> None:
        """The run fails; so does the apply, with its link. Nothing is sent again; the same run, run again, counts."""
        world.github.script_runs(REPOSITORY, statuses=["completed"], conclusion="failure")
        done = configure(workspace, more="wait = true").init().apply(status=1)
        (run,) = world.github.runs(REPOSITORY)
        assert f"/{REPOSITORY}/actions/runs/{run.id}" in done.text
        assert tainted(workspace) == [VERDICT]
        again = workspace.apply(status=1)
        assert f"/actions/runs/{run.id}" in again.text
        run.conclusion = "success"
        workspace.apply()
        workspace.run("plan", "-detailed-exitcode")
        assert len(sent(world)) == 1

    def test_bad_and_sent_anew(self, workspace: Workspace, world: World) -> None:
        """-replace of the event sends another one, and asks for its verdict."""
        world.github.script_runs(REPOSITORY, statuses=["completed"], conclusion="failure")
        configure(workspace, more="wait = true").init().apply(status=1)
        world.github.script_runs(REPOSITORY, statuses=["completed"], conclusion="success")
        workspace.apply(f"-replace={EVENT}")
        first, second = sent(world)
        assert first["dispatch"]["id"] != second["dispatch"]["id"]

    def test_bad_and_put_right(self, workspace: Workspace, world: World) -> None:
        """Another request is judged by its own run."""
        world.github.script_runs(REPOSITORY, statuses=["completed"], conclusion="failure")
        configure(workspace, {"rev": 1}, "wait = true").init().apply(status=1)
        world.github.script_runs(REPOSITORY, statuses=["completed"], conclusion="success")
        configure(workspace, {"rev": 2}, "wait = true").apply()
        assert len(sent(world)) == 2

    def test_takes_too_long(self, workspace: Workspace, world: World) -> None:
        """A limit ends it; the next apply goes on waiting for the same run."""
        world.github.script_runs(REPOSITORY, statuses=["in_progress"])
        done = configure(workspace, more="wait = true\n  wait_timeout = 2").init().apply(status=1)
        assert "exit status 9" in done.text
        (run,) = world.github.runs(REPOSITORY)
        assert tainted(workspace) == [VERDICT]
        again = workspace.apply(status=1)
        assert f"/actions/runs/{run.id}" in again.text
        assert len(sent(world)) == 1

    def test_acceptable(self, workspace: Workspace, world: World) -> None:
        """Which conclusions are good can be said."""
        world.github.script_runs(REPOSITORY, statuses=["completed"], conclusion="skipped")
        configure(workspace, more='wait = true\n  acceptable_conclusions = ["success"]').init().apply(status=1)
        configure(workspace, more='wait = true\n  acceptable_conclusions = ["success", "skipped"]').apply()
        assert len(sent(world)) == 1

    def test_asked_for_later(self, workspace: Workspace, world: World) -> None:
        """The verdict on what was sent before."""
        configure(workspace).init().apply()
        configure(workspace, more="wait = true").apply()
        assert len(sent(world)) == 1


class TestCredentials:
    """A token of one's own, or what the environment has."""

    VARIABLE = 'variable "token" {\n  type = string\n  ephemeral = true\n  default = null\n}\n'

    @pytest.fixture(autouse=True)
    def variable(self, workspace: Workspace) -> None:
        """The variable of the root module."""
        workspace.write(self.VARIABLE, "token.tf")

    def test_by_the_environment(self, workspace: Workspace, world: World) -> None:
        """A token that is null leaves the inherited one."""
        configure(workspace, more="token = var.token").init().apply()
        assert len(sent(world)) == 1

    def test_by_a_variable(self, workspace: Workspace, world: World) -> None:
        """A token that is given goes before whatever the environment has, an App too."""
        env = {**world.env(), "GITHUB_TOKEN": "ghp_" + "0" * 36, "GH_TOKEN": "ghp_" + "1" * 36}
        workspace.env.update(env, TF_VAR_token=world.pat, GITHUB_API_URL=world.github.api_url)
        configure(workspace, more="token = var.token\n  wait = true").init().apply()
        assert len(sent(world)) == 1
        assert {one.credential for one in world.github.requests} == {"classic"}

    def test_by_an_app(self, workspace: Workspace, world: World) -> None:
        """The key is in the environment only."""
        del workspace.env["GITHUB_TOKEN"]
        workspace.env.update(world.env(), GITHUB_API_URL=world.github.api_url)
        configure(workspace, more="wait = true").init().apply()
        assert len(sent(world)) == 1

    def test_none(self, workspace: Workspace, world: World) -> None:
        """One line says what is missing."""
        del workspace.env["GITHUB_TOKEN"]
        done = configure(workspace).init().apply(status=1)
        assert "GITHUB_TOKEN" in done.text
        assert "Traceback" not in done.text
        assert sent(world) == []


def test_foreign_settings_change_nothing(workspace: Workspace, world: World) -> None:
    """What the environment says to other uses of the helper is none of the module's business."""
    foreign = {
        "REPOSITORY": "acme/other",
        "REPOSITORIES": "acme/other",
        "EVENT_TYPE": "other",
        "CLIENT_PAYLOAD": '{"a":1}',
        "CLIENT_PAYLOAD_FILE": "/nowhere",
        "REQUEST_FILE": "/nowhere",
        "RUN_ID": "7",
        "DISPATCH_ID": "0" * 32,
        "SOURCE": "cli",
        "WAIT": "true",
        "DRY_RUN": "true",
        "OUTPUT": "json",
    }
    workspace.env.update({f"INFRADISPATCH_{name}": value for name, value in foreign.items()}, DISPATCH_REQUEST="{}")
    configure(workspace, more="wait = true").init().apply()
    (payload,) = sent(world)
    assert payload["dispatch"]["source"]["tool"] == "terraform"
    assert payload["dispatch"]["id"] != "0" * 32


def test_an_installed_command(workspace: Workspace, world: World) -> None:
    """`command` is what is run in place of the helper beside the module."""
    script = workspace.folder / "a helper"
    script.write_text("#!/bin/sh\nprintf '%s' \"$1 $DISPATCH_REQUEST\" > seen\n", encoding="utf-8")
    script.chmod(0o755)
    configure(workspace, {"a": 1}, f'command = ["{script}"]').init().apply()
    word, _blank, request = (workspace.folder / "seen").read_text(encoding="utf-8").partition(" ")
    assert word == "send"
    assert json.loads(request) == {"repository": REPOSITORY, "event_type": "infra-changed", "client_payload": {"a": 1}}
    assert sent(world) == []


def test_no_python(workspace: Workspace) -> None:
    """A program that is not there is named."""
    done = configure(workspace, more='python = "no-such-python"').init().apply(status=1)
    assert "no-such-python" in done.text


def test_a_value_that_the_plan_does_not_know(workspace: Workspace, world: World) -> None:
    """Can't be compared, as docs/terraform.md says: one event more, with an id of its own."""
    text = 'resource "terraform_data" "web" {{ input = {{ name = "web", note = "{note}" }} }}\n'
    body = f"""
  repository     = "{REPOSITORY}"
  event_type     = "infra-changed"
  client_payload = {{ name = terraform_data.web.output.name }}
"""
    workspace.write(text.format(note="a") + module("repository_dispatch", body)).init().apply()
    workspace.apply()
    workspace.write(text.format(note="b") + module("repository_dispatch", body)).apply()
    first, second = sent(world)
    assert first["dispatch"]["id"] != second["dispatch"]["id"]
    assert first["dispatch"]["key"] == second["dispatch"]["key"]


def test_interrupted_while_it_sends(workspace: Workspace, world: World) -> None:
    """Terraform kills the helper at once, and GitHub accepts what came: the next apply sends the same id again."""
    world.github.faults.add(method="POST", path=r"/dispatches$", delay=6)
    configure(workspace).init()
    command = [workspace.terraform.program, "apply", "-auto-approve", "-no-color", "-input=false"]
    with subprocess.Popen(
        command,
        cwd=workspace.folder,
        env=workspace.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        limit = time.monotonic() + 30
        while not any(one.method == "POST" for one in world.github.requests) and time.monotonic() < limit:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert running.returncode == 1
    assert tainted(workspace) == [DISPATCH]
    world.github.faults.clear()
    workspace.apply()
    while len(sent(world)) < 2 and time.monotonic() < limit + 30:  # the first one is accepted late, and in this test
        time.sleep(0.05)
    first, second = sent(world)
    assert first["dispatch"]["id"] == second["dispatch"]["id"]


@pytest.mark.parametrize("step", ["send", "wait"])
def test_a_failure_that_may_be(workspace: Workspace, world: World, step: str) -> None:
    """With on_failure = continue it is told, the apply goes on, and nothing is tried again."""
    if step == "send":
        world.github.faults.add(method="POST", path=r"/dispatches$", status=403, times=None)
    else:
        world.github.script_runs(REPOSITORY, statuses=["completed"], conclusion="failure")
    more = 'on_failure = "continue"\n  deadline = 5\n  find_timeout = 2'
    done = configure(workspace, more=more if step == "send" else f"{more}\n  wait = true").init().apply()
    assert "Apply complete" in done.text
    workspace.run("plan", "-detailed-exitcode")
    assert len(sent(world)) == (0 if step == "send" else 1)
