# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long `infradispatch external` takes, which Terraform calls at each plan, against Python that does nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from measure import Cost, Failed, in_turn, run
from processes import against
from report import Report
from testbed import PYTHON, ROOT, Testbed

OURS, BARE, UNCOMPILED = "external", "python -c pass", "external, nothing compiled"
_QUERY = {
    "repository": "acme/site",
    "event_type": "infra-changed",
    "client_payload": '{"service": "web", "sizes": [1, 2]}',
}


def command(bed: Testbed, rounds: int) -> Report:
    """A preview in a fresh process; once more where Python may not keep what it has compiled."""
    launcher, fresh = (_laid_out(bed, name) for name in ("compiled", "fresh"))
    query = bed.folder / "query.json"
    query.write_text(json.dumps(_QUERY), encoding="utf-8")

    def python(*words: str, **more: str) -> Callable[[], Cost]:
        line = '"$0" "$@" < "$QUERY"'
        shell = ["/bin/sh", "-c", f"exec {line}", str(PYTHON), *words]
        return lambda: run(shell, bed.env(QUERY=query, **more), bed.folder)

    def answered(subject: Callable[[], Cost]) -> Callable[[], Cost]:
        def once() -> Cost:
            cost = subject()
            if json.loads(bed.output()).get("would_send") != "true":
                raise Failed(f"this is no preview: {bed.output()[:500]}")
            return cost

        return once

    subjects = {
        BARE: python("-c", "pass"),
        OURS: answered(python(str(launcher), "external")),
        UNCOMPILED: answered(python(str(fresh), "external", PYTHONDONTWRITEBYTECODE="1")),
    }
    costs = in_turn(subjects, rounds)
    report = Report("A preview for Terraform in a fresh process")
    report.notes = [
        "Each is started by /bin/sh, which hands the query over; this is the same for all, and counted.",
        f"'{UNCOMPILED}': a folder that nobody may write to, or the first start after an installation.",
    ]
    report.costs(costs)
    report.goals += against(costs, OURS, BARE, 1.5)
    report.goals += against(costs, UNCOMPILED, BARE, None, 1.5)
    return report


def _laid_out(bed: Testbed, name: str) -> Path:
    """Copy launcher and core into a folder of their own; return the launcher."""
    folder = bed.folder / name
    shutil.copytree(bed.core / "_core", folder / "plugins" / "module_utils" / "_core")
    (folder / "terraform").mkdir()
    return Path(shutil.copy2(ROOT / "terraform" / "github_dispatch.py", folder / "terraform"))
