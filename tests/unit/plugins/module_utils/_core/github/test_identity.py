# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a token is, and what answers say about it."""

from __future__ import annotations

import json

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.github import identity
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.identity import TokenFacts, token_facts
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret

NOW = 1_700_000_000.0
EXPIRY = "github-authentication-token-expiration"
SSO = "required; url=https://github.com/orgs/acme/sso?authorization_request=AB12"


def reply(status: int = 200, body: object = None, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, json.dumps(body).encode("utf-8"), "https://api.github.com/user")


@pytest.mark.parametrize(
    ("token", "kind", "usable"),
    [
        ("ghp_x", "classic", True),
        ("github_pat_x", "fine_grained", True),
        ("gho_x", "oauth", True),
        ("ghu_x", "app_user", True),
        ("ghs_x", "installation", True),
        ("ghs_123_eyJx.eyJy.z", "installation", True),
        ("v1.0123456789abcdef", "installation", True),
        ("ghr_x", "refresh", False),
        ("eyJhbGciOi.x.y", "jwt", False),
        ("0123456789abcdef0123456789abcdef01234567", "unknown", True),
    ],
)
def test_the_prefix_tells_the_kind(token: str, kind: str, usable: bool) -> None:
    assert identity.kind_of(Secret(token)) == kind
    assert identity.usable(kind) is usable
    assert "token" in identity.describe(kind) or "JWT" in identity.describe(kind)


def test_a_token_of_an_app_is_never_asked_for_its_user() -> None:
    assert identity.self_test("installation").startswith("/installation/repositories")
    assert {identity.self_test(kind) for kind in ("classic", "fine_grained", "oauth", "app_user", "unknown")} == {
        "/user"
    }


@pytest.mark.parametrize(
    ("answer", "of_an_app"),
    [
        (reply(403, {"message": "Resource not accessible by integration"}), True),
        (reply(403, {"message": "Resource not accessible by personal access token"}), False),
        (reply(401, {"message": "Resource not accessible by integration"}), False),
        (reply(200, {"login": "octocat"}), False),
    ],
)
def test_a_refusal_tells_a_token_of_an_app_whatever_its_prefix(answer: Reply, of_an_app: bool) -> None:
    assert identity.is_of_an_app(answer) is of_an_app


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-08-14 08:15:54 UTC", "2022-08-14T08:15:54Z"),
        ("2025-09-05 17:55:53 +0500", "2025-09-05T12:55:53Z"),
        ("2025-09-05 17:55:53 -0130", "2025-09-05T19:25:53Z"),
        (" 2022-08-14 08:15:54 UTC ", "2022-08-14T08:15:54Z"),
        ("2022-13-14 08:15:54 UTC", None),
        ("0001-01-01 00:00:00 +2359", None),
        ("2022-08-14", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_both_forms_of_an_expiry_are_read(text: str | None, moment: str | None) -> None:
    assert identity.timestamp(identity.parse_expiry(text)) == moment


@pytest.mark.parametrize("moment", [None, 1e18, float("inf"), float("nan")])
def test_a_time_that_no_calendar_has_is_none(moment: float | None) -> None:
    assert identity.timestamp(moment) is None


def test_facts_come_from_the_first_answer_that_has_them() -> None:
    answers = [
        reply(),
        reply(x_oauth_scopes="repo, workflow"),
        reply(x_oauth_scopes="gist", **{EXPIRY: "2030-01-01 00:00:00 UTC"}),
        reply(403, x_github_sso=SSO, **{EXPIRY: "2031-01-01 00:00:00 UTC"}),
    ]
    facts = token_facts(answers, NOW)
    assert facts.scopes == ("repo", "workflow")
    assert identity.timestamp(facts.expires_at) == "2030-01-01T00:00:00Z"
    assert facts.sso_url == "https://github.com/orgs/acme/sso?authorization_request=AB12"


def test_no_answer_says_nothing_and_no_scope_is_something() -> None:
    assert token_facts([], NOW) == TokenFacts(None, None, "")
    assert token_facts([reply(x_oauth_scopes="")], NOW).scopes == ()


@pytest.mark.parametrize(("text", "expires"), [("2023-11-14 22:13:20 UTC", False), ("2023-11-14 22:23:20 UTC", True)])
def test_an_expiry_of_this_very_moment_is_taken_for_none(text: str, expires: bool) -> None:
    """As some fine-grained tokens were seen to get it."""
    assert (token_facts([reply(**{EXPIRY: text})], NOW).expires_at is not None) is expires


@pytest.mark.parametrize(
    ("header", "url"),
    [
        (SSO, "https://github.com/orgs/acme/sso?authorization_request=AB12"),
        ("required", "https://github.com/settings/tokens"),
        ("required; url=javascript:alert(1)", "https://github.com/settings/tokens"),
        ("partial-results; organizations=1,2", ""),
        ("", ""),
    ],
)
def test_where_to_authorise_for_single_sign_on(header: str, url: str) -> None:
    assert identity.sso_of(reply(x_github_sso=header)) == url


@pytest.mark.parametrize(
    ("scopes", "private", "allowed"),
    [
        (["repo"], True, True),
        (["public_repo"], True, False),
        (["public_repo"], False, True),
        (["workflow", "gist"], False, False),
        ([], False, False),
    ],
)
def test_scopes_that_allow_to_write(scopes: list[str], private: bool, allowed: bool) -> None:
    assert identity.scopes_allow(scopes, private=private) is allowed
