# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module repository_dispatch_preview from end to end, and the helper as a program of `data "external"`."""

from __future__ import annotations

import json

import pytest
from cases.support.world import REPOSITORY, World
from terraform.support.provider import Provider
from terraform.support.terraform import ROOT, Workspace, module

from .test_repository_dispatch import PAYLOAD


def preview(more: str = "", label: str = "preview") -> str:
    """Return the module's block."""
    body = f"""
  repository     = "{REPOSITORY}"
  event_type     = "infra-changed"
  client_payload = jsondecode({json.dumps(json.dumps(PAYLOAD))})
  {more}
"""
    return module("repository_dispatch_preview", body, label) + f'output "{label}" {{ value = module.{label} }}\n'


def test_the_same_answer_without_the_network(workspace: Workspace, provider: Provider, world: World) -> None:
    """Applied, planned again: nothing to do, nobody asked; and no credential is needed."""
    del workspace.env["GITHUB_TOKEN"]
    provider.work_at(workspace.folder, workspace.env)
    workspace.write(preview()).init().apply()
    for words in ([], ["-refresh-only"], ["-refresh=false"]):
        # By the document: Terraform 1.15 ends a refresh-only plan with 2 for any data source, whatever it finds.
        workspace.run("plan", "-out=saved", *words)
        plan = workspace.show("saved")
        assert not plan.get("resource_changes")
        assert not plan.get("resource_drift")
        assert {one["actions"][0] for one in plan.get("output_changes", {}).values()} <= {"no-op"}
    said = workspace.outputs()["preview"]
    assert (said["would_send"], said["result"]["outcome"]) == (True, "planned")
    assert said["fingerprint"].startswith("sha256:")
    assert {ran.stdout for ran in provider.ran} == {provider.ran[0].stdout}
    assert [ran.stderr for ran in provider.ran] == [""] * len(provider.ran)
    assert not world.github.requests


@pytest.mark.usefixtures("provider")
def test_what_was_sent_before(workspace: Workspace) -> None:
    """With the last fingerprint, it would not be sent."""
    workspace.write(preview()).init().apply()
    known = workspace.outputs()["preview"]["fingerprint"]
    workspace.write(preview(f'last_fingerprint = "{known}"')).apply()
    assert workspace.outputs()["preview"]["would_send"] is False


@pytest.mark.usefixtures("provider")
def test_lookup(workspace: Workspace, world: World) -> None:
    """What became of the event: read only, and asked for."""
    dispatch = module(
        "repository_dispatch", f'  repository = "{REPOSITORY}"\n  event_type = "infra-changed"\n  wait = true'
    )
    workspace.write(dispatch + preview("lookup = true\n  dispatch_id = module.dispatch.dispatch_id")).init().apply()
    said = workspace.outputs()["preview"]["result"]
    (run,) = world.github.runs(REPOSITORY)
    assert (said["lookup"], said["run_id"], said["run_conclusion"]) == ("found", str(run.id), "success")
    before = len(world.github.requests)
    workspace.run("plan", "-detailed-exitcode")
    assert {one.method for one in world.github.requests[before:]} == {"GET"}
    assert len(world.github.events(REPOSITORY)) == 1


def ask(workspace: Workspace, query: str) -> Workspace:
    """Write a data source that asks the helper itself."""
    program = json.dumps(["python3", str(ROOT / "terraform" / "github_dispatch.py"), "external"])
    return workspace.write(f'data "external" "x" {{\n  program = {program}\n  query = {query}\n}}\n').init()


QUERIES = {
    '{ repositroy = "a/b" }': "repositroy",
    "{}": "repository",
    '{ repository = "a/b", event_type = "x", client_payload = "{" }': "client_payload",
    '{ repository = "a/b", event_type = "x", client_payload = "[1]" }': "client_payload",
    '{ request = "{}", repository = "a/b" }': "request",
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_that_is_wrong(workspace: Workspace, provider: Provider, query: str) -> None:
    """One line that names it, no traceback, nothing on standard output."""
    done = ask(workspace, query).run("plan", status=1)
    assert QUERIES[query] in done.text
    assert "Traceback" not in done.text
    assert (provider.ran[0].stdout, provider.ran[0].stderr.count("\n")) == (b"", 1)


CREDENTIALS = ["token", "github_token", "password", "private_key", "api_key"]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_in_the_query(workspace: Workspace, provider: Provider, name: str) -> None:
    """Is refused, and not repeated: Terraform would keep it in the state."""
    ask(workspace, f'{{ repository = "a/b", event_type = "x", {name} = "ZZ-CANARY" }}')
    workspace.run("plan", status=1)
    assert name in provider.ran[0].stderr
    assert "ZZ-CANARY" not in provider.ran[0].stderr
    assert provider.ran[0].stdout == b""
