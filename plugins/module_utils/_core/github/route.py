# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Which way requests go: proxies and certificates, settled once so that every request of a run takes the same route."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import typing as t
from urllib.parse import urlsplit

from ..errors import InvalidInput
from ..secret import shown_path

# In this order, as users of requests expect it; the last two are OpenSSL's own.
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Route(t.NamedTuple):
    """Proxy URL (or None), trust (``verify`` of requests, plus an additional CA file), and client certificate."""

    proxy: str | None
    verify: bool | str
    extra_ca: str | None
    client_cert: tuple[str, str] | str | None


def find_route(api_url: str, options: t.Mapping[str, t.Any], env: t.Mapping[str, str]) -> Route:
    """Settle the route from the connection options and the environment.

    :raises InvalidInput: when a file that is named does not exist; before any request.
    """
    verify, extra_ca = _trust(options, env)
    proxy = None if options.get("use_proxy") is False else proxy_for(api_url, env)
    return Route(proxy, verify, extra_ca, _client_cert(options))


def proxy_for(url: str, env: t.Mapping[str, str]) -> str | None:
    """Return the proxy for ``url`` by ``https_proxy`` (``http_proxy``), ``all_proxy`` and ``no_proxy``."""
    parts = urlsplit(url)
    for name in (f"{parts.scheme}_proxy", f"{parts.scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"):
        if name == "HTTP_PROXY" and "REQUEST_METHOD" in env:
            continue  # below CGI this variable is a header of the visitor (CVE-2016-5385)
        proxy = env.get(name, "").strip()
        if proxy:
            if bypasses_proxy(url, env.get("no_proxy") or env.get("NO_PROXY") or ""):
                return None
            return proxy if "://" in proxy else f"http://{proxy}"
    return None


def bypasses_proxy(url: str, no_proxy: str) -> bool:
    """Tell whether ``no_proxy`` covers ``url``.

    Entries (comma or blank between them, any letter case): ``*``; ``example.com``, ``.example.com`` and
    ``*.example.com`` (the host and everything below it); ``host:port``; an address; a network such as ``10.0.0.0/8``.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return any(_covers(entry, host, port) for entry in re.split(r"[,\s]+", no_proxy.lower()) if entry)


def _covers(entry: str, host: str, port: int) -> bool:
    """Tell whether one entry of ``no_proxy`` covers the host."""
    if entry == "*":
        return True
    network = _network(entry)
    if network is not None:
        address = _network(host)
        return address is not None and address.version == network.version and address.network_address in network
    name, colon, wanted_port = entry.rpartition(":")
    if colon and wanted_port.isdigit():
        if int(wanted_port) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    if _network(entry) is not None:
        return entry == host
    entry = entry[2:] if entry.startswith("*.") else entry.lstrip(".")
    return bool(entry) and (host == entry or host.endswith("." + entry))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Read an address or a network; None when the text is a name."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _trust(options: t.Mapping[str, t.Any], env: t.Mapping[str, str]) -> tuple[bool | str, str | None]:
    """Return requests' ``verify`` and the CA file to trust beside it. An own CA adds to the platform's store."""
    ca_path = options.get("ca_path")
    if ca_path and not os.path.exists(ca_path):
        raise InvalidInput(
            f"ca_path names {shown_path(ca_path)}, which does not exist.", "Give a PEM file or a folder of them."
        )
    if options.get("validate_certs", True) is False:
        return False, None
    for name in _CA_VARIABLES:
        path = env.get(name)
        if not path:
            continue
        if os.path.exists(path):
            return path, ca_path
        if not ca_path and name in _CA_VARIABLES[:3]:
            raise InvalidInput(
                f"{name} names {shown_path(path)}, which does not exist.", f"Mend or unset {name}, or set ca_path."
            )
    return _platform_store() or True, ca_path


def _platform_store() -> str | None:
    """Return OpenSSL's own store: the hashed folder (read on demand, a hundred times quicker) or else the bundle."""
    paths = ssl.get_default_verify_paths()
    if paths.capath and any(re.match(r"[0-9a-f]{8}\.\d", name) for name in _list(paths.capath)):
        return paths.capath
    return paths.cafile


def _list(folder: str) -> list[str]:
    """Return the names in a folder; none when it can't be read."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _client_cert(options: t.Mapping[str, t.Any]) -> tuple[str, str] | str | None:
    """Return the client certificate for requests; both files are looked at before any request."""
    cert, key = options.get("client_cert"), options.get("client_key")
    if key and not cert:
        raise InvalidInput("client_key is given without client_cert.", "Give both, or a client_cert that holds both.")
    for name, path in (("client_cert", cert), ("client_key", key)):
        if path and not os.path.isfile(path):
            raise InvalidInput(f"{name} names {shown_path(path)}, which is not a file.", "Give the path of a PEM file.")
    return (cert, key) if cert and key else cert or None
