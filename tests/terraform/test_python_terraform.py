# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module, driven by the package python-terraform in the calls where that is sound."""

from __future__ import annotations

import json
import typing as t

import pytest
from cases.support.world import World
from terraform.support.terraform import Workspace

from .test_repository_dispatch import configure, sent

python_terraform = pytest.importorskip("python_terraform")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_plan_apply_and_output(workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan: no event. Its apply: one. Another plan: nothing to do."""
    for name, value in workspace.env.items():
        monkeypatch.setenv(name, value)
    configure(workspace)
    flag = python_terraform.IsFlagged
    client: t.Any = python_terraform.Terraform(
        working_dir=str(workspace.folder), terraform_bin_path=workspace.terraform.program
    )
    assert client.init(input=False)[0] == 0
    assert client.plan(out="saved", input=False)[0] == 2
    assert json.loads(client.show("saved", json=flag, no_color=flag)[1])["format_version"] == "1.2"
    assert sent(world) == []
    assert client.apply("saved", skip_plan=True, input=False)[0] == 0
    (payload,) = sent(world)
    said = json.loads(client.output_cmd("all", json=flag)[1])
    assert said["dispatch_id"] == payload["dispatch"]["id"]
    assert client.plan(input=False)[0] == 0
    assert len(sent(world)) == 1
