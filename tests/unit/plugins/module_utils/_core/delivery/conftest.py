# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delivering one event."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.dispatch import Delivery
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import Outcome
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    SCOPE,
    plan_of,
)


@pytest.fixture
def told() -> list[str]:
    """What was told on the way."""
    return []


@pytest.fixture
def deliver(github: GitHub, told: list[str]) -> t.Callable[..., Outcome]:
    """Deliver one event with these options."""

    def start(**options: t.Any) -> Outcome:
        plan = plan_of(**options)
        return Delivery(github, plan, plan.targets[0], SCOPE, told.append).run()

    return start
