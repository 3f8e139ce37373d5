# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API tells about itself."""

from __future__ import annotations

import typing as t

from ..answers import Answer
from ..registry import ANYONE, registry

if t.TYPE_CHECKING:
    from ..registry import Call

_ROOT = {
    "current_user_url": "/user",
    "current_user_authorizations_html_url": "/settings/connections/applications{/client_id}",
    "authorizations_url": "/authorizations",
    "code_search_url": "/search/code?q={query}{&page,per_page,sort,order}",
    "commit_search_url": "/search/commits?q={query}{&page,per_page,sort,order}",
    "emails_url": "/user/emails",
    "emojis_url": "/emojis",
    "events_url": "/events",
    "feeds_url": "/feeds",
    "followers_url": "/user/followers",
    "following_url": "/user/following{/target}",
    "gists_url": "/gists{/gist_id}",
    "hub_url": "/hub",
    "issue_search_url": "/search/issues?q={query}{&page,per_page,sort,order}",
    "issues_url": "/issues",
    "keys_url": "/user/keys",
    "label_search_url": "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    "notifications_url": "/notifications",
    "organization_url": "/orgs/{org}",
    "organization_repositories_url": "/orgs/{org}/repos{?type,page,per_page,sort}",
    "organization_teams_url": "/orgs/{org}/teams",
    "public_gists_url": "/gists/public",
    "rate_limit_url": "/rate_limit",
    "repository_url": "/repos/{owner}/{repo}",
    "repository_search_url": "/search/repositories?q={query}{&page,per_page,sort,order}",
    "current_user_repositories_url": "/user/repos{?type,page,per_page,sort}",
    "starred_url": "/user/starred{/owner}{/repo}",
    "starred_gists_url": "/gists/starred",
    "user_url": "/users/{user}",
    "user_organizations_url": "/user/orgs",
    "user_repositories_url": "/users/{user}/repos{?type,page,per_page,sort}",
    "user_search_url": "/search/users?q={query}{&page,per_page,sort,order}",
}
_RESOURCES = (
    "search",
    "graphql",
    "integration_manifest",
    "source_import",
    "code_scanning_upload",
    "actions_runner_registration",
)


@registry.route("GET", "/", "meta/meta#github-api-root", ANYONE)
def get_root(call: Call) -> Answer:
    return Answer(200, {name: call.links.api + path for name, path in _ROOT.items()})


@registry.route("GET", "/versions", "meta/meta#get-all-api-versions", ANYONE)
def get_versions(call: Call) -> Answer:
    return Answer(200, list(call.service.settings.versions))


@registry.route("GET", "/meta", "meta/meta#get-apiname-meta-information", ANYONE)
def get_meta(call: Call) -> Answer:
    body: dict[str, t.Any] = {"verifiable_password_authentication": False}
    if call.service.settings.ghes_version is not None:
        body["installed_version"] = call.service.settings.ghes_version
    else:
        body |= {"hooks": ["127.0.0.0/8"], "web": ["127.0.0.0/8"], "api": ["127.0.0.0/8"], "actions": ["127.0.0.0/8"]}
    return Answer(200, body)


@registry.route("GET", "/rate_limit", "rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user", ANYONE)
def get_rate_limit(call: Call) -> Answer:
    limits = call.service.limits
    if not limits.enabled:
        return Answer(404, call.service.documentation.error(404, "Rate limiting is not enabled.", None, {}))
    core = limits.state(call.credential)
    resources = {name: {"limit": 30, "remaining": 30, "reset": core["reset"], "used": 0} for name in _RESOURCES}
    body: dict[str, t.Any] = {"resources": {"core": core, **resources}}
    if call.api_version < "2026-03-10":
        body["rate"] = core
    return Answer(200, body)
