# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Where a change was found: the checkout it comes from, and the job that found it."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

from ..event.envelope import Origin

#: Runs git with these arguments and returns what it printed; None when that failed or took too long.
Git = t.Callable[[t.Sequence[str]], t.Optional[str]]
#: Variables that hold the address of a job: of GitLab, Jenkins, Buildkite, CircleCI, Travis CI and Drone.
_LINKS = (
    "CI_JOB_URL",
    "BUILD_URL",
    "BUILDKITE_BUILD_URL",
    "CIRCLE_BUILD_URL",
    "TRAVIS_BUILD_WEB_URL",
    "DRONE_BUILD_LINK",
)
#: Addresses that are put together, when all variables are there: GitHub, Azure Pipelines, Bitbucket, AWX.
_MADE_LINKS = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{SYSTEM_TEAMFOUNDATIONCOLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    "{BITBUCKET_GIT_HTTP_ORIGIN}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    "{AWX_HOST}/#/jobs/playbook/{JOB_ID}",
)
_LONGEST = 500  # characters
_SHA = re.compile(r"[0-9a-f]{7,64}\Z")


class Checkout(t.NamedTuple):
    """The state of a clone: ``dirty`` tells whether files that git knows were edited, None when that is not known."""

    repository: str = ""
    ref: str = ""
    sha: str = ""
    dirty: bool | None = None


def read_checkout(git: Git) -> Checkout:
    """Return what git says of the folder it runs in; empty facts outside of a clone or without git."""
    named = (git(["rev-parse", "HEAD", "--symbolic-full-name", "HEAD"]) or "").split()
    if len(named) != 2 or not _SHA.match(named[0]):
        return Checkout()
    # No program of the clone's own configuration is to run: some can be set to answer in place of git.
    status = git(["-c", "core.fsmonitor=false", "status", "--porcelain", "--untracked-files=no"])
    ref = named[1] if named[1] != "HEAD" else ""
    remote = git(["config", "--get", "remote.origin.url"]) or ""
    return Checkout(repository_of(remote), ref, named[0], None if status is None else bool(status.strip()))


def repository_of(remote: str) -> str:
    """Return the path of a repository on its server (``owner/name``) of the address of a remote, else empty."""
    address = remote.strip()
    if "://" in address:
        path = _path_of(address)
    else:
        host, _colon, path = address.partition(":")  # the short form of SSH
        if "/" in host or len(host) < 2:
            return ""  # a folder
    path = re.sub(r"(?:\.git)?/*\Z", "", path).strip("/")
    return path[:_LONGEST] if "/" in path and path.isprintable() and " " not in path else ""


def _path_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.path if parts.hostname else ""


def link_of(env: t.Mapping[str, str]) -> str:
    """Return the address of the job that this runs in, by the variables of the usual systems; empty outside of one."""
    made = [pattern.format(**{name: env[name] for name in _names_in(pattern)}) for pattern in _usable(env)]
    links = [*made, *(env.get(name, "") for name in _LINKS)]
    return next(filter(None, map(_shown_link, links)), "")


def _usable(env: t.Mapping[str, str]) -> list[str]:
    """Return the patterns whose variables are all there."""
    return [pattern for pattern in _MADE_LINKS if all(env.get(name) for name in _names_in(pattern))]


def _names_in(pattern: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", pattern)


def _shown_link(link: str) -> str:
    """Return a link for people: of the web, in one piece, without the user part; else empty."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or not link.strip().isprintable() or " " in link:
        return ""
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return shown if len(shown) <= _LONGEST else ""


def find_origin(tool: str, name: str, env: t.Mapping[str, str], checkout: Checkout) -> Origin:
    """Return where an event comes from. What git does not know is taken from the variables of GitHub Actions, and the
    revision of a project from those of AWX."""
    sha = checkout.sha or env.get("GITHUB_SHA", "") or env.get("PROJECT_REVISION", "")
    at_home = not checkout.sha or checkout.sha == env.get("GITHUB_SHA")
    return Origin(
        tool=tool,
        name=name[:_LONGEST],
        repository=checkout.repository or (env.get("GITHUB_REPOSITORY", "") if at_home else ""),
        ref=checkout.ref or (env.get("GITHUB_REF", "") if at_home else ""),
        sha=sha if _SHA.match(sha) else "",
        url=link_of(env),
    )
