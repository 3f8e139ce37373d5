# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private keys as people really hand them over, right and wrong."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import textwrap
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from .world import cached_key

Encoding = serialization.Encoding
Private = serialization.PrivateFormat
PLAIN = serialization.NoEncryption()
SECRET = serialization.BestAvailableEncryption(b"correct horse")


@functools.lru_cache
def rsa_key() -> rsa.RSAPrivateKey:
    """The usual App's key."""
    return t.cast("rsa.RSAPrivateKey", serialization.load_pem_private_key(cached_key().encode("ascii"), None))


def pem(form: Private = Private.TraditionalOpenSSL, encryption: t.Any = PLAIN, key: t.Any = None) -> str:
    """A private key as PEM: PKCS#1 (as GitHub hands it out), PKCS#8, or OpenSSH."""
    return t.cast(str, (key or rsa_key()).private_bytes(Encoding.PEM, form, encryption).decode("ascii"))


PKCS1, PKCS8 = pem(), pem(Private.PKCS8)


def mixed(text: str) -> str:
    """Newlines real and written out, by turns."""
    return "".join(line + ("\n" if number % 2 else "\\n") for number, line in enumerate(text.splitlines(), start=1))


def wrapped(text: str) -> str:
    """Base64 in lines of 76, as the program base64 prints it."""
    return "\n".join(textwrap.wrap(packed(text), 76)) + "\n"


def packed(text: str) -> str:
    """Base64 on one line."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


_SHAPES: dict[str, t.Callable[[str], str]] = {
    "as-downloaded": lambda text: text,
    "no-newline-at-the-end": lambda text: text.rstrip("\n"),
    "blanks-around": lambda text: f"\n  {text}  \n",
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "P01a-backslash-n": lambda text: text.replace("\n", "\\n"),
    "P01b-two-backslashes-n": lambda text: text.replace("\n", "\\\\n"),
    "three-backslashes-n": lambda text: text.replace("\n", "\\\\\\n"),
    "P01c-mixed": mixed,
    "P01e-backslash-r-backslash-n": lambda text: text.replace("\n", "\\r\\n"),
    "newlines-became-blanks": lambda text: text.replace("\n", " "),
    "indented": lambda text: textwrap.indent(text, "    "),
    "quoted": lambda text: f'"{text}"',
    "quoted-and-written-out": lambda text: "'" + text.replace("\n", "\\n") + "'",
    "P03a-base64": packed,
    "P03b-base64-in-lines": wrapped,
    "P03c-base64-without-padding": lambda text: packed(text + "\n" * (len(text) % 3 == 2)).rstrip("="),
    "P03d-base64-of-crlf": lambda text: packed(text.replace("\n", "\r\n")),
    "base64-lines-written-out": lambda text: wrapped(text).replace("\n", "\\n"),
}
GOOD = {
    f"{form}-{shape}": change(text)
    for form, text in (("pkcs1", PKCS1), ("pkcs8", PKCS8))
    for shape, change in _SHAPES.items()
}


def _certificate() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
    builder = x509.CertificateBuilder(name, name, rsa_key().public_key(), 1)
    start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    builder = builder.not_valid_before(start).not_valid_after(start + dt.timedelta(days=30))
    return builder.sign(rsa_key(), hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")


def public_pem() -> str:
    """The public half, as SubjectPublicKeyInfo."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return rsa_key().public_key().public_bytes(Encoding.PEM, form).decode("ascii")


def _ssh_public() -> str:
    form = serialization.PublicFormat.OpenSSH
    return rsa_key().public_key().public_bytes(Encoding.OpenSSH, form).decode("ascii")


_BODY = "".join(PKCS1.splitlines()[1:-1])
HEADER = "-----BEGIN RSA PRIVATE KEY-----"
# What is wrong -> the value, and what the message has to say of it.
BAD: dict[str, tuple[str, str]] = {
    "P02a-client-secret": ("8f1d2c3b4a59687766554433221100ffeeddccbb", "client secret"),
    "P02b-fingerprint": ("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "fingerprint"),
    "P02c-openssh": (pem(Private.OpenSSH), "OpenSSH"),
    "P02d-public-key": (public_pem(), "public key"),
    "public-key-in-base64": (packed(public_pem()), "public key"),
    "ssh-public-key": (_ssh_public() + " me@example", "SSH public key"),
    "P02e-path": ("/etc/keys/app.pem", "path of a file.*private_key_path"),
    "path-at-home": ("~/keys/app.key", "path of a file"),
    "path-relative": ("keys/app.pem", "path of a file"),
    "path-windows": ("C:\\keys\\app", "path of a file"),
    "path-with-backslash-n": ("/etc/new\\new/app.pem", "path of a file"),
    "P02f-empty": ("", "empty"),
    "P02g-blanks": ("   \n \t ", "empty"),
    "quotes-only": ('""', "empty"),
    "certificate": (_certificate(), "certificate"),
    "pkcs8-with-passphrase": (pem(Private.PKCS8, SECRET), "passphrase"),
    "pkcs1-with-passphrase": (pem(encryption=SECRET), "passphrase"),
    "ec-sec1": (pem(key=ec.generate_private_key(ec.SECP256R1())), "elliptic"),
    "ec-pkcs8": (pem(Private.PKCS8, key=ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
    "ed25519": (pem(Private.PKCS8, key=ed25519.Ed25519PrivateKey.generate()), "not an RSA key"),
    "P03e-body-only": (_BODY, "BEGIN and END"),
    "body-only-in-lines": ("\n".join(textwrap.wrap(_BODY, 64)), "BEGIN and END"),
    "only-the-first-line": (HEADER, "no matching END"),
    "cut-in-the-middle": (PKCS1[: len(PKCS1) // 2], "no matching END"),
    "end-of-another-kind": (PKCS1.replace("END RSA PRIVATE", "END PRIVATE"), "no matching END"),
    "one-character-lost": (PKCS1.replace(_BODY[64:128], _BODY[64:127]), "damaged|base64"),
    "body-damaged": (PKCS1.replace(_BODY[64:96], "A" * 32), "damaged"),
    "body-empty": ("-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n", "base64|damaged"),
    "not-base64-inside": (PKCS1.replace(_BODY[64:128], "*" + _BODY[65:128]), "not base64"),
    "variable-shell": ("$GITHUB_APP_PRIVATE_KEY", "not expanded"),
    "variable-jinja": ("{{ app_key }}", "not expanded"),
    "json": ('{"private_key": "abc"}', "no private key"),
    "word": ("hunter2", "no private key"),
    "base64-of-something": (packed("just some text that is long enough " * 20), "no private key"),
    "double-base64": (packed(packed(PKCS1)), "no private key"),
}  # fmt: skip
