# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans and events as Terraform writes them, with what real Terraform needs other providers for."""

from __future__ import annotations

import io
import json
import typing as t

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import Changes, read_changes

CANARY = "ZZ-CANARY-1"


def resource(address: str, *actions: str, **more: t.Any) -> dict[str, t.Any]:
    """Return an element of resource_changes or resource_drift, with a value that must not get out."""
    change = {"actions": list(actions), "before": {"a": CANARY}, "after": {"a": CANARY + "x"}, **more.pop("change", {})}
    return {"address": address, "mode": "managed", "type": "aws_x", "name": "y", **more, "change": change}


def plan(*changes: t.Any, drift: t.Sequence[t.Any] = (), **more: t.Any) -> dict[str, t.Any]:
    """Return a plan; without resource_changes if there are none, as a refresh-only one."""
    document: dict[str, t.Any] = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {"password": {"value": CANARY}},
        "planned_values": {"outputs": {"o": {"value": CANARY}}},
    }
    if drift:
        document["resource_drift"] = list(drift)
    if changes:
        document["resource_changes"] = list(changes)
    return {**document, "prior_state": {"values": {"x": [CANARY]}}, "complete": True, "errored": False, **more}


def event(kind: str, **more: t.Any) -> dict[str, t.Any]:
    """Return an event of a stream."""
    return {"@level": "info", "@message": CANARY, "@module": "terraform.ui", "type": kind, **more}


def about(address: str, action: str, **more: t.Any) -> dict[str, t.Any]:
    """Return what an event says of a resource."""
    module = address.rpartition(".aws")[0] if address.startswith("module.") else ""
    return {"resource": {"addr": address, "module": module, "resource_type": "aws_x"}, "action": action, **more}


def summary(operation: str = "plan", **counts: int) -> dict[str, t.Any]:
    """Return the event at the end."""
    return event(
        "change_summary", changes={"add": 0, "change": 0, "import": 0, "remove": 0, **counts, "operation": operation}
    )


VERSION = event("version", terraform="1.11.4", ui="1.2")


def lines(*events: t.Any) -> bytes:
    """Return a stream."""
    return b"".join(json.dumps(item).encode() + b"\n" for item in events)


def read(data: t.Any, **options: t.Any) -> Changes:
    """Read bytes, or the JSON of anything else."""
    return read_changes(io.BytesIO(data if isinstance(data, bytes) else json.dumps(data).encode()), **options)


def counts(found: Changes) -> dict[str, int]:
    """Return the counts that are not zero."""
    return {name: n for name, n in found.evidence.summary.items() if n and not isinstance(n, (bool, dict))}
