# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options are described once, and the description agrees with what the code takes."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.infradispatch.github.plugins.doc_fragments._github import ModuleDocFragment
from ansible_collections.infradispatch.github.plugins.lookup import github_app_token
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.settings import ENVIRONMENT
from ansible_collections.infradispatch.github.plugins.module_utils._module import CONNECTION_SPEC

COMMON: dict[str, t.Any] = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
TOKEN: dict[str, t.Any] = yaml.safe_load(ModuleDocFragment.CREDENTIALS)["options"]
PLUGINS: dict[str, t.Any] = yaml.safe_load(ModuleDocFragment.PLUGINS)["options"]
SECRETS = {"token", "private_key"}


def test_every_connection_option_is_described_and_no_other() -> None:
    """The fragment and the argument spec name the same options."""
    assert {*COMMON, *TOKEN} == set(CONNECTION_SPEC)
    assert set(PLUGINS) == set(COMMON)


@pytest.mark.parametrize("name", sorted(CONNECTION_SPEC))
def test_type_default_and_aliases_agree(name: str) -> None:
    """A user of a plugin, who never meets the argument spec, reads the same."""
    described = {**COMMON, **TOKEN}[name]
    for key in ("type", "default", "aliases", "elements"):
        assert described.get(key) == CONNECTION_SPEC[name].get(key), key


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_every_environment_variable_is_described(name: str) -> None:
    """The core reads them; the documentation has to say so."""
    text = str({**COMMON, **TOKEN}[name]["description"])
    assert all(f"E({variable})" in text for variable in ENVIRONMENT[name])


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_secrets_have_no_place_in_an_ini_file(name: str) -> None:
    """Everything can be a variable; a secret can't be in ansible.cfg."""
    assert PLUGINS[name]["vars"] == [{"name": f"infradispatch_{name}"}]
    assert ("ini" in PLUGINS[name]) is (name not in SECRETS)


def test_the_lookup_documents_its_own_options_only() -> None:
    """What is common comes from the fragment."""
    own = yaml.safe_load(github_app_token.DOCUMENTATION)["options"]
    assert set(own) == {"_terms", "repositories", "permissions"}
