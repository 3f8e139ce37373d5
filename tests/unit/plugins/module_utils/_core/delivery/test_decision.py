# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one attempt means, over everything that can come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.decision import (
    ACCEPTED,
    CONNECT_PAUSES,
    NEVER_SENT,
    REFUSED,
    UNKNOWN,
    Counts,
    Decision,
    decide_failure,
    decide_reply,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.credentials import Grant
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.transport import TransportFailure
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret

GIVEN = Grant(Secret("x"))
YOUNG = Grant(Secret("x"), 100.0, 3700.0)
OLD = Grant(Secret("x"), -3000.0, 600.0)


def _decide(
    status: int,
    body: bytes = b"",
    grant: Grant = GIVEN,
    counts: Counts = Counts(),  # noqa: B008
    renewable: bool = False,
    headers: dict[str, str] | None = None,
) -> Decision:
    reply = Reply(status, headers or {}, body, "http://x")
    return decide_reply(reply, grant, counts, monotonic=101.0, now=1.7e9, renewable=renewable)


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (204, b"", ACCEPTED),
        (200, b"", ACCEPTED),
        (200, b' {"a": 1} ', ACCEPTED),
        (202, b"[]", ACCEPTED),
        (200, b"<html>Sign in</html>", UNKNOWN),
        (200, b"OK", UNKNOWN),
        (200, b"null", UNKNOWN),
        (500, b"", UNKNOWN),
        (502, b"<html>", UNKNOWN),
        (503, b"{}", UNKNOWN),
        (504, b"", UNKNOWN),
        (599, b"", UNKNOWN),
        (199, b"", UNKNOWN),
        (307, b"", REFUSED),
        (400, b"", REFUSED),
        (401, b"", REFUSED),
        (403, b"", REFUSED),
        (404, b"", REFUSED),
        (422, b"", REFUSED),
    ],
)
def test_only_a_clear_yes_is_accepted_and_only_4xx_is_a_clear_no(status: int, body: bytes, meaning: str) -> None:
    assert _decide(status, body) == Decision(meaning)


@given(st.integers(200, 599), st.binary(max_size=50), st.booleans(), st.sampled_from([GIVEN, YOUNG, OLD]))
def test_what_may_have_been_accepted_is_never_tried_again(
    status: int, body: bytes, renewable: bool, grant: Grant
) -> None:
    decision = _decide(status, body, grant, renewable=renewable)
    if decision.meaning in (ACCEPTED, UNKNOWN):
        assert decision == Decision(decision.meaning)
    if decision.pause is not None:
        assert 400 <= status < 500


@given(st.sampled_from(["tls", "proxy", "dns", "connect", "timeout", "broken"]), st.integers(0, 5))
def test_whatever_was_sent_without_an_answer_is_unknown(kind: str, unsent: int) -> None:
    assert decide_failure(TransportFailure(kind, "x", sent=True), Counts(unsent=unsent)) == Decision(UNKNOWN)


@pytest.mark.parametrize("kind", ["dns", "connect", "timeout", "broken"])
def test_what_was_never_sent_is_tried_some_times(kind: str) -> None:
    failure = TransportFailure(kind, "x", sent=False)
    pauses = [decide_failure(failure, Counts(unsent=number)).pause for number in range(4)]
    assert pauses == [*CONNECT_PAUSES, None, None]
    assert decide_failure(failure, Counts(unsent=9)).meaning == NEVER_SENT


@pytest.mark.parametrize("kind", ["tls", "proxy"])
def test_what_does_not_mend_itself_is_not_tried_again(kind: str) -> None:
    assert decide_failure(TransportFailure(kind, "x", sent=False), Counts()) == Decision(NEVER_SENT)


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limit_is_waited_out_however_often(status: int) -> None:
    decision = _decide(status, b'{"message": "secondary rate limit"}', YOUNG, Counts(limited=3), True)
    assert decision.meaning == REFUSED
    assert decision.limit is not None
    assert decision.pause == decision.limit.wait == 480


@pytest.mark.parametrize("status", [401, 404])
def test_a_young_token_is_tried_again_a_few_times(status: int) -> None:
    pauses = [_decide(status, grant=YOUNG, counts=Counts(lagged=number), renewable=True).pause for number in range(4)]
    assert pauses == [1, 2, 4, None]
    assert _decide(status).pause is None


@pytest.mark.parametrize(
    ("grant", "counts", "renewable", "renew"),
    [
        (OLD, Counts(), True, True),
        (OLD, Counts(renewed=1), True, False),
        (OLD, Counts(), False, False),
        (OLD, Counts(lagged=1), True, False),
        (GIVEN, Counts(), False, False),
        (YOUNG, Counts(), True, False),
    ],
)
def test_an_old_token_is_replaced_once(grant: Grant, counts: Counts, renewable: bool, renew: bool) -> None:
    assert _decide(401, grant=grant, counts=counts, renewable=renewable).renew is renew
    assert not _decide(403, grant=grant, counts=counts, renewable=renewable).renew
