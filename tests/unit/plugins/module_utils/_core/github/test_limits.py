# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rate limits: told from refusals, and how long they last."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.github.limits import (
    RateLimit,
    rate_limit_of,
    retry_after_of,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply

NOW = 1_700_000_000.0
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
PRIMARY = "API rate limit exceeded for installation ID 1."
SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW + 3))}


def _reply(status: int = 403, message: str = "", documentation: str = "", **headers: str) -> Reply:
    body: dict[str, t.Any] = {"message": message, "documentation_url": documentation} if message else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, json.dumps(body).encode(), "http://x")


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("message", "headers", "kind", "wait"),
    [
        (SECONDARY, {}, "secondary", 60),
        (SECONDARY, {"retry-after": "7"}, "secondary", 7),
        (SECONDARY, {"x-ratelimit-remaining": "4900"}, "secondary", 60),
        (SECONDARY, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "secondary", 60),
        (SECONDARY, {"retry-after": "-5"}, "secondary", 60),
        (SECONDARY, {"retry-after": "nan"}, "secondary", 60),
        ("You have triggered an abuse detection mechanism.", {}, "secondary", 60),
        (PRIMARY, SPENT, "primary", 4),
        (PRIMARY, {**SPENT, "retry-after": "9"}, "primary", 9),
        (PRIMARY, {**SPENT, "x-ratelimit-reset": str(int(NOW - 100))}, "primary", 1),
        (PRIMARY, {**SPENT, "x-ratelimit-reset": "soon"}, "primary", 60),
        (PRIMARY, {**SPENT, "x-ratelimit-reset": "99999999999999"}, "primary", 60),
        (PRIMARY, {**SPENT, "x-ratelimit-reset": str(int(NOW + 10**9))}, "primary", 24 * 3600),
        (PRIMARY, {}, "secondary", 60),
        ("Forbidden", SPENT, "primary", 4),
    ],
)
def test_a_limit_is_known_by_headers_or_words(
    status: int, message: str, headers: dict[str, str], kind: str, wait: float
) -> None:
    assert rate_limit_of(_reply(status, message, **headers), NOW) == RateLimit(kind, wait)


@pytest.mark.parametrize("anchor", ["#about-secondary-rate-limits", "#secondary-rate-limits", "#abuse-rate-limits"])
def test_a_limit_is_known_by_its_documentation_too(anchor: str) -> None:
    url = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api" + anchor
    assert rate_limit_of(_reply(403, "Forbidden", url), NOW) == RateLimit("secondary", 60)


def test_429_says_it_without_a_body() -> None:
    assert rate_limit_of(Reply(429, {}, b"", "http://x"), NOW) == RateLimit("secondary", 60)


@pytest.mark.parametrize(
    "message",
    [
        "Resource not accessible by integration",
        "Resource not accessible by personal access token",
        "Repository was archived so is read-only.",
        "The `acme` organization has an IP allow list enabled, and your IP address is not permitted.",
        "This repository was disabled; write to abuse@acme.example.",
    ],
)
@pytest.mark.parametrize("headers", [{}, {"x-ratelimit-remaining": "4900"}, {"retry-after": "30"}])
def test_a_refusal_is_no_limit(message: str, headers: dict[str, str]) -> None:
    documentation = "https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event"
    assert rate_limit_of(_reply(403, message, documentation, **headers), NOW) is None


@pytest.mark.parametrize("status", [200, 204, 401, 404, 422, 500, 503])
def test_other_answers_are_no_limits(status: int) -> None:
    assert rate_limit_of(_reply(status, SECONDARY, **SPENT), NOW) is None


def test_a_limit_that_stays_is_asked_for_less_and_less_often() -> None:
    waits = [rate_limit_of(_reply(403, SECONDARY), NOW, attempt) for attempt in range(4)]
    assert [limit.wait for limit in waits if limit] == [60, 120, 240, 480]


@given(st.floats(0, 1), st.integers(0, 8))
def test_no_server_can_make_us_storm_it(seconds: float, attempt: int) -> None:
    limit = rate_limit_of(_reply(429, SECONDARY, retry_after=str(seconds)), NOW, attempt)
    assert limit is not None
    assert limit.wait >= 2**attempt


@pytest.mark.parametrize(("text", "seconds"), [("3", 3), ("1.5", 1.5), (None, None), ("x", None), ("inf", None)])
def test_the_retry_after_of_any_answer_can_be_read(text: str | None, seconds: float | None) -> None:
    assert retry_after_of(Reply(503, {"retry-after": text} if text else {}, b"", "")) == seconds
