# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Telling a person, while it lasts, what goes on."""

from __future__ import annotations

import typing as t

#: Told of every change, in one line for a person.
Progress = t.Callable[[str], None]


def nobody(text: str) -> None:
    """Tell nobody: where no person watches, nothing is asked for the sake of progress."""
