# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Signed statements of an App about itself (JWT), by its private key or by an external signer."""

from __future__ import annotations

import base64
import binascii
import json
import re
import typing as t

from ..errors import BadKey, InvalidInput, MissingLibrary
from ..secret import Secret, redact

# GitHub: iat 60 s in the past, exp at most 10 minutes in the future, both by its own clock.
BACKDATED = 60
LIFETIME = 540
_SIGNATURE_SIZES = (256, 384, 512)  # bytes, of RSA keys with 2048, 3072 and 4096 bits

#: Runs a command (list of words) with bytes on its stdin; returns exit status, stdout, stderr.
RunCommand = t.Callable[[t.Sequence[str], bytes], "tuple[int, bytes, bytes]"]


class Signer(t.Protocol):
    """Makes the signature of an App."""

    def sign(self, claims: t.Mapping[str, t.Any]) -> Secret:
        """Return a JWT with these claims."""


def claims_for(app_id: str, now: float, *, numeric: bool = False) -> dict[str, t.Any]:
    """Return the claims of a JWT made at ``now`` (GitHub's clock, seconds since the epoch).

    :param numeric: give the issuer as a number, which some servers insist on.
    """
    moment = int(now)
    issuer: str | int = int(app_id) if numeric else app_id
    return {"iat": moment - BACKDATED, "exp": moment + LIFETIME, "iss": issuer}


class KeySigner:
    """Signs with a private key, which is checked and loaded once: that costs a hundred signatures' time."""

    def __init__(self, key: Secret, option: str = "private_key") -> None:
        """Hold the PEM text; it is loaded at the first signature."""
        self._pem = key
        self._option = option
        self._loaded: t.Any = None

    def sign(self, claims: t.Mapping[str, t.Any]) -> Secret:
        """Return a JWT with these claims.

        :raises BadKey: when the key is not a usable RSA private key.
        :raises MissingLibrary: when PyJWT or cryptography is not installed.
        """
        jws = _jws()
        if self._loaded is None:
            self._loaded = self._load()
        return Secret(jws.encode(_compact(claims), self._loaded, algorithm="RS256"))

    def _load(self) -> t.Any:
        """Load the key, validated."""
        try:
            from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
            from cryptography.hazmat.primitives.serialization import load_pem_private_key
        except ImportError:
            raise MissingLibrary("cryptography", "The Python library cryptography is not installed.") from None
        try:
            key = load_pem_private_key(self._pem.reveal().encode("ascii"), password=None)
        except Exception:  # noqa: BLE001 - the library raises many kinds, and some of their texts quote the key
            raise BadKey(
                f"{self._option} has the form of a private key but can't be loaded; a part of it is damaged.",
                "Download a new private key from the settings page of the App.",
            ) from None
        if not isinstance(key, RSAPrivateKey):
            raise BadKey(f"{self._option} is not an RSA key.", "GitHub Apps sign with RSA keys only.")
        return key


class CommandSigner:
    """Signs by a command of the user (KMS, HSM, Vault transit): signing input on stdin, signature on stdout."""

    def __init__(self, command: t.Sequence[str], run: RunCommand) -> None:
        """Take the command as a list of words, and what runs it."""
        self._command = list(command)
        self._run = run

    def sign(self, claims: t.Mapping[str, t.Any]) -> Secret:
        """Return a JWT with these claims.

        :raises BadKey: when the command fails or gives no RSA signature.
        """
        signing_input = b".".join(_base64url(_compact(part)) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        try:
            status, output, errors = self._run(self._command, signing_input)
        except OSError as error:
            raise BadKey(f"signer_command {self._command[0]} can't be started ({error.strerror}).", _SIGNER) from None
        if status != 0:
            said = redact(" ".join(errors.decode("utf-8", "replace").split())[:200])
            raise BadKey(f"signer_command {self._command[0]} ended with status {status}: {said}", _SIGNER)
        return Secret((signing_input + b"." + _base64url(_signature(output))).decode("ascii"))


_SIGNER = "It gets the signing input on stdin and prints the RS256 signature: raw, base64, or in Vault transit's form."


def parse_signer_command(value: object) -> list[str]:
    """Return the words of a signer command: a list, or one text that is split as a shell would.

    :raises InvalidInput: when there is no word.
    """
    if isinstance(value, str):
        import shlex

        try:
            value = shlex.split(value)
        except ValueError:
            raise InvalidInput("signer_command has an unbalanced quote.", "Give a list of words.") from None
    if not isinstance(value, (list, tuple)) or not any(value[:1]) or not all(isinstance(word, str) for word in value):
        raise InvalidInput("signer_command is not a list of words.", "Give the program and each argument as an item.")
    return [str(word) for word in value]


def _jws() -> t.Any:
    """Return PyJWT's signing layer. The layer above it refuses issuers that are numbers, which some servers want."""
    try:
        import jwt

        return jwt.PyJWS(algorithms=["RS256"])
    except (ImportError, AttributeError):
        raise MissingLibrary("PyJWT", "The Python library PyJWT is not installed, or another one hides it.") from None
    except (KeyError, NotImplementedError, TypeError):  # what PyJWT says without cryptography differs by version
        raise MissingLibrary("cryptography", "The Python library cryptography is not installed.") from None


def _compact(value: t.Mapping[str, t.Any]) -> bytes:
    """Return compact JSON."""
    return json.dumps(dict(value), separators=(",", ":")).encode("utf-8")


def _base64url(data: bytes) -> bytes:
    """Return unpadded base64url (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _signature(output: bytes) -> bytes:
    """Return the raw signature in the signer's output. Base64 is tried first: of 384 bytes it has 512 letters."""
    text = re.sub(rb"\s+", b"", output)
    text = re.sub(rb"\Avault:v\d+:", b"", text).replace(b"-", b"+").replace(b"_", b"/")
    try:
        raw = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) not in _SIGNATURE_SIZES:
        raw = output
    if len(raw) not in _SIGNATURE_SIZES:
        raise BadKey(f"signer_command printed {len(output)} bytes that are no RSA signature.", _SIGNER)
    return raw
