# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What the exceptions of the HTTP stack mean, in words for a person and without its secrets; loaded when one came."""

from __future__ import annotations

import socket
import ssl
import typing as t
from urllib.parse import urlsplit

from ..errors import MissingLibrary
from ..secret import redact
from .route import Route
from .transport import TransportFailure


def failure_of(error: BaseException, url: str, route: Route, *, sent: bool, timeout: float) -> TransportFailure | None:
    """Say what an exception of the HTTP stack means, without repeating its text where that may hold a secret.

    :return: None for an exception that is not of its kind: a mistake in the program.
    """
    import requests
    from urllib3.exceptions import HTTPError

    if not isinstance(error, (requests.RequestException, HTTPError, OSError, ValueError)):
        return None
    chain = list(_chain(error))
    names = {type(link).__name__ for link in chain}
    if names == {"ValueError"}:  # how older versions of the library stumble over an address
        names.add("InvalidURL")
    said = redact(" ".join(str(chain[-1]).split())[:200])
    values = {
        "host": _host_of(url),
        "proxy": _host_of(route.proxy or ""),
        "said": said,
        "seconds": f"{timeout:g}",
    }
    if "InvalidSchema" in names and route.proxy and "SOCKS" in str(error):
        raise MissingLibrary(
            "PySocks", f"The proxy for {values['host']} is a SOCKS proxy, for which PySocks is missing."
        )
    for meaning in _MEANINGS:
        if names & meaning.names or any(isinstance(link, meaning.types) for link in chain):
            return TransportFailure(meaning.kind, meaning.text.format(**values), sent=sent, hint=meaning.hint)
    return TransportFailure("broken", "The connection to {host} broke: {said}".format(**values), sent=sent)


def proxy_wants_login(url: str, route: Route) -> TransportFailure:
    """Return the failure for a plain http request that the proxy answered itself: GitHub never saw it."""
    message = f"The proxy {_host_of(route.proxy or '')} does not lead to {_host_of(url)}: it wants a login (407)."
    return TransportFailure("proxy", message, sent=False, hint=_PROXY)


def _host_of(url: str) -> str:
    """Return host and port for a message: without user and password, and whatever the URL looks like."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return "(an address that can't be read)"


class _Meaning(t.NamedTuple):
    """What it means when an exception of these names or types is in the chain."""

    kind: str
    names: set[str]
    types: tuple[type[BaseException], ...]
    text: str
    hint: str = ""


_PROXY = "Check the proxy variables, add the host to no_proxy, or set use_proxy to false."
_TLS = "Check the host name; for a private authority set ca_path to its certificate."
_NETWORK = "Check api_url and the network between this machine and GitHub."
# Names, because urllib3's classes differ between its versions; the first that fits counts.
_MEANINGS = (
    _Meaning(
        "proxy",
        {"InvalidHeader", "InvalidURL", "InvalidProxyURL", "LocationParseError", "ProxySchemeUnknown"},
        (UnicodeError,),
        "The address of {host} or of its proxy can't be used.",
        _PROXY,
    ),
    _Meaning("proxy", {"ProxyError"}, (), "The proxy {proxy} does not lead to {host}: {said}", _PROXY),
    _Meaning(
        "tls",
        {"CertificateError"},
        (ssl.SSLCertVerificationError,),
        "The certificate of {host} is not trusted: {said}",
        _TLS,
    ),
    _Meaning("tls", {"SSLError"}, (ssl.SSLError,), "No TLS connection to {host}: {said}", _TLS),
    _Meaning("dns", {"NameResolutionError"}, (socket.gaierror,), "The name {host} can't be resolved.", _NETWORK),
    _Meaning(
        "connect",
        {"ConnectTimeout", "ConnectTimeoutError"},
        (),
        "No connection to {host} within {seconds} s.",
        _NETWORK,
    ),
    _Meaning(
        "timeout",
        {"ReadTimeout", "ReadTimeoutError"},
        (TimeoutError, socket.timeout),
        "No answer from {host} within {seconds} s.",
    ),
    _Meaning("connect", {"NewConnectionError"}, (ConnectionRefusedError,), "No connection to {host}: {said}", _NETWORK),
)


def _chain(error: BaseException) -> t.Iterator[BaseException]:
    """Yield the exception and everything it wraps: causes, contexts, and exceptions among its arguments."""
    seen: set[int] = set()
    links: list[BaseException] = [error]
    while links:
        link = links.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        inner = [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
        links.extend(item for item in inner if isinstance(item, BaseException))
