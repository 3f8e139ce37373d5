# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The transport of requests. Nothing else knows that library's inside, but ``trouble``, which words its exceptions."""

from __future__ import annotations

import os
import ssl
import typing as t

from ..errors import InvalidInput, MissingLibrary
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


class Http:
    """One pool of connections by one route. Nothing (``.netrc``, proxies, cookies) comes from anywhere else.

    It is the library's transport without its session: that one keeps cookies, reads the environment and the addresses
    of redirects, all of which is unwanted here, and takes as much time as the transport itself.
    """

    def __init__(self, route: Route, pool_size: int, *, tls: bool = True) -> None:
        """Open nothing yet.

        :param tls: whether there will be TLS; without it no certificates are loaded.
        :raises MissingLibrary: when requests is not installed.
        :raises InvalidInput: when a file of trusted certificates holds none.
        """
        try:
            import requests
        except ImportError:
            raise MissingLibrary("requests", "The Python library requests is not installed.") from None
        if route.verify is False:
            from urllib3 import disable_warnings

            disable_warnings()  # the face says it once, in words of its own
        self._route = route
        self._prepare = requests.Request
        self._known: tuple[str, str, requests.PreparedRequest] | None = None
        self._adapter = _adapter(route, pool_size, tls=tls)
        self._proxies = {"http": route.proxy, "https": route.proxy} if route.proxy else {}

    def send(
        self, method: str, url: str, headers: t.Mapping[str, str], body: Body | None, timeout: float
    ) -> requests.Response:
        """Send one request, follow no redirect, and return the answer with its whole content.

        :param timeout: seconds to connect, and seconds without a byte while reading.
        :raises TransportFailure: when there is no complete answer.
        """
        try:
            request = self._request(method, url)
            request.prepare_headers(headers)
            request.prepare_body(t.cast(t.Any, body), None)
            response = self._adapter.send(
                request, timeout=timeout, verify=self._route.verify, cert=self._route.client_cert, proxies=self._proxies
            )
            _whole = response.content  # reads it, and gives the connection back
        except Exception as error:
            from .trouble import failure_of

            failure = failure_of(error, url, self._route, sent=body is not None and body.started, timeout=timeout)
            if failure is None:
                raise
            raise failure from None
        if response.status_code == 407 and self._route.proxy:
            from .trouble import proxy_wants_login

            raise proxy_wants_login(url, self._route)
        return response

    def _request(self, method: str, url: str) -> requests.PreparedRequest:
        """Return a request to be filled. Loops and polling ask the same address again: it is looked at once."""
        known = self._known
        if known is None or known[:2] != (method, url):
            known = self._known = (method, url, self._prepare(method, url).prepare())
        return known[2].copy()

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()


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
