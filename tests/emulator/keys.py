# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RSA keys of Apps and the private certificate authority of the server."""

from __future__ import annotations

import typing as t
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if t.TYPE_CHECKING:
    import ssl


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
    """A certificate authority that nobody else trusts, and one server certificate of it."""

    def __init__(self, directory: Path, names: t.Sequence[str] = ("127.0.0.1", "localhost")) -> None:
        self._ca = trustme.CA(organization_name="infradispatch local GitHub")
        self._certificate = self._ca.issue_cert(*names)
        self.ca_file = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))

    def configure(self, context: ssl.SSLContext) -> None:
        self._certificate.configure_cert(context)
