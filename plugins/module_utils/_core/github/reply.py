# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""An answer of GitHub as plain data: every part of it may be missing, cut off or of the wrong shape."""

from __future__ import annotations

import json
import re
import typing as t
from email.utils import parsedate_to_datetime

from ..secret import redact

_EXCERPT = 300


class Reply(t.NamedTuple):
    """Status, headers (names in lower case), body, and the URL that was finally asked."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes
    url: str
    moved_to: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str:
        """Return GitHub's id of the request, what its support asks for; empty when there is none."""
        return self.headers.get("x-github-request-id", "")[:100]

    @property
    def date(self) -> float | None:
        """Return the server's clock in seconds since the epoch, or None."""
        try:
            return parsedate_to_datetime(self.headers["date"]).timestamp()
        except (KeyError, TypeError, ValueError, IndexError, OverflowError):
            return None

    def json(self) -> t.Any:
        """Return the parsed body, or None when it is no JSON."""
        try:
            return json.loads(self.body.decode("utf-8"))
        except (ValueError, RecursionError):
            return None

    def mapping(self) -> dict[str, t.Any]:
        """Return the body when it is a JSON object, else an empty one."""
        value = self.json()
        return value if isinstance(value, dict) else {}

    def objects(self, key: str) -> list[dict[str, t.Any]] | None:
        """Return the list of objects under ``key``; None when the body is not such a list (cut off, an error page)."""
        value = self.mapping().get(key)
        if not isinstance(value, list):
            return None
        return [item for item in value if isinstance(item, dict)]

    def next_path(self, api_url: str) -> str | None:
        """Return the path of the next page by the ``Link`` header, when it is below the API's base."""
        match = re.search(r'<([^>]+)>;\s*rel="next"', self.headers.get("link", ""))
        url = match.group(1) if match else ""
        return url[len(api_url) :] if url.startswith(api_url + "/") else None

    @property
    def message(self) -> str:
        """Return what GitHub says, in one line without secrets: its message and errors, or a short excerpt."""
        value = self.mapping()
        said = value.get("message")
        if isinstance(said, str) and said.strip():
            return redact(one_line(said, 1500) + _errors_text(value.get("errors")))
        if "html" in self.headers.get("content-type", "").lower() or self.body.lstrip()[:1] == b"<":
            title = re.search(rb"<title[^>]*>(.*?)</title>", self.body[:4000], re.DOTALL | re.IGNORECASE)
            found = title.group(1).decode("utf-8", "replace") if title else ""
            return redact(f"an HTML page{': ' + one_line(found, 100) if found.strip() else ''}")
        return redact(one_line(self.body[:2000].decode("utf-8", "replace"), _EXCERPT))


def one_line(text: str, limit: int) -> str:
    """Return the text in one line of at most ``limit`` characters, without characters that a terminal would obey."""
    folded = " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in text).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def _errors_text(errors: object) -> str:
    """Word the ``errors`` of a validation answer: a text, or a list of texts or of {field, code, message}."""
    if isinstance(errors, str):
        return f" ({one_line(errors, _EXCERPT)})"
    if not isinstance(errors, list):
        return ""
    words = []
    for error in errors[:5]:
        if isinstance(error, dict):
            words.append(" ".join(str(error[name]) for name in ("field", "code", "message") if error.get(name)))
        elif isinstance(error, str):
            words.append(error)
    return f" ({one_line('; '.join(filter(None, words)), _EXCERPT)})" if any(words) else ""
