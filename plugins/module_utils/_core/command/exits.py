# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Which status the command ends with for which code of an error: the table of the public contract."""

from __future__ import annotations

import typing as t

from .. import errors

OK, BUG, INTERRUPTED, TERMINATED = 0, 1, 130, 143


def _subclasses(cls: type[errors.InfradispatchError]) -> t.Iterator[type[errors.InfradispatchError]]:
    """Yield all errors below one."""
    for below in cls.__subclasses__():
        yield below
        yield from _subclasses(below)


#: Status by code.
EXITS = {cls.code: cls.exit_code for cls in _subclasses(errors.InfradispatchError)}
_MEANINGS = {
    0: "the promise was kept",
    1: "a bug of this program",
    2: "the request, an option or the installation is wrong; nothing was sent",
    3: "the key, the token or its permissions",
    4: "not found, or refused by GitHub",
    5: "rate limit, or GitHub can't be reached; nothing was sent",
    6: "the event may have been accepted, and nobody knows",
    7: "nobody listens, or no run appeared",
    8: "the run did not end well",
    9: "waiting took too long; the run goes on",
    10: "Terraform failed, where Ansible has run it",
    INTERRUPTED: "interrupted (Ctrl-C)",
}


def exit_of(result: t.Mapping[str, t.Any]) -> int:
    """Return the status for a result of the public contract."""
    error = result.get("error")
    return EXITS.get(error["code"], BUG) if error else OK


def table() -> str:
    """Return the table for people."""
    lines = []
    for status, meaning in _MEANINGS.items():
        codes = ", ".join(sorted(code for code, number in EXITS.items() if number == status))
        lines.append(f"  {status:<4} {meaning}" + (f" ({codes})" if codes else ""))
    return "\n".join(lines)
