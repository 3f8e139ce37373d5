# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, Apps and installations."""

from __future__ import annotations

import typing as t

from ..clock import iso
from . import Links, node_id

if t.TYPE_CHECKING:
    from ..models import Account, App, Installation

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def account(owner: Account, links: Links) -> dict[str, t.Any]:
    """A ``simple-user``."""
    url = f"{links.api}/users/{owner.login}"
    return {
        "login": owner.login,
        "id": owner.id,
        "node_id": node_id("User", owner.id),
        "avatar_url": f"{links.web}/avatars/u/{owner.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{links.web}/{owner.login}",
        **{name: url + path for name, path in _USER_LINKS.items()},
        "type": owner.type,
        "site_admin": False,
    }


def user(owner: Account, links: Links) -> dict[str, t.Any]:
    """A ``public-user``, as ``GET /user`` answers."""
    empty = dict.fromkeys(("name", "company", "blog", "location", "email", "hireable", "bio", "twitter_username"))
    return {
        **account(owner, links),
        **empty,
        "blog": "",
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }


def organization(owner: Account, links: Links) -> dict[str, t.Any]:
    """An ``organization-full``."""
    url = f"{links.api}/orgs/{owner.login}"
    return {
        **organization_simple(owner, links),
        "name": owner.login,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{links.web}/{owner.login}",
        "url": url,
        "type": owner.type,
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "archived_at": None,
    }


def organization_simple(owner: Account, links: Links) -> dict[str, t.Any]:
    url = f"{links.api}/orgs/{owner.login}"
    return {
        "login": owner.login,
        "id": owner.id,
        "node_id": node_id("Organization", owner.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{links.web}/avatars/u/{owner.id}",
        "description": "",
    }


def app(made: App, installations: int, links: Links) -> dict[str, t.Any]:
    """An ``integration``."""
    return {
        "id": made.id,
        "slug": made.slug,
        "node_id": node_id("App", made.id),
        "client_id": made.client_id,
        "owner": account(made.owner, links),
        "name": made.slug,
        "description": None,
        "external_url": f"{links.web}/{made.owner.login}",
        "html_url": f"{links.web}/apps/{made.slug}",
        "created_at": iso(made.created_at),
        "updated_at": iso(made.created_at),
        "permissions": made.permissions,
        "events": ["repository_dispatch"],
        "installations_count": installations,
    }


def installation(made: Installation, links: Links) -> dict[str, t.Any]:
    stopped = made.suspended_at
    return {
        "id": made.id,
        "account": account(made.account, links),
        "repository_selection": "all" if made.repository_ids is None else "selected",
        "access_tokens_url": f"{links.api}/app/installations/{made.id}/access_tokens",
        "repositories_url": f"{links.api}/installation/repositories",
        "html_url": f"{links.web}/organizations/{made.account.login}/settings/installations/{made.id}",
        "app_id": made.app.id,
        "client_id": made.app.client_id,
        "app_slug": made.app.slug,
        "target_id": made.account.id,
        "target_type": made.account.type,
        "permissions": made.permissions,
        "events": ["repository_dispatch"],
        "created_at": iso(made.created_at),
        "updated_at": iso(made.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None if stopped is None else account(made.account, links),
        "suspended_at": None if stopped is None else iso(stopped),
    }
