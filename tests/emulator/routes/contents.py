# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a repository."""

from __future__ import annotations

import typing as t

from ..answers import Answer, Refusal, not_found
from ..registry import REPOSITORY, registry, repository_access
from ..render import repositories
from ..runs import commit_sha

if t.TYPE_CHECKING:
    from ..registry import Call

DOCS = "repos/contents#get-repository-content"
MAX_ENCODED = 1024 * 1024


@registry.route("GET", f"{REPOSITORY}/contents", DOCS, repository_access("contents"))
def get_root(call: Call) -> Answer:
    return _directory(call, "")


@registry.route("GET", f"{REPOSITORY}/contents/{{path:path}}", DOCS, repository_access("contents"))
def get_contents(call: Call) -> Answer:
    path = call.params["path"].strip("/")
    _check_ref(call)
    content = call.repository.files.get(path)
    if content is None:
        return _directory(call, path)
    accept = call.headers.get("accept", "")
    if "raw" in accept:
        return Answer(200, content, {"content-type": f"{accept.split(',')[0].strip()}; charset=utf-8"})
    body = repositories.file(call.repository, path, content, call.links)
    if len(content) > MAX_ENCODED:
        body |= {"content": "", "encoding": "none"}
    return Answer(200, body)


def _check_ref(call: Call) -> None:
    """Only the default branch exists, by its name, its full name or its commit."""
    branch = call.repository.default_branch
    ref = call.query.get("ref", branch)
    if ref not in (branch, f"refs/heads/{branch}", "HEAD", commit_sha(call.repository)):
        raise Refusal(404, f"No commit found for the ref {ref}")


def _directory(call: Call, path: str) -> Answer:
    start = f"{path}/" if path else ""
    entries: dict[str, bytes | None] = {}
    for name, content in sorted(call.repository.files.items()):
        if name.startswith(start):
            first, _separator, deeper = name[len(start) :].partition("/")
            entries[start + first] = None if deeper else content
    if not entries and path:
        raise not_found()
    shown = [repositories.entry(call.repository, name, content, call.links) for name, content in entries.items()]
    return Answer(200, shown)
