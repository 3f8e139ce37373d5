# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module repository_dispatch_on_destroy from end to end."""

from __future__ import annotations

from cases.support.world import REPOSITORY, World
from terraform.support.terraform import Workspace, module

from .test_repository_dispatch import sent


def configure(workspace: Workspace, revision: int = 1, more: str = "") -> Workspace:
    """Write a configuration that sends an event at its end."""
    body = f"""
  repository     = "{REPOSITORY}"
  event_type     = "infra-destroyed"
  client_payload = {{ revision = {revision}, nested = {{ list = [1, "two"] }} }}
  {more}
"""
    return workspace.write(module("repository_dispatch_on_destroy", body, "farewell"))


def test_one_event_at_the_end(workspace: Workspace, world: World) -> None:
    """None at apply, for another request, and at the plan of a destroy; one at the destroy, of the last request."""
    configure(workspace).init().apply()
    configure(workspace, 2, 'source_details = { name = "staging" }').apply()
    workspace.run("plan", "-destroy")
    assert sent(world) == []
    workspace.run("destroy", "-auto-approve")
    (payload,) = sent(world)
    assert payload["revision"] == 2
    assert payload["nested"] == {"list": [1, "two"]}
    assert payload["dispatch"]["source"] == {"tool": "terraform", "name": "staging"}
    workspace.run("destroy", "-auto-approve")
    assert len(sent(world)) == 1


def test_a_failure_keeps_it(workspace: Workspace, world: World) -> None:
    """GitHub is down: the destroy fails, and the next one sends the same id once."""
    configure(workspace, more="deadline = 5").init().apply()
    world.github.faults.add(method="POST", path=r"/dispatches$", status=404, times=None)
    workspace.run("destroy", "-auto-approve", status=1)
    (resource,) = workspace.show()["values"]["root_module"]["child_modules"][0]["resources"]
    world.github.faults.clear()
    workspace.run("destroy", "-auto-approve")
    assert [one["dispatch"]["id"] for one in sent(world)] == [resource["values"]["id"].replace("-", "")]


def test_when_it_does_not_fire(workspace: Workspace, world: World) -> None:
    """As docs/terraform.md says: with its block taken out, there is no provisioner any more."""
    configure(workspace).init().apply()
    workspace.write("").apply()
    assert sent(world) == []


def test_taken_out_by_count(workspace: Workspace, world: World) -> None:
    """What docs/terraform.md says to do in place of that."""
    configure(workspace, more="count = 1").init().apply()
    configure(workspace, more="count = 0").apply()
    assert len(sent(world)) == 1


def test_the_path_of_the_helper_is_not_kept(workspace: Workspace) -> None:
    """Whoever destroys may do so on another machine."""
    configure(workspace).init().apply()
    assert "github_dispatch.py" not in workspace.state()


def test_a_failure_that_may_be(workspace: Workspace, world: World) -> None:
    """With on_failure = continue the destroy goes on."""
    configure(workspace, more='on_failure = "continue"\n  deadline = 5').init().apply()
    world.github.faults.add(method="POST", path=r"/dispatches$", status=404, times=None)
    done = workspace.run("destroy", "-auto-approve")
    assert "Error: " in done.text
    assert "Destroy complete" in done.text
    assert sent(world) == []
