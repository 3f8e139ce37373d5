# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`infradispatch plan` on what real Terraform finds: drift, changes, and nothing."""

from __future__ import annotations

import json
import typing as t

import pytest
from cases.support.world import REPOSITORY, World
from terraform.support.provider import Provider
from terraform.support.terraform import Workspace

FILE = """
resource "local_file" "page" {{
  for_each = toset(["a", "b"])
  filename = "{folder}/page-${{each.key}}"
  content  = each.key == "a" ? "ZZ-CANARY-CONTENT {revision}" : sensitive("ZZ-CANARY-SECRET {revision}")
}}
data "external" "x" {{ program = ["echo", "{{}}"] }}
"""


@pytest.fixture
def pages(workspace: Workspace, provider: Provider) -> Workspace:
    """Two files, as they should be."""
    assert provider
    workspace.write(FILE.format(folder=workspace.folder, revision=1)).init().apply()
    return workspace


def find(workspace: Workspace, form: str, *words: str) -> str:
    """Return what a plan finds, as a stream or as a document."""
    if form == "stream":
        return workspace.run("plan", "-json", *words).stdout
    workspace.run("plan", "-out=found", *words)
    return json.dumps(workspace.show("found"))


def tell(workspace: Workspace, found: str) -> None:
    """Hand it over to the command."""
    workspace.infradispatch("plan", "-", "--repository", REPOSITORY, given=found)


def events(world: World) -> list[tuple[str, dict[str, t.Any]]]:
    """Return type and envelope of each event."""
    return [(event.event_type, event.client_payload["dispatch"]) for event in world.github.events(REPOSITORY)]


@pytest.mark.parametrize("form", ["stream", "document"])
def test_drift(pages: Workspace, world: World, form: str) -> None:
    """None: nothing. Some: one event. The same found again: the same key. Put right: nothing."""
    tell(pages, find(pages, form, "-refresh-only"))
    assert events(world) == []
    (pages.folder / "page-a").write_text("ZZ-CANARY-DRIFTED", encoding="utf-8")
    tell(pages, find(pages, form, "-refresh-only"))
    ((event_type, first),) = events(world)
    assert (event_type, first["kind"], first["source"]["tool"]) == ("terraform-drift", "drift", "terraform")
    assert 'local_file.page["a"]' in json.dumps(first["changes"]).replace("\\", "")
    assert "page-b" not in json.dumps(first)
    tell(pages, find(pages, form, "-refresh-only"))
    _again, (_event_type, second) = events(world)
    assert first["key"] == second["key"]
    assert first["id"] != second["id"]
    assert "ZZ-CANARY" not in json.dumps([one.body for one in world.github.requests])
    pages.apply()
    tell(pages, find(pages, form, "-refresh-only"))
    assert len(events(world)) == 2


def test_the_same_drift_by_stream_and_document(pages: Workspace, world: World) -> None:
    """Has one key."""
    (pages.folder / "page-a").unlink()
    for form in ("stream", "document"):
        tell(pages, find(pages, form, "-refresh-only"))
    assert len({envelope["key"] for _event_type, envelope in events(world)}) == 1


@pytest.mark.parametrize("form", ["stream", "document"])
def test_changes(pages: Workspace, world: World, form: str) -> None:
    """A plan with changes is `planned`; one without is nothing; no value is sent."""
    tell(pages, find(pages, form))
    assert events(world) == []
    pages.write(FILE.format(folder=pages.folder, revision=2))
    tell(pages, find(pages, form))
    ((event_type, envelope),) = events(world)
    assert (event_type, envelope["kind"]) == ("terraform-planned", "planned")
    assert len(envelope["changes"]) == 2
    assert "ZZ-CANARY" not in json.dumps([one.body for one in world.github.requests])


def test_an_apply(pages: Workspace, world: World) -> None:
    """Its stream is `applied`."""
    pages.write(FILE.format(folder=pages.folder, revision=2))
    tell(pages, pages.run("apply", "-auto-approve", "-json").stdout)
    ((event_type, envelope),) = events(world)
    assert (event_type, envelope["kind"]) == ("terraform-applied", "applied")
    assert "ZZ-CANARY" not in json.dumps([one.body for one in world.github.requests])
