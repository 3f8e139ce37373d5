# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of commands share."""

from __future__ import annotations

import pytest

from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import Console
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import Stub


@pytest.fixture
def console(stub: Stub) -> Console:
    """The command, with the stub for GitHub."""
    return Console(stub)
