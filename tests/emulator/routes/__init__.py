# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of the local GitHub. Importing this package registers all of them."""

from __future__ import annotations

from . import actions, apps, checks, contents, dispatches, meta, repositories, runs

__all__ = ["actions", "apps", "checks", "contents", "dispatches", "meta", "repositories", "runs"]
