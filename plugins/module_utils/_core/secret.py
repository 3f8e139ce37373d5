# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Secrets: one type that never shows what it holds, and one function that takes secrets out of text."""

from __future__ import annotations

import re
import typing as t

MASK = "********"

# Prefixes: GitHub's "about authentication to GitHub". Installation tokens may hold a JWT and have no fixed length.
_TOKEN_SHAPES = re.compile(
    r"gh[pousr]_[A-Za-z0-9._-]{8,}"
    r"|github_pat_[A-Za-z0-9_]{8,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
    r"|-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_URL_PASSWORD = re.compile(r"(?<=://)[^/\s]+@")
# A header as it is, in JSON, and in JSON inside of JSON; and its value alone, when it looks like one.
_AUTHORIZATION = re.compile(
    r"(?i)(authorization[\\'\"]*\s*[:=]\s*[\\'\"]*(?:(?:bearer|token|basic)\s+)?)[^\s\\'\",}]+"
    r"|(\bbearer\s+)(?=\S*\d)[A-Za-z0-9._~+/=-]{16,}"
)


class Secret:
    """A text that is shown only on purpose, by :meth:`reveal`. It can't be pickled, formatted or dumped by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hold ``text``."""
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; the one way to it."""
        return self._text

    def __repr__(self) -> str:
        """Return a mask."""
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        """Return a mask."""
        return MASK

    def __bool__(self) -> bool:
        """Tell whether there is any text."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        """Compare with another secret only: a plain text is never equal to a secret."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Hash as the text does, so that secrets can be part of a key."""
        return hash(self._text)

    def __reduce__(self) -> t.NoReturn:
        """Refuse to be pickled or copied out of the process."""
        raise TypeError("a Secret can't be pickled")


def redact(text: str, secrets: t.Iterable[Secret] = ()) -> str:
    """Return ``text`` without the given secrets, without anything of a token's, JWT's or private key's shape, and
    without the user part of URLs. For every text that comes from outside (replies, exceptions of libraries)."""
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), MASK)
    text = _TOKEN_SHAPES.sub(MASK, text)
    text = _AUTHORIZATION.sub(r"\1\2" + MASK, text)
    return _URL_PASSWORD.sub(MASK + "@", text)


def shown_path(path: str) -> str:
    """Return the path for messages, unless it may be a secret that was put into the wrong option."""
    looks_secret = any(map(_is_mixed, re.findall(r"[A-Za-z0-9+/=]{40,}", path))) or re.search(
        r"[A-Za-z0-9+=_]{36,}", path
    )
    if len(path) > 250 or looks_secret or redact(path) != path:
        return f"a path of {len(path)} characters"
    return path


def _is_mixed(text: str) -> bool:
    """Tell whether capitals, small letters and digits are mixed as in base64, and hardly ever in a path."""
    return all(len(re.findall(kind, text)) >= least for kind, least in (("[A-Z]", 6), ("[a-z]", 6), ("[0-9]", 2)))
