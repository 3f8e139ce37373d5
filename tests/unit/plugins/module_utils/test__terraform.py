# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the module that runs Terraform. As a process: tests/unit/plugins/modules."""

from __future__ import annotations

from ansible_collections.infradispatch.github.plugins.module_utils._terraform import PLAN_INFO_SPEC


def test_only_what_is_meant_to_be_is_hidden() -> None:
    assert [name for name, spec in PLAN_INFO_SPEC.items() if spec.get("no_log")] == ["sensitive_variables"]
