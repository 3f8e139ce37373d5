# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that an App signs about itself."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import types
import typing as t

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import (
    BadKey,
    InvalidInput,
    MissingLibrary,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.signing import (
    CommandSigner,
    KeySigner,
    claims_for,
    parse_signer_command,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret

NOW = 1_700_000_000.9


@pytest.mark.parametrize("app_id", ["12345", "Iv23liAbCdEfGhIjKlMn", "9" * 20])
def test_the_issuer_is_a_text_and_times_are_whole_and_within_githubs_limits(app_id: str) -> None:
    claims = claims_for(app_id, NOW)
    assert claims["iss"] == app_id
    assert isinstance(claims["iat"], int)
    assert isinstance(claims["exp"], int)
    assert claims["iat"] <= NOW - 60
    assert claims["exp"] <= NOW + 550
    assert claims["exp"] - claims["iat"] <= 600


def test_the_issuer_can_be_a_number_where_a_server_insists() -> None:
    assert claims_for("12345", NOW, numeric=True)["iss"] == 12345


@pytest.mark.parametrize("numeric", [False, True])
def test_a_signature_is_good_for_the_public_key(rsa_key: rsa.RSAPrivateKey, pem: str, numeric: bool) -> None:
    signer = KeySigner(Secret(pem))
    claims = claims_for("12345", NOW, numeric=numeric)
    for _time in range(2):
        token = signer.sign(claims).reveal()
        payload = jwt.PyJWS().decode(token, rsa_key.public_key(), algorithms=["RS256"])
        assert json.loads(payload) == claims
        assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT"}


def test_a_damaged_key_is_named_and_not_quoted(pem: str) -> None:
    middle = pem.splitlines()[5]
    with pytest.raises(BadKey) as caught:
        KeySigner(Secret(pem.replace(middle, "")), "private_key_path").sign({})
    assert caught.value.message.startswith("private_key_path")
    assert middle not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_of_another_kind_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    with pytest.raises(BadKey, match="not an RSA key"):
        KeySigner(Secret(pem)).sign({})


class Helpless:
    """PyJWT without cryptography."""

    def PyJWS(self, algorithms: t.Sequence[str]) -> t.NoReturn:  # noqa: N802
        raise NotImplementedError


BROKEN: dict[str, tuple[str, t.Any, str]] = {
    "no PyJWT": ("jwt", None, "PyJWT"),
    "another jwt": ("jwt", types.ModuleType("jwt"), "PyJWT"),
    "no cryptography, says PyJWT": ("jwt", Helpless(), "cryptography"),
    "no cryptography": ("cryptography.hazmat.primitives.asymmetric.rsa", None, "cryptography"),
}


@pytest.mark.parametrize(("name", "module", "library"), BROKEN.values(), ids=BROKEN)
def test_a_missing_library_is_named(
    monkeypatch: pytest.MonkeyPatch, pem: str, name: str, module: t.Any, library: str
) -> None:
    monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(MissingLibrary) as caught:
        KeySigner(Secret(pem)).sign({})
    assert caught.value.library == library


def test_an_interpreter_without_cryptography_is_named(pem: str) -> None:
    names = MissingLibrary.__module__.rpartition(".")[0]
    program = f"""
import sys
sys.path[:0] = {sys.path!r}
sys.modules["cryptography"] = None
from {names}.errors import MissingLibrary
from {names}.github.signing import KeySigner
from {names}.secret import Secret
try:
    KeySigner(Secret(sys.stdin.read())).sign({{}})
except MissingLibrary as error:
    print(error.library)
"""
    done = subprocess.run([sys.executable, "-c", program], input=pem, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "cryptography"


def _signing(bits: int) -> tuple[rsa.RSAPrivateKey, t.Callable[[bytes], bytes]]:
    key = rsa.generate_private_key(65537, bits)
    return key, lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())


FORMS: dict[str, t.Callable[[bytes], bytes]] = {
    "raw": bytes,
    "base64": base64.b64encode,
    "base64 with a newline": base64.encodebytes,
    "base64url": base64.urlsafe_b64encode,
    "base64url without padding": lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"="),
    "Vault transit": lambda raw: b"vault:v12:" + base64.b64encode(raw) + b"\n",
}


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_a_signature_of_a_command_is_understood_in_every_form(bits: int) -> None:
    key, sign = _signing(bits)
    for form in FORMS.values():
        signer = CommandSigner(["sign", "it"], lambda command, data, form=form: (0, form(sign(data)), b""))  # type: ignore[misc]
        token = signer.sign(claims_for("12345", NOW)).reveal()
        assert json.loads(jwt.PyJWS().decode(token, key.public_key(), algorithms=["RS256"]))["iss"] == "12345"


def test_the_command_gets_its_words_and_the_signing_input() -> None:
    calls: list[tuple[t.Sequence[str], bytes]] = []

    def run(command: t.Sequence[str], data: bytes) -> tuple[int, bytes, bytes]:
        calls.append((command, data))
        return 0, b"\x01" * 256, b""

    token = CommandSigner(["sign", "--key", "a b"], run).sign({"iss": "1"}).reveal()
    assert calls == [(["sign", "--key", "a b"], token.rpartition(".")[0].encode("ascii"))]


@pytest.mark.parametrize("output", [b"", b"no", b"\x01" * 255, b"A" * 100, b"\xff" * 342, b"error: denied\n" * 30])
def test_anything_else_is_no_signature(output: bytes) -> None:
    with pytest.raises(BadKey, match=f"{len(output)} bytes"):
        CommandSigner(["sign"], lambda command, data: (0, output, b"")).sign({})


def test_a_command_that_fails_is_quoted_without_secrets() -> None:
    said = b"denied\n for ghp_" + b"Fake" * 9
    with pytest.raises(BadKey) as caught:
        CommandSigner(["/bin/sign"], lambda command, data: (3, b"", said)).sign({})
    assert "status 3: denied for ********" in caught.value.message
    assert "/bin/sign" in caught.value.message


def test_a_command_that_can_not_be_started_is_named() -> None:
    def run(command: t.Sequence[str], data: bytes) -> t.NoReturn:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(BadKey, match=r"sign can't be started \(No such file"):
        CommandSigner(["sign"], run).sign({})


@pytest.mark.parametrize(
    ("value", "words"),
    [(["sign", "a b"], ["sign", "a b"]), (("sign",), ["sign"]), ("sign 'a b' -x", ["sign", "a b", "-x"])],
)
def test_a_command_is_a_list_of_words(value: object, words: list[str]) -> None:
    assert parse_signer_command(value) == words


@pytest.mark.parametrize("value", [[], "", " ", "sign 'a", ["sign", 5], {"a": 1}, 7, [""]])
def test_anything_else_is_no_command(value: object) -> None:
    with pytest.raises(InvalidInput, match="signer_command"):
        parse_signer_command(value)
