# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The session of requests, and what its exceptions mean. Nothing else knows that library's inside."""

from __future__ import annotations

import os
import socket
import ssl
import typing as t
from urllib.parse import urlsplit

from ..errors import InvalidInput, MissingLibrary
from ..secret import redact
from .route import Route

if t.TYPE_CHECKING:  # pragma: no cover
    import requests


class TransportFailure(Exception):
    """No complete answer. ``sent`` tells whether any byte of the body left, ``kind`` names the trouble."""

    def __init__(self, kind: str, message: str, *, sent: bool, hint: str = "") -> None:
        """Take kind (``tls``, ``proxy``, ``dns``, ``connect``, ``timeout``, ``broken``) and a sentence."""
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.sent = sent

    @property
    def lasting(self) -> bool:
        """Tell whether another try can't help: certificates and proxies don't mend themselves in seconds."""
        return self.kind in ("tls", "proxy")


class Body:
    """A request body that remembers whether any of it was taken away to be sent.

    requests sends a body from a file-like object after the connection, the TLS handshake and the headers: when not one
    byte was read from here, no server can have acted on the request.
    """

    def __init__(self, data: bytes) -> None:
        """Hold the bytes."""
        self._data = data
        self._position = 0

    def __len__(self) -> int:
        """Return the length, which becomes ``Content-Length``."""
        return len(self._data)

    def read(self, size: int = -1) -> bytes:
        """Hand out the next bytes."""
        start = self._position
        self._position = len(self._data) if size < 0 else min(len(self._data), start + size)
        return self._data[start : self._position]

    @property
    def started(self) -> bool:
        """Tell whether a byte has left."""
        return self._position > 0


def open_session(route: Route, pool_size: int, *, tls: bool = True) -> requests.Session:
    """Return a session that takes the route, and nothing (``.netrc``, proxies, certificates) from anywhere else.

    :param tls: whether there will be TLS; without it no certificates are loaded.
    :raises MissingLibrary: when requests is not installed.
    :raises InvalidInput: when a file of trusted certificates holds none.
    """
    try:
        import requests
    except ImportError:
        raise MissingLibrary("requests", "The Python library requests is not installed.") from None

    class OwnRedirects(requests.Session):
        """Leaves redirects to us: the library would read their addresses unasked, and trip over some."""

        def get_redirect_target(self, resp: requests.Response) -> None:
            return None

    session = OwnRedirects()
    session.trust_env = False
    session.cert = route.client_cert
    session.proxies = {"http": route.proxy, "https": route.proxy} if route.proxy else {}
    if route.verify is False:
        from urllib3 import disable_warnings

        disable_warnings()  # the face says it once, in words of its own
    adapter = _adapter(route, pool_size, tls=tls)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _adapter(route: Route, pool_size: int, *, tls: bool) -> requests.adapters.HTTPAdapter:
    """Return an adapter that never tries twice by itself, and loads what it trusts once for all its connections.

    The library would load it for each connection, and has no way to trust ``extra_ca`` beside another store.
    """
    from requests.adapters import HTTPAdapter

    # A client certificate is the library's to load, for each connection: no context is shared then without need.
    if not route.extra_ca and not (tls and isinstance(route.verify, str) and not route.client_cert):
        return HTTPAdapter(pool_connections=2, pool_maxsize=pool_size, max_retries=0)
    context = _context(route)

    class SharedTrust(HTTPAdapter):
        """Hands the context to direct connections and to those to and through a proxy."""

        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, ssl_context=context, **kwargs)

        def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
            if proxy.lower().startswith("https:"):
                kwargs["proxy_ssl_context"] = context
            return super().proxy_manager_for(proxy, ssl_context=context, **kwargs)

        def cert_verify(self, conn: t.Any, url: str, verify: t.Any, cert: t.Any) -> None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
            if isinstance(verify, str):
                conn.ca_certs = conn.ca_cert_dir = None  # the context has them

    return SharedTrust(pool_connections=2, pool_maxsize=pool_size, max_retries=0)


def _context(route: Route) -> ssl.SSLContext:
    """Return a context that trusts what the route says.

    :raises InvalidInput: naming the file in which there is no certificate.
    """
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    stores = [
        (route.verify, f"The store of trusted certificates, {route.verify},", f"{_AS_PEM} Or unset {_VARIABLES}."),
        (route.extra_ca, f"ca_path names {route.extra_ca}, which", _AS_PEM),
    ]
    for path, subject, hint in stores:
        if not isinstance(path, str):
            continue
        is_folder = os.path.isdir(path)
        try:
            context.load_verify_locations(cafile=None if is_folder else path, capath=path if is_folder else None)
        except (ssl.SSLError, OSError):
            raise InvalidInput(f"{subject} holds no certificate that can be read.", hint) from None
    return context


_AS_PEM = "Give a file in PEM format."
_VARIABLES = "REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE, whichever names it"


def failure_of(error: BaseException, url: str, route: Route, *, sent: bool, timeout: float) -> TransportFailure:
    """Say what an exception of the HTTP stack means, without repeating its text where that may hold a secret."""
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
