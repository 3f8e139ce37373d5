# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which way requests go."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.github import route
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import (
    bypasses_proxy,
    find_route,
    proxy_for,
)

URL = "https://ghes.example.com/api/v3"
PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    ("entries", "url"),
    [
        ("*", URL),
        ("example.com", URL),
        (".example.com", URL),
        ("*.example.com", URL),
        ("GHES.Example.COM", URL),
        ("ghes.example.com:443", URL),
        ("example.com:443", URL),
        ("localhost, example.com", URL),
        ("localhost example.com", URL),
        (" ,, example.com ,", URL),
        ("ghes.example.com:8443", "https://ghes.example.com:8443/x"),
        ("ghes.example.com:80", "http://ghes.example.com"),
        ("ghes.example.com", "https://ghes.example.com:8443/x"),
        ("10.0.0.0/8", "https://10.1.2.3/x"),
        ("10.1.2.3", "https://10.1.2.3:8443"),
        ("10.1.2.3/8", "https://10.9.9.9"),
        ("10.1.2.3:8443", "https://10.1.2.3:8443"),
        ("::1", "http://[::1]:8080"),
        ("[::1]", "http://[::1]:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("fd00::/8", "https://[fd12::1]"),
    ],
)
def test_no_proxy_covers(entries: str, url: str) -> None:
    assert bypasses_proxy(url, entries)
    assert proxy_for(url, {"https_proxy": PROXY, "http_proxy": PROXY, "no_proxy": entries}) is None
    assert proxy_for(url, {"HTTPS_PROXY": PROXY, "HTTP_PROXY": PROXY, "NO_PROXY": entries}) is None


@pytest.mark.parametrize(
    ("entries", "url"),
    [
        ("", URL),
        (".", URL),
        ("*.", URL),
        ("other.com", URL),
        ("ample.com", URL),
        ("s.example.com", URL),
        ("ghes.example.com.evil.org", URL),
        ("www.ghes.example.com", URL),
        ("ghes.example.com:8443", URL),
        ("ghes.example.com:443", "http://ghes.example.com"),
        ("10.0.0.0/8", "https://11.1.2.3"),
        ("10.0.0.0/8", URL),
        ("10.1.2.3:80", "https://10.1.2.3"),
        ("10.1.2", "https://10.1.2.3"),
        ("::1", "https://[::2]"),
        ("0.0.0.0/0", "https://[::1]"),
        ("10.0.0.0/99", "https://10.1.2.3"),
    ],
)
def test_no_proxy_does_not_cover(entries: str, url: str) -> None:
    assert not bypasses_proxy(url, entries)


@pytest.mark.parametrize(
    ("env", "proxy"),
    [
        ({"https_proxy": PROXY}, PROXY),
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, PROXY),
        ({"https_proxy": " ", "HTTPS_PROXY": PROXY}, PROXY),
        ({"all_proxy": PROXY}, PROXY),
        ({"ALL_PROXY": "socks5://s:1080"}, "socks5://s:1080"),
        ({"https_proxy": "proxy.example.com:3128"}, PROXY),
        ({"http_proxy": PROXY}, None),
        ({}, None),
    ],
)
def test_the_proxy_is_that_of_the_scheme(env: dict[str, str], proxy: str | None) -> None:
    assert proxy_for(URL, env) == proxy
    assert find_route(URL, {}, env).proxy == proxy
    assert find_route(URL, {"use_proxy": True}, env).proxy == proxy
    assert find_route(URL, {"use_proxy": None}, env).proxy == proxy
    assert find_route(URL, {"use_proxy": False}, env).proxy is None


def test_a_visitors_header_is_no_proxy() -> None:
    env = {"HTTP_PROXY": "http://evil", "REQUEST_METHOD": "GET"}
    assert proxy_for("http://ghes.example.com", env) is None
    assert proxy_for("http://ghes.example.com", {**env, "http_proxy": PROXY}) == PROXY


def test_an_own_authority_adds_to_the_platforms(tmp_path: Path) -> None:
    own, company = tmp_path / "own.pem", tmp_path / "company.pem"
    own.write_text("x")
    company.write_text("x")
    assert find_route(URL, {"ca_path": str(own)}, {}).extra_ca == str(own)
    assert find_route(URL, {"ca_path": str(own)}, {}).verify == find_route(URL, {}, {}).verify
    both = find_route(URL, {"ca_path": str(own)}, {"SSL_CERT_FILE": str(company)})
    assert (both.verify, both.extra_ca) == (str(company), str(own))


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_platforms_variables_name_what_is_trusted(tmp_path: Path, name: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("x")
    assert find_route(URL, {}, {name: str(path)}).verify == str(path)
    assert find_route(URL, {"validate_certs": False}, {name: str(path)}).verify is False


def test_a_variable_that_names_nothing_is_refused_unless_it_does_not_matter(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.write_text("x")
    env = {"SSL_CERT_FILE": "/nonexistent"}
    with pytest.raises(InvalidInput, match="SSL_CERT_FILE names /nonexistent"):
        find_route(URL, {}, env)
    assert find_route(URL, {"ca_path": str(own)}, env).extra_ca == str(own)
    assert find_route(URL, {"validate_certs": False}, env).verify is False
    assert find_route(URL, {}, {"SSL_CERT_DIR": "/nonexistent:/neither"}).verify not in (False, "")


WRONG: dict[str, tuple[dict[str, t.Any], str]] = {
    "authority": ({"ca_path": "/nonexistent"}, "ca_path names /nonexistent"),
    "authority that would not be used": ({"ca_path": "/nonexistent", "validate_certs": False}, "ca_path"),
    "certificate": ({"client_cert": "/nonexistent"}, "client_cert names /nonexistent"),
    "folder as certificate": ({"client_cert": "/"}, "client_cert names /,"),
    "key": ({"client_cert": __file__, "client_key": "/nonexistent"}, "client_key names /nonexistent"),
    "key alone": ({"client_key": __file__}, "client_key is given without client_cert"),
}


@pytest.mark.parametrize(("options", "words"), WRONG.values(), ids=WRONG)
def test_files_are_looked_at_before_any_request(options: dict[str, t.Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        find_route(URL, options, {})


@pytest.mark.parametrize(
    ("options", "certificate"),
    [
        ({}, None),
        ({"client_cert": __file__}, __file__),
        ({"client_cert": __file__, "client_key": __file__}, (__file__,) * 2),
    ],
)
def test_a_client_certificate_may_hold_its_key(options: dict[str, t.Any], certificate: object) -> None:
    assert find_route(URL, options, {}).client_cert == certificate


def test_the_hashed_folder_is_preferred_to_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, hashed, bare = tmp_path / "all.pem", tmp_path / "hashed", tmp_path / "bare"
    bundle.write_text("x")
    for folder in (hashed, bare):
        folder.mkdir()
    (hashed / "0a1b2c3d.0").write_text("x")
    (bare / "README").write_text("x")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))  # read by OpenSSL itself
    for folder, expected in ((hashed, str(hashed)), (bare, str(bundle)), (tmp_path / "none", str(bundle))):
        monkeypatch.setenv("SSL_CERT_DIR", str(folder))
        assert find_route(URL, {}, {}).verify == expected


def test_a_folder_that_can_not_be_read_is_empty() -> None:
    assert route._list("/nonexistent") == []
