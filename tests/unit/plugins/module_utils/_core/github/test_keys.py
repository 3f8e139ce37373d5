# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys in every form that a store, a variable or a file makes of them, and what people give instead."""

from __future__ import annotations

import base64
import textwrap
import typing as t
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import BadKey
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.keys import (
    read_private_key,
    read_private_key_file,
)

Change = t.Callable[[str], str]


def _base64(text: str, encoding: str = "ascii") -> str:
    return base64.b64encode(text.encode(encoding)).decode("ascii")


ACCEPTED: dict[str, Change] = {
    "as it is": str,
    "written-out newlines": lambda pem: pem.replace("\n", "\\n"),
    "doubly written-out newlines": lambda pem: pem.replace("\n", "\\\\n"),
    "thrice written-out newlines": lambda pem: pem.replace("\n", "\\\\\\n"),
    "some newlines written out": lambda pem: pem.replace("\n", "\\n", 3),
    "written-out CRLF": lambda pem: pem.replace("\n", "\\r\\n"),
    "CRLF": lambda pem: pem.replace("\n", "\r\n"),
    "CR": lambda pem: pem.replace("\n", "\r"),
    "blanks for newlines": lambda pem: pem.replace("\n", " "),
    "newlines lost": lambda pem: pem.replace("\n", ""),
    "indented": lambda pem: textwrap.indent(pem, "    "),
    "quoted": lambda pem: f'"{pem.strip()}"',
    "blank lines around": lambda pem: f"\n\n {pem}\n ",
    "a byte order mark": lambda pem: "\ufeff" + pem,
    "text before": lambda pem: "Bag Attributes\n  name: x\n" + pem,
    "base64": _base64,
    "base64 in lines": lambda pem: "\n".join(textwrap.wrap(_base64(pem), 76)) + "\n",
    "base64 with written-out newlines": lambda pem: "\\n".join(textwrap.wrap(_base64(pem), 76)),
    "base64 without padding": lambda pem: _base64(pem + "\n").rstrip("="),
    "base64 without padding, two missing": lambda pem: _base64(pem + "\n\n").rstrip("="),
    "base64 of CRLF": lambda pem: _base64(pem.replace("\n", "\r\n")),
    "base64 of written-out newlines": lambda pem: _base64(pem.replace("\n", "\\n")),
}


@pytest.mark.parametrize("kind", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_every_form_gives_the_same_key(rsa_key: rsa.RSAPrivateKey, kind: PrivateFormat, change: Change) -> None:
    pem = rsa_key.private_bytes(Encoding.PEM, kind, NoEncryption()).decode("ascii")
    found = load_pem_private_key(read_private_key(change(pem)).reveal().encode("ascii"), None)
    assert found.private_numbers() == rsa_key.private_numbers()  # type: ignore[union-attr]


def test_a_key_that_is_right_already_is_not_changed(pem: str) -> None:
    assert read_private_key(pem).reveal() == pem


def test_a_key_beside_its_certificate_is_found(pem: str) -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    assert read_private_key(certificate + pem).reveal() == read_private_key(pem + certificate).reveal() == pem


def _instead(rsa_key: rsa.RSAPrivateKey, pem: str) -> dict[str, str]:
    public = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    ssh = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode("ascii")
    locked = BestAvailableEncryption(b"x")
    ec = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----"
    other = rsa.generate_private_key(65537, 2048)
    second = other.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode("ascii")
    return {
        "is empty": "",
        "is empty.": " \n ",
        "looks like a client secret": "0123456789abcdef" * 2 + "01234567",
        "fingerprint": "SHA256:" + _base64("fingerprint of a key, so to say!"),
        "a key in OpenSSH format": ssh,
        "a public key": public,
        "looks like an SSH public key": "ssh-rsa AAAAB3NzaC1yc2E= me@example.com",
        "looks like the path": "/etc/keys/app.pem",
        "the path of a file": "~/keys/app",
        "private_key_path": "C:\\keys\\app.pem",
        "path of a file": "app.private-key.pem",
        "encrypted with a passphrase": rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked).decode(),
        "encrypted": rsa_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, locked).decode(),
        "an elliptic-curve key": ec,
        "without its BEGIN and END lines": "".join(pem.splitlines()[1:-1]),
        "without its BEGIN and END": "\n".join(pem.splitlines()[1:-1]),
        "no matching END line": pem[:400],
        "cut at the first of them": pem.splitlines()[0],
        "that are not base64": pem.replace("MII", "M*I", 1),
        "variable that was not expanded": "${GITHUB_APP_PRIVATE_KEY}",
        "was not expanded": "{{ app_key }}",
        "is no private key": "héllo",
        "more than one private key": pem + second,
    }


def test_what_was_given_instead_is_named_and_never_shown(rsa_key: rsa.RSAPrivateKey, pem: str) -> None:
    for words, text in _instead(rsa_key, pem).items():
        with pytest.raises(BadKey) as caught:
            read_private_key(text, "GITHUB_APP_PRIVATE_KEY")
        assert words in str(caught.value)
        assert caught.value.message.startswith("GITHUB_APP_PRIVATE_KEY")
        for line in text.split():
            assert len(line) < 12 or line not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pem: str, encoding: str) -> None:
    (tmp_path / "app.key").write_text(pem, encoding=encoding)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_private_key_file(f" {tmp_path / 'app.key'}\n").reveal() == pem
    assert read_private_key_file("~/app.key").reveal() == pem


def test_an_unusable_file_is_named(tmp_path: Path, pem: str) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\x30\x82\xff\xfe\x80")
    (tmp_path / "public").write_text("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----")
    for name, words in {
        "missing": "can't be read (No such file",
        ".": "can't be read (Is a directory",
        "empty": "is empty",
        "binary": "is not a text file",
        "public": "a public key",
        "a\0b": "can't be read",
    }.items():
        with pytest.raises(BadKey) as caught:
            read_private_key_file(str(tmp_path / name))
        assert words in caught.value.message
        assert str(tmp_path) in caught.value.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (str, "holds a key"),
        (lambda pem: pem.replace("\n", "\\n"), "holds a key"),
        (_base64, "can't be read"),
        (lambda pem: "".join(pem.splitlines()[1:-1]), "can't be read"),
        (lambda pem: "ghp_" + "Fake" * 9, "can't be read"),
        (lambda pem: "0123456789abcdef" * 2 + "01234567", "can't be read"),
        (lambda pem: "", "is empty"),
        (lambda pem: "  ", "is empty"),
    ],
)
def test_a_key_in_place_of_its_path_is_never_shown(pem: str, change: Change, words: str) -> None:
    with pytest.raises(BadKey) as caught:
        read_private_key_file(change(pem))
    assert words in caught.value.message
    assert len(str(caught.value)) < 200
    assert "Fake" not in str(caught.value)
    assert "89abcdef" not in str(caught.value)


@given(st.binary(min_size=48, max_size=48))
def test_a_line_of_a_key_in_place_of_a_path_is_not_shown(inside: bytes) -> None:
    line = base64.b64encode(inside).decode("ascii")
    assume(not line.startswith("/"))
    with pytest.raises(BadKey) as caught:
        read_private_key_file(line)
    assert line[:20] not in str(caught.value)
    assert line[-20:] not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "/home/deploy/Ansible2/inventories/production/group_vars/all/secrets/github",
        "keys/acme-infrastructure-dispatcher.2024-01-02.private-key.pem",
        "/etc/infradispatch/github_app_private_key.pem",
        "~nobody0/App.pem",
        "C:\\keys\\App1.pem",
    ],
)
def test_a_path_that_is_one_is_shown(path: str) -> None:
    with pytest.raises(BadKey) as caught:
        read_private_key_file(path)
    assert path in caught.value.message


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "loop"
    path.symlink_to(path)
    with pytest.raises(BadKey, match="can't be read"):
        read_private_key_file(str(path))
