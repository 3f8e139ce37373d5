# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reading of Terraform's plans as a module. Apart from ``_module``, so that no other module brings it along.

Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
Python versions supported: >=3.9
"""

from __future__ import annotations

import os
import signal
import tempfile
import typing as t

from ._core.changes.terraform_result import ADDRESSES, CONDITIONS, DEFAULT_ON
from ._core.changes.terraform_run import MODES, find_changes, read_options
from ._core.errors import InfradispatchError
from ._module import end, failure_of, hide_misplaced

if t.TYPE_CHECKING:  # pragma: no cover
    from ansible.module_utils.basic import AnsibleModule

PLAN_INFO_SPEC: dict[str, dict[str, t.Any]] = {
    "project_path": {"type": "path", "required": True},
    "binary_path": {"type": "path"},
    "plan_file": {"type": "path"},
    "mode": {"type": "str", "choices": list(MODES), "default": MODES[0]},
    "workspace": {"type": "str"},
    "variables": {"type": "dict"},
    "sensitive_variables": {"type": "dict", "no_log": True},
    "variables_files": {"type": "list", "elements": "path"},
    "targets": {"type": "list", "elements": "str"},
    "refresh": {"type": "bool", "default": True},
    "parallelism": {"type": "int"},
    "lock": {"type": "bool", "default": True},
    "lock_timeout": {"type": "int", "default": 60},
    "init": {"type": "bool", "default": False},
    "backend_config_files": {"type": "list", "elements": "path"},
    "deadline": {"type": "int", "default": 3600},
    "addresses": {"type": "str", "choices": list(ADDRESSES), "default": ADDRESSES[0]},
    "match_on": {
        "type": "list",
        "elements": "str",
        "choices": [*CONDITIONS, "always"],
        "default": list(DEFAULT_ON),
    },
}


def plan_info(module: AnsibleModule) -> t.NoReturn:
    """Return what Terraform's plan finds, and end the module."""
    hide_misplaced(module)
    signal.signal(signal.SIGTERM, _stop)
    try:
        asked = read_options(module.params)
        with tempfile.TemporaryDirectory(dir=module.tmpdir) as room:
            changes, error = find_changes(asked, room=room, env=os.environ)
        result = {**changes.as_dict(), **(failure_of(error) if error else {"changed": False, "error": None})}
        warnings = changes.warnings
    except InfradispatchError as error:
        # Reported below: inside of this clause older versions of ansible-core would add a traceback.
        result, warnings = failure_of(error), ()
    end(module, result, failed=bool(result["error"]), warnings=warnings)


def _stop(*_unused: object) -> t.NoReturn:
    """End in an orderly way: Terraform is asked to stop then, and lets go of the lock of the state."""
    raise SystemExit(128 + signal.SIGTERM)
