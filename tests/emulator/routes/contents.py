# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a repository."""

from __future__ import annotations

import base64
import binascii
import typing as t

from ..access import covers
from ..answers import Answer, Refusal, not_found
from ..registry import REPOSITORY, registry, repository_access
from ..render import repositories
from ..runs import commit_sha
from ..validation import Property, check
from ..workflows import FOLDER

if t.TYPE_CHECKING:
    from ..registry import Call

DOCS = "repos/contents#get-repository-content"
MAX_ENCODED = 1024 * 1024
PUT_SCHEMA = {
    "message": Property("string", required=True),
    "content": Property("string", required=True),
    "sha": Property("string"),
    "branch": Property("string"),
    "committer": Property("object"),
    "author": Property("object"),
}


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


@registry.route(
    "PUT",
    f"{REPOSITORY}/contents/{{path:path}}",
    "repos/contents#create-or-update-file-contents",
    repository_access("contents", "write"),
)
def put_contents(call: Call) -> Answer:
    """Create a file, or update the one whose blob the caller names; only the default branch exists."""
    body, path = call.json(), call.params["path"].strip("/")
    check(body, PUT_SCHEMA)
    if path.startswith(FOLDER):
        _may_write_workflows(call)
    if body.get("branch", call.repository.default_branch) != call.repository.default_branch:
        raise Refusal(404, f"Branch {body['branch']} not found")
    try:
        content = base64.b64decode(body["content"], validate=True)
    except binascii.Error:
        raise Refusal(422, "content is not valid Base64") from None
    known = call.repository.files.get(path)
    if known is not None:
        _check_blob(path, body.get("sha"), repositories.blob_sha(known))
    call.repository.files[path] = content
    commit = repositories.file_commit(call.repository, body["message"], commit_sha(call.repository), call.links)
    made = repositories.entry(call.repository, path, content, call.links)
    return Answer(201 if known is None else 200, {"content": made, "commit": commit})


def _may_write_workflows(call: Call) -> None:
    """Files of workflows need one permission more. A classic token without it: a choice here, as with no scope."""
    token = call.credential.token
    if token is not None and token.kind == "classic":
        if "workflow" not in token.scopes:
            raise not_found()
    elif token is None or not covers(token.permissions, "workflows", "write"):
        words = "integration" if token is None or token.kind == "installation" else "personal access token"
        accepted = {"x-accepted-github-permissions": "contents=write; contents=write,workflows=write"}
        raise Refusal(403, f"Resource not accessible by {words}", headers=accepted)


def _check_blob(path: str, told: str | None, known: str) -> None:
    if told is None:
        raise Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if told != known:
        raise Refusal(409, f"{path} does not match {told}")
