# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Where a change was found: the checkout it comes from, and the job that found it."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import SplitResult, urlsplit

from ..event.envelope import Origin
from ..event.evidence import SHA
from ..secret import redact

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


class Checkout(t.NamedTuple):
    """The state of a clone: ``dirty`` tells whether files that git knows were edited, None when that is not known."""

    repository: str = ""
    ref: str = ""
    sha: str = ""
    dirty: bool | None = None


def read_checkout(git: Git) -> Checkout:
    """Return what git says of the folder it runs in; empty facts outside of a clone or without git."""
    named = (git(["rev-parse", "HEAD", "--symbolic-full-name", "HEAD"]) or "").split()
    if len(named) != 2 or not SHA.match(named[0]):
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
        parts = _split(address)
        path = parts.path if parts else ""
    else:
        host, _colon, path = address.partition(":")  # the short form of SSH
        if "/" in host or len(host) < 2:
            return ""  # a folder
    path = re.sub(r"(?:\.git)?/*\Z", "", path).strip("/")
    if "/" not in path or not path.isprintable() or len(path) > _LONGEST or re.search(r"[\s@?#]", path):
        return ""
    return path if redact(path) == path else ""


def _split(address: str) -> SplitResult | None:
    """Return the parts of an address with a host; None for one whose password may be taken for something else, as in
    ``https://user:pass/word@host/``."""
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if usable and "@" not in f"{parts.path}{parts.query}{parts.fragment}" else None


def link_of(env: t.Mapping[str, str]) -> str:
    """Return the address of the job that this runs in, by the variables of the usual systems; empty outside of one."""
    made = [pattern.format(**{name: env[name] for name in _names_in(pattern)}) for pattern in _usable(env)]
    links = [*(_shown_link(link, whole=True) for link in made), *(_shown_link(env.get(name, "")) for name in _LINKS)]
    return next(filter(None, links), "")


def _usable(env: t.Mapping[str, str]) -> list[str]:
    """Return the patterns whose variables are all there."""
    return [pattern for pattern in _MADE_LINKS if all(env.get(name) for name in _names_in(pattern))]


def _names_in(pattern: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", pattern)


def _shown_link(link: str, *, whole: bool = False) -> str:
    """Return a link for people: of the web, in one piece, without the user part; else empty.

    :param whole: with its query, which no address has that a system gives by itself.
    """
    link = link.strip().replace(" ", "%20")  # names of projects in Azure Pipelines
    parts = _split(link)
    if parts is None or parts.scheme not in ("http", "https") or not link.isprintable():
        return ""
    parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    shown = (parts if whole else parts._replace(query="", fragment="")).geturl()
    return shown if len(shown) <= _LONGEST and redact(shown) == shown else ""


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
        sha=sha if SHA.match(sha) else "",
        url=link_of(env),
    )
