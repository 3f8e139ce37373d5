# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every failure owes: a code, what to do, the truth about ``changed``, and nothing secret."""

from __future__ import annotations

import re
import typing as t

from .world import World, as_text

if t.TYPE_CHECKING:
    from emulator import Event

CODES = {
    "invalid_input", "missing_library", "bad_key", "not_authenticated", "not_permitted", "not_found", "rejected",
    "rate_limited", "unreachable", "outcome_unknown", "no_receiver", "run_not_found", "run_unsuccessful",
    "wait_timeout",
}  # fmt: skip
_RUN = re.compile(r"[A-Za-z0-9+/]{20,}")


def failure(
    result: t.Mapping[str, t.Any],
    code: str,
    *,
    says: t.Iterable[str] = (),
    changed: bool = False,
    world: World | None = None,
    accepted: int | None = None,
) -> None:
    """Check a failed result; each of ``says`` is a regular expression to be found in the message."""
    assert code in CODES
    error = result["error"]
    message = result["msg"]
    assert result["failed"] is True, message
    assert error["code"] == code, message
    assert result["changed"] is changed, message
    assert error["message"].strip(), message
    assert error["hint"].strip() or code == "missing_library", f"no advice: {message}"
    assert error["message"] in message
    for pattern in says:
        assert re.search(pattern, message, re.IGNORECASE | re.DOTALL), f"{pattern!r} is not in: {message}"
    assert "Traceback" not in as_text(result)
    assert "  File " not in as_text(result)
    assert "<html" not in message.lower()
    assert len(message) < 2500
    if world is not None:
        assert world.accepted == (int(changed) if accepted is None else accepted)
        nothing_secret(world, as_text(result) + "\n".join(world.told))


def success(result: t.Mapping[str, t.Any], outcome: str, *, world: World, accepted: int = 1) -> None:
    """Check a good result."""
    assert not result["failed"], result["msg"]
    assert result["error"] is None
    assert result["changed"] is True
    assert result["outcome"] == outcome
    assert world.accepted == accepted
    nothing_secret(world, as_text(result) + "\n".join(world.told))


def nothing_secret(world: World, text: str, *further: str) -> None:
    """No token, no JWT, and not twenty characters in a row of the key are in the text."""
    leaks(text, {*world.secrets(), *further}, world.app.private_key)


def leaks(text: str, secrets: t.Iterable[str], *keys: str) -> None:
    """Fail when one of the secrets, or a part of one of the keys, is in the text."""
    for secret in secrets:
        assert secret not in text, f"{secret[:8]}… leaked"
    pieces = {piece for key in keys for piece in windows(body_of(key))}
    found = [piece for run in _RUN.findall(text.replace("\\n", "\n")) for piece in windows(run) if piece in pieces]
    assert not found, f"a part of the key leaked: {found[0]}"


def run_id(event: Event) -> str:
    """The id that an accepted event carries."""
    return str((event.client_payload or {})["dispatch"]["id"])


def body_of(pem: str) -> str:
    """The base64 of a PEM in one line."""
    return "".join(line for line in pem.splitlines() if "-----" not in line)


def windows(text: str, size: int = 20) -> t.Iterator[str]:
    """Every part of a text that has this size."""
    return (text[start : start + size] for start in range(len(text) - size + 1))
