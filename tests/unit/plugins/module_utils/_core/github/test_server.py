# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What answers say about the server."""

from __future__ import annotations

import json

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.server import (
    api_facts,
    budget_of,
    product_of,
    server_version,
)


def reply(body: object = None, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(200, named, json.dumps(body).encode("utf-8"), "")


@pytest.mark.parametrize(
    ("url", "product"),
    [
        ("https://api.github.com", "github.com"),
        ("https://api.acme.ghe.com", "ghe.com"),
        ("https://ghes.example.com/api/v3", "ghes"),
        ("https://ghe.com.example.com/api/v3", "ghes"),
        ("http://127.0.0.1:8080/api/v3", "ghes"),
    ],
)
def test_the_address_tells_the_product(url: str, product: str) -> None:
    assert product_of(url) == product


@pytest.mark.parametrize(
    ("replies", "version"),
    [
        ([reply(), reply(x_github_enterprise_version="3.19.1")], "3.19.1"),
        ([reply({"installed_version": "3.17.0"})], "3.17.0"),
        ([reply({"installed_version": 3})], None),
        ([reply([])], None),
        ([reply(x_github_enterprise_version="3" * 100)], "3" * 40),
        ([], None),
    ],
)
def test_the_version_of_a_server(replies: list[Reply], version: str | None) -> None:
    assert server_version(replies) == version


def test_all_that_is_known_of_a_server() -> None:
    told = [
        reply(x_github_api_version_selected="2022-11-28", sunset="Tue, 28 Mar 2028 00:00:00 GMT"),
        reply(x_github_api_version_selected="2026-03-10"),
    ]
    assert api_facts("https://ghes.example.com/api/v3", told, "3.21.0", 1.6) == {
        "url": "https://ghes.example.com/api/v3",
        "product": "ghes",
        "server_version": "3.21.0",
        "api_version": "2026-03-10",
        "sunset": "Tue, 28 Mar 2028 00:00:00 GMT",
        "clock_skew": 2,
    }


def test_github_has_no_version_and_an_answer_may_say_nothing() -> None:
    facts = api_facts("https://api.github.com", [], "3.21.0", None)
    assert (facts["product"], facts["server_version"], facts["clock_skew"]) == ("github.com", None, None)
    assert (facts["api_version"], facts["sunset"]) == ("2022-11-28", None)


def test_the_last_answer_that_tells_the_budget_counts() -> None:
    told = [
        reply(x_ratelimit_limit="5000", x_ratelimit_remaining="4999", x_ratelimit_used="1"),
        reply(x_ratelimit_remaining="4998", x_ratelimit_used="2", x_ratelimit_reset="1700000000"),
        reply(),
    ]
    assert budget_of(told) == {"limit": None, "remaining": 4998, "used": 2, "reset_at": "2023-11-14T22:13:20Z"}


@pytest.mark.parametrize("said", ["", "-1", "many", "1" * 16, "\u0663"])
def test_what_is_no_number_is_no_budget(said: str) -> None:
    nothing = {"limit": None, "remaining": None, "used": None, "reset_at": None}
    assert budget_of([reply(x_ratelimit_remaining=said)]) == nothing
