# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the demo tells: labels, colours, and the end of a story that goes another way."""

from __future__ import annotations

import os
import sys
import textwrap

COLOURS = {
    "+": "32",
    "-": "31",
    "success": "32",
    "failure": "31",
    "skipped": "33",
    "bold": "1",
    "yes": "32",
    "NO": "31",
}


class NotAsTold(Exception):
    """The story went another way than the demo tells it."""


def expect(holds: object, text: str) -> None:
    """Go on only when something holds."""
    if not holds:
        raise NotAsTold(text)


def paint(text: str, colour: str) -> str:
    """Colour a text, on a terminal that wants colours."""
    if colour not in COLOURS or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS[colour]}m{text}\033[0m"


def say(label: str, text: str, colour: str = "") -> None:
    """Print a fact below its label, wrapped to what a terminal shows at least."""
    for line in textwrap.wrap(text, 74, break_long_words=False, break_on_hyphens=False):
        print(f"   {label:<13}{paint(line, colour)}", flush=True)
        label = ""


def title(text: str) -> None:
    """Print the heading of a block."""
    print(f"\n{paint(text, 'bold')}", flush=True)
