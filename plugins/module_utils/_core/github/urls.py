# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Where GitHub is, in every usual spelling, and what a repository is called."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import SplitResult, urlsplit

from ..errors import InvalidInput

DEFAULT_API_URL = "https://api.github.com"
_GITHUB_COM = ("github.com", "www.github.com", "api.github.com")
# GitHub's rules for names; an underscore is part of the names of enterprise-managed users, and old names may end with a
# hyphen.
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}\Z")


class Repository(t.NamedTuple):
    """``owner/name`` as the user wrote it. GitHub compares both without regard to case."""

    owner: str
    name: str

    def __str__(self) -> str:
        """Return ``owner/name``."""
        return f"{self.owner}/{self.name}"

    @classmethod
    def parse(cls, text: object, option: str = "repository") -> Repository:
        """Read ``owner/name``.

        :raises InvalidInput: with the right spelling where it can be told (a URL, a ``.git`` ending).
        """
        if not isinstance(text, str) or not text.strip():
            raise InvalidInput(f"{option} is empty.", f"Give {option} as owner/name.")
        plain = text.strip()
        owner, _slash, name = plain.partition("/")
        if _OWNER.match(owner) and _NAME.match(name) and name not in (".", "..") and not name.endswith(".git"):
            return cls(owner, name)
        guess = re.sub(r"\A(?:[a-z+]+://[^/]*/|[^/@]*@[^/:]*:)|(?:\.git)?/*\Z", "", plain)
        guessed_owner, _slash, guessed_name = guess.partition("/")
        usable = guess != plain and _OWNER.match(guessed_owner) and _NAME.match(guessed_name)
        advice = f"Write it as {guess}." if usable else "Write it as owner/name, such as acme/site."
        raise InvalidInput(f"{option} is not of the form owner/name (it has {len(plain)} characters).", advice)


def check_owner(text: str, option: str = "owner") -> str:
    """Return ``text`` without surrounding blanks when it can be the name of a user or an organisation.

    :raises InvalidInput: otherwise.
    """
    if not _OWNER.match(text.strip()):
        raise InvalidInput(f"{option} can't be the name of a user or an organisation.", "Give a name such as acme.")
    return text.strip()


def parse_api_url(text: str | None, option: str = "api_url") -> str:
    """Return the base of GitHub's REST API, without a slash at its end.

    github.com and ``*.ghe.com`` have their API on a host of its own; GitHub Enterprise Server has it below ``/api/v3``.
    Web addresses and API addresses are understood, with or without a slash.

    :raises InvalidInput: naming the part that is wrong, never showing a password.
    """
    plain = (text or "").strip()
    if not plain:
        return DEFAULT_API_URL
    parts = _split(plain, option)
    host = (parts.hostname or "").lower()
    if host in _GITHUB_COM or host == "ghe.com" or host.endswith(".ghe.com"):
        return _hosted(host, parts, option)
    netloc = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        netloc += f":{parts.port}"
    return f"{parts.scheme.lower()}://{netloc}{_server_path(parts.path, option)}"


def _split(plain: str, option: str) -> SplitResult:
    """Split the text and refuse what no GitHub address has."""
    example = "Write it as https://HOST or https://HOST/api/v3."
    if re.search(r"\s|[\x00-\x1f]", plain):
        raise InvalidInput(f"{option} has white space inside.", example)
    if "://" not in plain:
        raise InvalidInput(f"{option} has no scheme.", "Put https:// before the host name.")
    try:
        parts = urlsplit(plain)
        port_is_bad = parts.port == 0
    except ValueError:
        raise InvalidInput(f"{option} has a host or port that can't be read.", example) from None
    problems = {
        "a scheme other than https or http": parts.scheme.lower() not in ("https", "http"),
        "a user or password": "@" in parts.netloc,
        "no host (is there a third slash after the scheme?)": not parts.hostname,
        "port 0": port_is_bad,
        "a query (the part after ?)": bool(parts.query) or "?" in plain,
        "a fragment (the part after #)": bool(parts.fragment) or "#" in plain,
    }
    for problem, found in problems.items():
        if found:
            raise InvalidInput(f"{option} has {problem}.", example)
    return parts


def _hosted(host: str, parts: SplitResult, option: str) -> str:
    """Return the API base of github.com or of a data residency tenant, which exist by https only."""
    if parts.scheme.lower() != "https":
        raise InvalidInput(f"{option} has scheme http.", f"{host} answers by https only; write https://{host}.")
    if host in _GITHUB_COM:
        return DEFAULT_API_URL
    tenant = host[: -len("ghe.com")].rstrip(".")
    tenant = tenant.removeprefix("api.")
    if not tenant or tenant == "api":
        raise InvalidInput(f"{option} names no tenant of ghe.com.", "Write it as https://TENANT.ghe.com.")
    return f"https://api.{tenant}.ghe.com"


def _server_path(path: str, option: str) -> str:
    """Return the API path of a GitHub Enterprise Server for the path given: ``/api/v3`` behind any prefix."""
    segments = [segment for segment in path.split("/") if segment]
    if segments[-1:] == ["graphql"]:
        raise InvalidInput(f"{option} is the address of the GraphQL API.", "Give the REST API: https://HOST/api/v3.")
    if segments[-2:] == ["api", "v3"]:
        segments = segments[:-2]
    elif segments[-1:] == ["api"]:
        segments = segments[:-1]
    return "/" + "/".join([*segments, "api", "v3"])
