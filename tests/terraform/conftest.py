# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests with Terraform share: each runs with every Terraform of the machine, against the local GitHub."""

from __future__ import annotations

import os
import tempfile
import typing as t
from pathlib import Path

import pytest
from cases.support.world import World
from terraform.support.provider import Provider
from terraform.support.terraform import Terraform, Workspace, find_all

from emulator import Emulator

_FOLDER = pytest.StashKey[Path]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with each Terraform; newer ones only, where it says so."""
    if "terraform" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("since")
    least = tuple(marker.args) if marker else ()
    found = [one for one in find_all(metafunc.config.stash[_FOLDER]) if one.version >= least]
    skip = pytest.mark.skip(reason=f"no Terraform {'.'.join(map(str, least))} or newer here")
    metafunc.parametrize(
        "terraform", found or [pytest.param(None, marks=skip)], ids=[one.name for one in found] or ["none"]
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell of the marker, and make a place for what starts a Terraform."""
    folder = tempfile.TemporaryDirectory(prefix="terraform-")
    config.add_cleanup(folder.cleanup)
    config.stash[_FOLDER] = Path(folder.name)
    config.addinivalue_line("markers", "since(major, minor): needs this Terraform or a newer one")


@pytest.fixture(scope="session", autouse=True)
def own_environment() -> t.Iterator[None]:
    """Hide what the environment says about GitHub and the helper."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GITHUB_", "GH_", "INFRADISPATCH_", "TF_")) or name.lower().endswith("_proxy"):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def server() -> t.Iterator[Emulator]:
    """The local GitHub of this worker."""
    with Emulator(run_delay=0.0) as github:
        yield github


@pytest.fixture
def world(server: Emulator) -> World:
    """The usual things there, with a clock that runs."""
    return World.build(server, frozen=False)


@pytest.fixture(scope="session")
def serving() -> t.Iterator[Provider]:
    """The stand-in for the provider hashicorp/external of this worker."""
    with tempfile.TemporaryDirectory(prefix="tf-") as folder, Provider(Path(folder) / "p") as provider:
        yield provider


@pytest.fixture
def workspace(terraform: Terraform, world: World, tmp_path: Path) -> Workspace:
    """A folder whose Terraform reaches the local GitHub with a token of its environment."""
    env = {"GITHUB_API_URL": world.github.api_url, "GITHUB_TOKEN": world.pat}
    return Workspace(terraform, tmp_path / "root", env)


@pytest.fixture
def provider(serving: Provider, workspace: Workspace) -> Provider:
    """The stand-in, at the place of the workspace."""
    workspace.env["TF_REATTACH_PROVIDERS"] = serving.variable
    serving.work_at(workspace.folder, workspace.env)
    serving.ran.clear()
    return serving
