# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every spelling of GitHub's address and of a repository's name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.urls import (
    Repository,
    check_owner,
    parse_api_url,
)

COM = "https://api.github.com"
SERVER = "https://ghes.example.com/api/v3"
TENANT = "https://api.acme.ghe.com"


@pytest.mark.parametrize(
    ("text", "base"),
    [
        (None, COM),
        ("", COM),
        ("  ", COM),
        (COM, COM),
        (COM + "/", COM),
        (COM + "//", COM),
        (COM + ":443", COM),
        ("https://github.com", COM),
        ("https://www.github.com/", COM),
        ("HTTPS://GitHub.COM", COM),
        ("https://ghes.example.com", SERVER),
        ("https://ghes.example.com/", SERVER),
        (SERVER, SERVER),
        (SERVER + "/", SERVER),
        (SERVER + "//", SERVER),
        ("https://ghes.example.com//api//v3", SERVER),
        ("https://ghes.example.com/api", SERVER),
        ("https://GHES.Example.com", SERVER),
        (" https://ghes.example.com \n", SERVER),
        ("https://ghes.example.com:8443", "https://ghes.example.com:8443/api/v3"),
        ("https://acme.ghe.com", TENANT),
        ("https://api.acme.ghe.com/", TENANT),
        ("https://acme.ghe.com/api/v3", TENANT),
        ("https://notghe.com", "https://notghe.com/api/v3"),
        ("https://acme.ghe.com.example.org", "https://acme.ghe.com.example.org/api/v3"),
        ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080/api/v3"),
        ("http://[::1]:8080", "http://[::1]:8080/api/v3"),
        ("https://git.example.com/ghe/api/v3", "https://git.example.com/ghe/api/v3"),
        ("https://git.example.com/ghe", "https://git.example.com/ghe/api/v3"),
    ],
)
def test_every_usual_spelling_gives_the_same_base(text: str | None, base: str) -> None:
    assert parse_api_url(text) == base
    assert parse_api_url(base) == base


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("https:///acme.ghe.com", "no host"),
        ("https://", "no host"),
        ("ghes.example.com", "no scheme"),
        ("ghes.example.com:443/api", "no scheme"),
        ("ftp://ghes.example.com", "a scheme other"),
        ("file:///etc", "a scheme other"),
        ("https://u:hunter2@ghes.example.com", "a user or password"),
        ("https://hunter2@github.com", "a user or password"),
        ("https://ghes.example.com/api/v3?x=hunter2", "a query"),
        ("https://ghes.example.com/?", "a query"),
        ("https://ghes.example.com/#x", "a fragment"),
        ("https://ghes.example.com:0", "port 0"),
        ("https://ghes.example.com:99999", "can't be read"),
        ("https://ghes.example.com:port", "can't be read"),
        ("https://[::1", "can't be read"),
        ("https://ghes example.com", "white space"),
        ("https://ghes.example.com/\x00", "white space"),
        ("https://ghes.example.com/api/graphql", "GraphQL"),
        ("http://github.com", "scheme http"),
        ("http://acme.ghe.com", "scheme http"),
        ("https://ghe.com", "no tenant"),
        ("https://api.ghe.com", "no tenant"),
    ],
)
def test_a_wrong_address_is_refused_by_the_part_that_is_wrong(text: str, part: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_api_url(text, "GITHUB_API_URL")
    assert part in caught.value.message
    assert caught.value.message.startswith("GITHUB_API_URL")
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_invalid_input(text: str) -> None:
    try:
        base = parse_api_url("https://" + text)
    except InvalidInput:
        return
    assert base.startswith("https://")
    assert not base.endswith("/")
    assert "//" not in base[len("https://") :]


@pytest.mark.parametrize(
    "text",
    [
        "acme/site",
        " acme/site\n",
        "Acme/Site.Web",
        "a/b",
        "octocat_acme/x",
        "acme/.github",
        "acme/-",
        "1-2/_x",
        "old-login-/site",
        "a" * 39 + "/" + "b" * 100,
        "acme/site.github.io",
    ],
)
def test_a_repository_is_kept_as_it_was_written(text: str) -> None:
    assert str(Repository.parse(text)) == text.strip()


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("https://github.com/acme/site", "acme/site."),
        ("https://github.com/acme/site/", "acme/site."),
        ("https://github.com/acme/site.git", "acme/site."),
        ("https://user:hunter2@github.com/acme/site.git", "acme/site."),
        ("ssh://git@github.com:22/acme/site.git", "acme/site."),
        ("git@github.com:acme/site.git", "acme/site."),
        ("acme/site.git", "acme/site."),
        ("acme/site/", "acme/site."),
    ],
)
def test_the_right_spelling_is_told_where_it_can_be(text: str, advice: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Repository.parse(text, "repositories[0]")
    assert caught.value.hint == f"Write it as {advice}"
    assert "hunter2" not in str(caught.value)
    assert caught.value.message.startswith("repositories[0]")


@pytest.mark.parametrize(
    "text",
    [None, 5, "", " ", "acme", "/site", "acme/", "a/b/c", "acme/..", "acme/.", "a b/c", "acme/si te", "-x/y",
     "acme/site?x", "acme/é", "acme\\site", "acme/site\n/x", ["acme/site"], "x" * 101 + "/y", "x/" + "y" * 101],
)  # fmt: skip
def test_what_is_no_repository_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput, match="repository"):
        Repository.parse(text)


@given(st.text())
def test_no_text_gets_a_foreign_character_into_a_path(text: str) -> None:
    try:
        repository = Repository.parse(text)
    except InvalidInput:
        return
    assert set(str(repository)) <= set("/-_.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    assert str(repository).count("/") == 1
    assert repository.name not in (".", "..")


def test_an_owner_is_checked_alone() -> None:
    assert check_owner(" acme ") == "acme"
    for wrong in ("", "a/b", "..", "a b"):
        with pytest.raises(InvalidInput):
            check_owner(wrong)
