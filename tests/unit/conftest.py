# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every unit test shares: no test may depend on the credentials or the proxies of whoever runs it."""

from __future__ import annotations

import os

import pytest

# Read by the collection (docs: "Credentials and connection"), set on many a developer's machine and in every workflow.
_FOREIGN_PREFIXES = ("GITHUB_", "GH_", "INFRADISPATCH_")
_FOREIGN_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what the environment says about GitHub and proxies."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN_PREFIXES) or name.lower() in _FOREIGN_NAMES:
            monkeypatch.delenv(name)
