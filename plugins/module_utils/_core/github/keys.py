# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Private keys as people have them: newlines real or written out, in base64, from a file. And what they give instead.

No cryptography here: this only finds the PEM text. A message may tell the length of what was given, never a part of it.
"""

from __future__ import annotations

import base64
import binascii
import os
import re

from ..errors import BadKey
from ..secret import Secret, shown_path

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_WRITTEN_OUT = re.compile(r"\\+r\\+n|\\+n|\\+r|\s+")
_HINT = "Give the private key of the App as downloaded from its settings page; it begins with BEGIN RSA PRIVATE KEY."


def read_private_key(text: str, option: str = "private_key") -> Secret:
    """Return the PEM of an RSA private key found in ``text``.

    Accepted: PKCS#1 and PKCS#8 PEM, with newlines real, lost, or written out (``\\n``, doubled or not), and base64 of a
    whole PEM on one or several lines, with or without padding.

    :raises BadKey: naming the option and the kind of thing that was given instead.
    """
    plain = text.strip().strip("\"'").strip()
    if not plain:
        raise BadKey(f"{option} is empty.", _HINT)
    if "-----BEGIN" not in plain:
        plain = _unwrap_base64(plain, option)
    blocks: list[tuple[str, str]] = _BLOCK.findall(plain)
    if not blocks:
        raise BadKey(f"{option} has a BEGIN line but no matching END line ({_size(text)}).", f"{_CUT} {_HINT}")
    keys = {_rewrap(label, body, option) for label, body in blocks if label in ("RSA PRIVATE KEY", "PRIVATE KEY")}
    if len(keys) > 1:
        raise BadKey(f"{option} holds more than one private key.", "Give one of them: the newest of the App.")
    if keys:
        return Secret(keys.pop())
    raise BadKey(f"{option} holds {_LABELS.get(blocks[0][0], 'PEM that is no RSA private key')}.", _HINT)


_CUT = "A value with newlines may have been cut at the first of them."
_LABELS = {
    "OPENSSH PRIVATE KEY": "a key in OpenSSH format",
    "ENCRYPTED PRIVATE KEY": "a key that is encrypted with a passphrase",
    "PUBLIC KEY": "a public key",
    "RSA PUBLIC KEY": "a public key",
    "CERTIFICATE": "a certificate",
    "EC PRIVATE KEY": "an elliptic-curve key",
    "DSA PRIVATE KEY": "a DSA key",
}


def read_private_key_file(path: str, option: str = "private_key_path") -> Secret:
    """Return the PEM of an RSA private key in the file at ``path`` (``~`` is expanded).

    :raises BadKey: when it can't be read, or as :func:`read_private_key` does.
    """
    if "-----BEGIN" in path or "\n" in path.strip():
        raise BadKey(f"{option} holds a key, not the path of a file.", "Give the text of a key in private_key.")
    if not path.strip():
        raise BadKey(f"{option} is empty.", "Give the path of the App's private key file.")
    name = os.path.expanduser(path.strip())
    shown = shown_path(name)
    try:
        with open(name, encoding="utf-8-sig") as file:
            text = file.read(1_000_000)
    except UnicodeDecodeError:
        raise BadKey(f"{option}: {shown} is not a text file.", _HINT) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it has a NUL character"
        raise BadKey(f"{option}: {shown} can't be read ({why}).", "Check the path and who may read it.") from None
    if not text.strip():
        raise BadKey(f"{option}: {shown} is empty.", _HINT)
    return read_private_key(text, f"{option} ({shown})")


def _rewrap(label: str, body: str, option: str) -> str:
    """Return a PEM with real newlines, whatever became of them on the way."""
    if "ENCRYPTED" in body:
        raise BadKey(f"{option} holds {_LABELS['ENCRYPTED PRIVATE KEY']}.", _HINT)
    data = _WRITTEN_OUT.sub("", body)
    if not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", data):
        raise BadKey(f"{option} has characters between BEGIN and END that are not base64.", _HINT)
    lines = [data[start : start + 64] for start in range(0, len(data), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _unwrap_base64(plain: str, option: str) -> str:
    """Return the PEM inside base64, or say what the text looks like."""
    packed = _WRITTEN_OUT.sub("", plain)
    try:
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if b"-----BEGIN" in data:
        return data.decode("utf-8", "replace")
    if data[:1] == b"\x30" and len(data) > 500:
        raise BadKey(f"{option} looks like the inside of a key without its BEGIN and END lines.", _HINT)
    raise BadKey(f"{option} {_looks_like(plain)} ({_size(plain)}).", _HINT)


def _looks_like(plain: str) -> str:
    """Name the kind of thing that was given instead of a key."""
    if plain.startswith("SHA256:"):
        return "looks like the fingerprint of a key, as the settings page shows it"
    if re.fullmatch(r"[0-9a-fA-F]{40}", plain):
        return "looks like a client secret"
    if re.match(r"\$\{?[A-Za-z_]|\{\{", plain):
        return "looks like a variable that was not expanded"
    if plain.startswith(("ssh-rsa ", "ssh-ed25519 ")):
        return "looks like an SSH public key"
    if "\n" not in plain and (re.match(r"[~.]{0,2}[/\\]|[A-Za-z]:\\", plain) or plain.endswith((".pem", ".key"))):
        return "looks like the path of a file; that belongs in private_key_path"
    return "is no private key"


def _size(text: str) -> str:
    """Tell how much was given."""
    return f"{len(text)} characters were given"
