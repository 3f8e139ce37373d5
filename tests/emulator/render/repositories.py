# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories, their files and commit statuses."""

from __future__ import annotations

import base64
import hashlib
import typing as t
from urllib.parse import quote

from ..clock import iso
from . import Links, node_id
from .owners import account, organization_simple

if t.TYPE_CHECKING:
    from ..models import Repository

_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = ("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers")


def minimal(repository: Repository, links: Links) -> dict[str, t.Any]:
    """A ``minimal-repository``, as it appears in other objects."""
    url = f"{links.api}/repos/{repository.full_name}"
    return {
        "id": repository.id,
        "node_id": node_id("Repository", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": account(repository.owner, links),
        "html_url": f"{links.web}/{repository.full_name}",
        "description": None,
        "fork": False,
        "url": url,
        **{name: url + path for name, path in _LINKS.items()},
    }


def listed(repository: Repository, permissions: dict[str, bool] | None, links: Links) -> dict[str, t.Any]:
    """A ``repository``, as in lists and in the answer to a token request."""
    web = f"{links.web}/{repository.full_name}"
    host = links.web.partition("://")[2]
    return {
        **minimal(repository, links),
        "clone_url": f"{web}.git",
        "git_url": f"git://{host}/{repository.full_name}.git",
        "ssh_url": f"ssh://git@{host}/{repository.full_name}.git",
        "svn_url": web,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "default_branch": repository.default_branch,
        "archived": repository.archived,
        "disabled": False,
        "visibility": "private" if repository.private else "public",
        "is_template": False,
        "topics": [],
        "has_issues": True,
        "has_projects": True,
        "has_wiki": True,
        "has_pages": False,
        "has_downloads": True,
        "has_discussions": False,
        **dict.fromkeys(_COUNTS, 0),
        "watchers_count": 0,
        "pushed_at": iso(repository.created_at),
        "created_at": iso(repository.created_at),
        "updated_at": iso(repository.created_at),
        **({} if permissions is None else {"permissions": permissions}),
    }


def full(repository: Repository, permissions: dict[str, bool] | None, links: Links) -> dict[str, t.Any]:
    """A ``full-repository``."""
    organization = repository.owner.type == "Organization"
    return {
        **listed(repository, permissions, links),
        **({"organization": account(repository.owner, links)} if organization else {}),
        "network_count": 0,
        "subscribers_count": 0,
    }


def webhook(repository: Repository, links: Links) -> dict[str, t.Any]:
    """The parts of a webhook payload that tell of the repository."""
    owner = repository.owner
    return {
        "repository": full(repository, None, links),
        **({"organization": organization_simple(owner, links)} if owner.type == "Organization" else {}),
    }


def blob_sha(content: bytes) -> str:
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def entry(repository: Repository, path: str, content: bytes | None, links: Links) -> dict[str, t.Any]:
    """One entry of a directory listing; ``content`` None is a directory."""
    kind, word = ("dir", "tree") if content is None else ("file", "blob")
    sha = blob_sha(path.encode("utf-8") if content is None else content)
    branch, quoted = repository.default_branch, quote(path)
    url = f"{links.api}/repos/{repository.full_name}/contents/{quoted}?ref={branch}"
    git = f"{links.api}/repos/{repository.full_name}/git/{'trees' if content is None else 'blobs'}/{sha}"
    html = f"{links.web}/{repository.full_name}/{word}/{branch}/{quoted}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "size": 0 if content is None else len(content),
        "url": url,
        "html_url": html,
        "git_url": git,
        "download_url": None if content is None else f"{links.web}/{repository.full_name}/raw/{branch}/{quoted}",
        "type": kind,
        "_links": {"self": url, "git": git, "html": html},
    }


def file(repository: Repository, path: str, content: bytes, links: Links) -> dict[str, t.Any]:
    """A ``content-file``: base64 with line breaks, as GitHub sends it."""
    text = base64.encodebytes(content).decode("ascii")
    return {**entry(repository, path, content, links), "content": text, "encoding": "base64"}


def file_commit(repository: Repository, message: str, sha: str, links: Links) -> dict[str, t.Any]:
    """The commit in the answer to a written file."""
    base = f"{links.api}/repos/{repository.full_name}/git"
    person = {"name": "GitHub", "email": "noreply@localhost", "date": iso(links.clock.now())}
    return {
        "sha": sha,
        "node_id": node_id("Commit", repository.id),
        "url": f"{base}/commits/{sha}",
        "html_url": f"{links.web}/{repository.full_name}/commit/{sha}",
        "author": person,
        "committer": person,
        "message": message,
        "tree": {"sha": sha, "url": f"{base}/trees/{sha}"},
        "parents": [],
        "verification": {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        },
    }
