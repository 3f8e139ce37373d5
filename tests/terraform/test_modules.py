# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules and examples as they are: formatted, valid, and good by their own tests, for each Terraform."""

from __future__ import annotations

import json
import re

import pytest
from cases.support.world import REPOSITORY, World
from terraform.support.provider import Provider
from terraform.support.terraform import EXAMPLES, MODULES, ROOT, Workspace

NAMES = sorted(path.name for path in MODULES.iterdir() if path.is_dir() and path.name != "__pycache__")
#: The one with an action needs Terraform 1.14, and that of hashicorp/local, for which nothing stands in.
EXAMPLE_NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.name != "action")


def test_there_is_something_to_test() -> None:
    """A folder that was renamed must not make the rest pass."""
    assert NAMES == ["repository_dispatch", "repository_dispatch_on_destroy", "repository_dispatch_preview"]
    assert EXAMPLE_NAMES == ["destroy", "preview", "site", "validate_after_apply"]


def test_format(workspace: Workspace) -> None:
    """`terraform fmt` has nothing to do."""
    folders = [MODULES, *(EXAMPLES / name for name in EXAMPLE_NAMES)]
    if workspace.terraform.version >= (1, 14):
        folders.append(EXAMPLES / "action")
    for folder in folders:
        assert workspace.run("fmt", "-check", "-recursive", "-diff", str(folder)).stdout == ""


@pytest.mark.parametrize("path", [f"modules/{name}" for name in NAMES] + [f"examples/{name}" for name in EXAMPLE_NAMES])
def test_valid(workspace: Workspace, provider: Provider, path: str) -> None:
    """`terraform validate` finds nothing, and runs nothing."""
    workspace.copy(path).init().run("validate")
    assert not provider.ran


@pytest.mark.parametrize("name", NAMES)
def test_own_tests(workspace: Workspace, provider: Provider, world: World, name: str) -> None:
    """`terraform test` passes; nobody was asked."""
    done = workspace.copy(f"modules/{name}").init().run("test")
    assert "0 failed" in done.text
    assert not provider.ran
    assert not world.github.requests


@pytest.mark.since(1, 14)
def test_the_example_with_an_action(workspace: Workspace) -> None:
    """Its syntax is right; what it uses of hashicorp/local can't be looked up without that provider."""
    workspace.run("fmt", "-check", str(EXAMPLES / "action"))
    done = workspace.copy("examples/action").run("init", "-backend=false", status=1)
    assert "hashicorp/local" in done.text
    assert "Unsupported block" not in done.text


def test_example_validate_after_apply(workspace: Workspace, world: World) -> None:
    """One event for each release, and its verdict."""
    workspace.copy("examples/validate_after_apply").init()
    workspace.env["TF_VAR_repository"] = REPOSITORY
    workspace.apply()
    workspace.apply()
    workspace.apply("-var=release=1.0.1")
    events = world.github.events(REPOSITORY)
    assert [event.client_payload["release"] for event in events] == ["1.0.0", "1.0.1"]
    assert workspace.outputs()["dispatch_id"] == events[-1].client_payload["dispatch"]["id"]


def test_example_site(workspace: Workspace, world: World, provider: Provider) -> None:
    """One event for each content, with what the file says; putting it right sends nothing."""
    workspace.copy("examples/site").init()
    provider.work_at(workspace.folder, workspace.env)
    workspace.env["TF_VAR_repository"] = REPOSITORY
    workspace.apply()
    path = workspace.folder / "web.json"
    content = path.read_text(encoding="utf-8")
    path.write_text("{}", encoding="utf-8")
    assert "local_file.config has been deleted" in workspace.run("plan", "-refresh-only").text
    workspace.apply()
    assert path.read_text(encoding="utf-8") == content
    workspace.apply("-var=replicas=4")
    payloads = [event.client_payload for event in world.github.events(REPOSITORY)]
    assert [payload.pop("dispatch")["source"]["tool"] for payload in payloads] == ["terraform", "terraform"]
    assert payloads == [json.loads(content), {"service": "web", "version": "2.4.1", "replicas": 4}]


@pytest.mark.usefixtures("provider")
def test_example_preview(workspace: Workspace, world: World, serving: Provider) -> None:
    """The preview foretells the event: its fingerprint, and its size to the byte."""
    workspace.copy("examples/preview").init()
    serving.work_at(workspace.folder, workspace.env)
    workspace.env["TF_VAR_repository"] = REPOSITORY
    workspace.run("plan", "-out=saved")
    planned = workspace.show("saved")["planned_values"]["outputs"]
    assert not world.github.requests
    workspace.apply()
    (event,) = world.github.events(REPOSITORY)
    assert event.client_payload["dispatch"]["key"] == planned["fingerprint"]["value"]
    workspace.run("plan", "-detailed-exitcode")


def test_example_destroy(workspace: Workspace, world: World) -> None:
    """One event, at the end."""
    workspace.copy("examples/destroy").init()
    workspace.env["TF_VAR_repository"] = REPOSITORY
    workspace.apply()
    assert not world.github.events(REPOSITORY)
    workspace.run("destroy", "-auto-approve")
    (event,) = world.github.events(REPOSITORY)
    assert event.client_payload["service"] == "web"


PAGE = (ROOT / "docs" / "terraform.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"(?ms)^```terraform\n(.*?)^```", PAGE)
SOURCE = re.compile(r'"git::https://[^"]*//(terraform/modules/\w+)\?ref=[^"]*"')


@pytest.mark.parametrize("number", range(len(SHOWN)))
@pytest.mark.usefixtures("provider")
def test_what_the_guide_shows(workspace: Workspace, number: int) -> None:
    """Is valid as it is written, from here in place of GitHub."""
    text, count = SOURCE.subn(lambda found: f'"{ROOT}//{found[1]}"', SHOWN[number])
    assert count == 1
    workspace.write(SHOWN[number]).run("fmt", "-check")
    workspace.write(text).init().run("validate")


def test_the_guide_names_all_inputs() -> None:
    """And no other ones."""
    variables = (MODULES / "repository_dispatch" / "variables.tf").read_text(encoding="utf-8")
    section = PAGE.partition("### All inputs and outputs")[2].partition("Outputs:")[0]
    assert set(re.findall(r"`(\w+)`", section)) == set(re.findall(r'(?m)^variable "(\w+)"', variables))
    assert len(SHOWN) == 4
