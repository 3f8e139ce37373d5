# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""One HTTP session to one GitHub: every request of a run goes through here, by the same route.

It knows nothing of where credentials come from, of retries or of events. It answers with a :class:`Reply` whatever the
status, or raises :class:`TransportFailure`, which tells whether the body had begun to leave: the fact that decides
about sending again.
"""

from __future__ import annotations

import typing as t
from urllib.parse import SplitResult, urljoin, urlsplit

from ..errors import Rejected
from ..secret import MASK, Secret, redact
from ..version import USER_AGENT
from .reply import Reply
from .route import Route
from .transport import Body, Http, TransportFailure

# Works on github.com and on every supported GitHub Enterprise Server; nothing we use differs in later versions.
API_VERSION = "2022-11-28"
_REDIRECTS = {301, 302, 303, 307, 308}
_METHOD_KEPT = {307, 308}
_MAX_REDIRECTS = 5
_ENCODINGS = "gzip, deflate"
_LEAST_SECRET = 8  # characters; a shorter text is part of many words and of no real token
_AIM = "Set api_url to the address that GitHub's API really has."
_LOOP = "The addresses point at each other in a circle; check api_url and the name of the repository."


class RedirectedAway(Rejected):
    """A redirect to another host. Its ``target`` may be signed, so it is a secret; ``Connection.fetch`` follows it."""

    def __init__(self, target: str, message: str, hint: str, **facts: t.Any) -> None:
        """Take the whole address, beside what may be shown."""
        super().__init__(message, hint, **facts)
        self.target = Secret(target)


class Connection:
    """A session to the API at ``api_url``."""

    def __init__(self, api_url: str, route: Route, timeout: float = 30.0, pool_size: int = 10) -> None:
        """Open nothing yet; the first request connects.

        :param timeout: seconds to connect, and seconds without a byte while reading.
        :raises MissingLibrary: when requests is not installed.
        """
        self.api_url = api_url
        self.route = route
        self.timeout = timeout
        self._http = Http(route, pool_size, tls=api_url.startswith("https:"))

    def close(self) -> None:
        """Close all sockets."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        authorization: Secret | None = None,
        body: bytes | None = None,
        headers: t.Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Reply:
        """Send one request and follow redirects that stay at the same scheme, host and port.

        :param path: below the API's base (``/repos/…``).
        :param timeout: seconds, when less than the connection's own.
        :raises TransportFailure: when there is no complete answer.
        :raises Rejected: on a redirect that may not be followed.
        """
        url = first = self.api_url + path
        sending = _headers(authorization, body, headers)
        limit = self.timeout if timeout is None else max(0.05, min(self.timeout, timeout))
        for _step in range(_MAX_REDIRECTS + 1):
            reply = _without(authorization, self._once(method, url, body, sending, limit))
            if reply.status not in _REDIRECTS or not reply.headers.get("location"):
                return reply if url == first else reply._replace(moved_to=url)
            url = _redirected(method, reply)
        raise Rejected(f"{method} {path} was redirected more than {_MAX_REDIRECTS} times.", _LOOP, status=reply.status)

    def fetch(self, target: Secret, timeout: float) -> Reply:
        """Return what is at an address that GitHub redirected to: a GET without any credential.

        :raises TransportFailure: when there is no complete answer, or the address is less safe than the API's.
        """
        url = target.reveal()
        if urlsplit(url).scheme != "https" and self.api_url.startswith("https:"):
            raise TransportFailure("tls", "GitHub redirects from https to a plain address.", sent=False)
        limit = max(0.05, min(self.timeout, timeout))
        elsewhere = Connection(self.api_url, self.route._replace(client_cert=None), self.timeout, 1)
        try:
            return elsewhere._once("GET", url, None, {"Accept-Encoding": _ENCODINGS, "User-Agent": USER_AGENT}, limit)
        finally:
            elsewhere.close()

    def _once(self, method: str, url: str, body: bytes | None, headers: dict[str, str], limit: float) -> Reply:
        """Send one request to one URL."""
        outgoing = Body(body) if body is not None else None
        response = self._http.send(method, url, headers, outgoing, limit)
        named = {name.lower(): value for name, value in response.headers.items()}
        if _cut_off(method, response.status_code, named, len(response.content)):
            host = urlsplit(url).netloc
            raise TransportFailure("broken", f"The answer of {host} was cut off.", sent=body is not None)
        return Reply(response.status_code, named, response.content, url)


def _without(authorization: Secret | None, reply: Reply) -> Reply:
    """Return a refusal without the credential that was sent, should the server (or what is in between) repeat it."""
    said = authorization.reveal().encode("ascii", "replace") if authorization is not None else b""
    if reply.ok or len(said) < _LEAST_SECRET or said not in reply.body:
        return reply
    return reply._replace(body=reply.body.replace(said, MASK.encode("ascii")))


def _cut_off(method: str, status: int, headers: t.Mapping[str, str], received: int) -> bool:
    """Tell whether fewer bytes came than were announced; urllib3 before version 2 does not look."""
    announced = headers.get("content-length", "")
    bare = method == "HEAD" or status in (204, 304) or "content-encoding" in headers
    return not bare and announced.isdigit() and received < int(announced)


def _redirected(method: str, reply: Reply) -> str:
    """Return the URL to go on with, or refuse to."""
    here = urlsplit(reply.url)
    facts = {"status": reply.status, "request_id": reply.request_id}
    try:
        target = urljoin(reply.url, reply.headers["location"])
        there = urlsplit(target)
        stays = _origin(here) == _origin(there)
    except ValueError:
        raise Rejected(f"{here.netloc} redirects to an address that can't be read.", _AIM, **facts) from None
    if not stays:
        shown = redact(f"{there.scheme}://{there.netloc.rpartition('@')[2]}")
        raise RedirectedAway(
            target, f"{here.netloc} redirects to another host, {shown}; this is not followed.", _AIM, **facts
        )
    if method not in ("GET", "HEAD") and reply.status not in _METHOD_KEPT:
        raise Rejected(
            f"{here.netloc} answers {method} with redirect {reply.status}, which would turn it into a GET.",
            "Check api_url; a login page or a plain http address often answers like this.",
            **facts,
        )
    return target


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    """Return scheme, host and port."""
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def _headers(authorization: Secret | None, body: bytes | None, extra: t.Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers of a request."""
    headers = {
        "Accept": "application/vnd.github+json",
        "Accept-Encoding": _ENCODINGS,
        "User-Agent": USER_AGENT,
        "X-GitHub-Api-Version": API_VERSION,
    }
    if body is not None:
        headers["Content-Type"] = "application/json; charset=utf-8"
    if authorization is not None:
        headers["Authorization"] = "Bearer " + authorization.reveal()
    headers.update(extra or {})
    return headers
