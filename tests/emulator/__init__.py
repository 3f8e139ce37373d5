# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local GitHub: strict where GitHub is strict, with workflows that really run."""

from __future__ import annotations

from .faults import REMOVE, Fault
from .github import Emulator
from .records import Recorded
from .runs import Event, Job, Run, Stage, Step
from .scripts import ScriptedRun

__all__ = ["REMOVE", "Emulator", "Event", "Fault", "Job", "Recorded", "Run", "ScriptedRun", "Stage", "Step"]
