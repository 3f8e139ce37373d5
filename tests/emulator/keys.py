# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RSA keys of Apps and the private certificate authority of the server."""

from __future__ import annotations

import ssl
import typing as t
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def new_private_key(size: int = 2048) -> str:
    """A fresh PEM in PKCS#1, the form in which GitHub hands out keys."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=size)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return pem.decode("ascii")


def public_key_of(pem: str) -> t.Any:
    return serialization.load_pem_private_key(pem.encode("ascii"), password=None).public_key()


class Authority:
    """A certificate authority that nobody else trusts, one server certificate of it, and one for a client."""

    def __init__(
        self, directory: Path, names: t.Sequence[str] = ("127.0.0.1", "localhost"), *, demand_client: bool = False
    ) -> None:
        self._ca = trustme.CA(organization_name="infradispatch local GitHub")
        self._certificate = self._ca.issue_cert(*names)
        self._demand_client = demand_client
        self.ca_file = directory / "ca.pem"
        self.client_cert, self.client_key = directory / "client.pem", directory / "client.key"
        self._ca.cert_pem.write_to_path(str(self.ca_file))
        if demand_client:
            client = self._ca.issue_cert("client@localhost")
            client.cert_chain_pems[0].write_to_path(str(self.client_cert))
            client.private_key_pem.write_to_path(str(self.client_key))

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(made)
        if self._demand_client:
            self._ca.configure_trust(made)
            made.verify_mode = ssl.CERT_REQUIRED
        return made
