# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes of the modules of this collection.

This fragment is PRIVATE to the collection. It can have breaking changes at any time.
"""

from __future__ import annotations


class ModuleDocFragment:
    """Descriptions of the attributes, and the values that all modules share."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and tell what would happen without doing it.
  diff_mode:
    description: Returns details on what has changed (or would change) in diff mode.
  idempotent:
    description: Running it twice in a row changes nothing the second time.
  platform:
    description: Platforms the module runs on.
    support: full
    platforms: posix
"""

    ACTIONGROUP_GITHUB = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/infradispatch.github.github) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - infradispatch.github.github
"""
