# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes of modules."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.infradispatch.github.plugins.doc_fragments import _attributes
from ansible_collections.infradispatch.github.plugins.doc_fragments._attributes import ModuleDocFragment
from ansible_collections.infradispatch.github.plugins.modules import github_repository_dispatch


def test_every_module_is_in_the_action_group_that_the_fragment_promises() -> None:
    """``module_defaults`` for the group reach the module."""
    runtime = yaml.safe_load((Path(_attributes.__file__).absolute().parents[2] / "meta/runtime.yml").read_text("utf-8"))
    modules = {path.stem for path in Path(github_repository_dispatch.__file__).absolute().parent.glob("[a-z]*.py")}
    assert set(runtime["action_groups"]["github"]) == modules
    promised = yaml.safe_load(ModuleDocFragment.ACTIONGROUP_GITHUB)["attributes"]["action_group"]
    assert promised["membership"] == ["infradispatch.github.github"]


def test_a_module_states_what_the_fragment_only_describes() -> None:
    """Check mode, diff mode and idempotence differ from module to module."""
    described = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["attributes"]
    stated = yaml.safe_load(github_repository_dispatch.DOCUMENTATION)["attributes"]
    open_ones = {name for name, attribute in described.items() if "support" not in attribute}
    assert open_ones == set(stated)
