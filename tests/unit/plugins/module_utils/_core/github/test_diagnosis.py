# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a refusal means: every row of GitHub's catalogue of errors."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.diagnosis import Request, error_of
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply

SEND = Request("take the event", "acme/site", "token", "contents: write")
SSO = "https://github.com/orgs/acme/sso?authorization_request=A1"
IP = (
    "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list "
    "enabled, and your IP address is not permitted to access this resource."
)


def _error(
    status: int, message: str = "", headers: t.Mapping[str, str] | None = None, request: Request = SEND
) -> InfradispatchError:
    body = {"message": message, "documentation_url": "https://docs.github.com/rest"} if message else {}
    named = {"x-github-request-id": "AB:1", **(headers or {})}
    return error_of(Reply(status, named, json.dumps(body).encode(), "http://x"), request)


CATALOGUE: dict[str, tuple[int, str, dict[str, str], str, tuple[str, ...]]] = {
    "E1": (401, "Bad credentials", {}, "not_authenticated", ("Bad credentials", "expired", "api_url")),
    "E2": (401, "Requires authentication", {}, "not_authenticated", ("Requires authentication",)),
    "E4": (
        403,
        "Resource not accessible by integration",
        {"x-accepted-github-permissions": "contents=write"},
        "not_permitted",
        ("contents: write", "contents=write", "public_repo", "not accessible by integration"),
    ),
    "E5": (
        403,
        "Resource not accessible by personal access token",
        {"x-accepted-oauth-scopes": "repo"},
        "not_permitted",
        ("contents: write", "these scopes: repo"),
    ),
    "E6": (403, "Repository was archived so is read-only.", {}, "not_permitted", ("is archived", "Unarchive")),
    "E7": (
        403,
        "Resource protected by organization SAML enforcement.",
        {"x-github-sso": f"required; url={SSO}"},
        "not_permitted",
        ("single sign-on", SSO),
    ),
    "E7 without a link": (403, "SAML", {"x-github-sso": "required"}, "not_permitted", ("Authorise the token",)),
    "E8": (403, IP, {}, "not_permitted", ("machine that this runs on", "allow list")),
    "E9": (403, "`acme` forbids access via a personal access token (classic).", {}, "not_permitted", ("forbids",)),
    "E11": (403, "This installation has been suspended", {}, "not_permitted", ("suspended", "unsuspend")),
    "E14": (404, "Not Found", {}, "not_found", ("name is wrong", "may not see", "contents: write", "api_url")),
    "E16": (422, 'Invalid request.\n\n"event_type" wasn\'t supplied.', {}, "rejected", ("wasn't supplied",)),
    "E17": (422, "client_payload is too large.", {}, "rejected", ("too large",)),
    "E19": (307, "Moved Permanently", {}, "rejected", ("status 307",)),
    "E20": (400, "Problems parsing JSON", {}, "rejected", ("Problems parsing", "api_url")),
    "E21": (409, "Cannot cancel a workflow run that is completed.", {}, "rejected", ("Cannot cancel",)),
    "E22": (502, "Server Error", {}, "unreachable", ("status 502", "Server Error")),
    "E23": (410, "gone", {}, "rejected", ("version of the API has ended",)),
    "E24": (451, "", {}, "rejected", ("status 451",)),
    "415": (415, "", {}, "rejected", ("does not look like",)),
    "no message": (403, "", {}, "not_permitted", ("contents: write",)),
    "200 that is none": (200, "", {}, "unreachable", ("can't be understood", "api_url")),
}


@pytest.mark.parametrize(("status", "message", "headers", "code", "words"), CATALOGUE.values(), ids=CATALOGUE)
def test_every_refusal_has_its_code_and_its_advice(
    status: int, message: str, headers: dict[str, str], code: str, words: tuple[str, ...]
) -> None:
    error = _error(status, message, headers)
    assert error.code == code
    assert error.facts["status"] == status
    assert error.facts["request_id"] == "AB:1"
    for part in words:
        assert part in str(error)
    assert "acme/site" in str(error)


def test_404_claims_no_single_cause() -> None:
    assert "does not exist" not in str(_error(404, "Not Found"))


def test_partial_results_of_single_sign_on_are_no_refusal_by_it() -> None:
    error = _error(403, "Forbidden", {"x-github-sso": "partial-results; organizations=1,2"})
    assert "single sign-on" not in str(error)


@pytest.mark.parametrize(
    ("credential", "words"),
    [("token", "revoked"), ("installation token", "no longer"), ("app", "private key belongs to the App 12345")],
)
def test_401_speaks_of_the_credential_in_use(credential: str, words: str) -> None:
    request = Request("find the installation", "acme/site", credential, "", "12345")
    error = _error(401, "A JSON web token could not be decoded", request=request)
    assert words in str(error)
    assert "could not be decoded" in str(error)


def test_without_a_needed_permission_none_is_named() -> None:
    request = Request("do it", "acme", "app")
    assert "Check what the credential may do." in str(_error(403, "No", request=request))
    assert "lacks" not in str(_error(404, "No", request=request))
    waiting = Request("show the workflow runs", "acme", "token", "actions: read")
    assert "actions: read" in str(_error(403, "No", request=waiting))
    assert "public_repo" not in str(_error(403, "No", request=waiting))


@given(st.integers(200, 599), st.binary(max_size=300), st.dictionaries(st.sampled_from(
    ["x-github-sso", "x-accepted-github-permissions", "content-type", "date"]), st.text(max_size=30)))  # fmt: skip
def test_no_answer_is_without_an_error(status: int, body: bytes, headers: dict[str, str]) -> None:
    error = error_of(Reply(status, headers, body, "http://x"), SEND)
    assert error.exit_code in (3, 4, 5)
    assert error.message


def test_no_error_shows_a_token() -> None:
    leak = "ghp_" + "Fake" * 9
    for status in (400, 401, 403, 404, 422, 500):
        error = _error(status, f"token {leak}", {"x-accepted-oauth-scopes": leak})
        assert leak not in str(error.as_dict())
