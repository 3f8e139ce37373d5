# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One version everywhere."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.infradispatch.github.plugins.module_utils._core import version

ROOT = Path(version.__file__).parents[3]


def test_the_version_is_that_of_the_collection() -> None:
    found = re.search(r"^version:\s*(\S+)$", (ROOT / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    assert found.group(1) == version.VERSION
    assert version.USER_AGENT.endswith("/" + version.VERSION)
