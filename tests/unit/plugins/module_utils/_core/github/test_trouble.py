# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What exceptions of the HTTP stack mean."""

from __future__ import annotations

import socket
import ssl

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import Route
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.transport import TransportFailure
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.trouble import failure_of

DIRECT = Route(None, True, None, None)


def _failure(error: BaseException, url: str = "https://ghes.test", *, sent: bool = False) -> TransportFailure:
    failure = failure_of(error, url, DIRECT, sent=sent, timeout=3)
    assert failure is not None
    return failure


def test_a_mistake_in_the_program_is_no_trouble_on_the_way() -> None:
    assert failure_of(KeyError("x"), "https://ghes.test", DIRECT, sent=True, timeout=3) is None


def _raised(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_raised(OSError("x"), socket.gaierror(-2, "unknown")), "dns"),
        (OSError(OSError(ConnectionRefusedError(111, "refused"))), "connect"),
        (_raised(OSError("x"), ssl.SSLCertVerificationError("self-signed")), "tls"),
        (_raised(OSError("x"), ssl.SSLEOFError(8, "EOF")), "tls"),
        (OSError(TimeoutError("slow")), "timeout"),
        (UnicodeError("label too long"), "proxy"),
        (ValueError("Invalid IPv6 URL"), "proxy"),
        (_raised(OSError("x"), ValueError("invalid chunk")), "broken"),
        (OSError("odd"), "broken"),
    ],
)
@pytest.mark.parametrize("sent", [False, True])
def test_a_failure_is_known_by_anything_in_its_chain(error: BaseException, kind: str, sent: bool) -> None:
    failure = _failure(error, "https://ghes.test/x", sent=sent)
    assert (failure.kind, failure.sent) == (kind, sent)
    assert "ghes.test" in failure.message


def test_a_chain_in_a_circle_ends() -> None:
    first, second = OSError("a"), OSError("b")
    first.__cause__, second.__cause__ = second, first
    assert _failure(first).kind == "broken"


def test_no_secret_gets_into_a_failure() -> None:
    error = OSError("token ghp_" + "Fake" * 9 + " via http://u:hunter2@proxy")
    failure = _failure(error, "https://u:hunter2@ghes.test/x")
    assert "Fake" not in failure.message
    assert "hunter2" not in failure.message
