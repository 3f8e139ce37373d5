# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class U, addresses and certificates. Proxies and redirects are in files of their own."""

from __future__ import annotations

import typing as t

import pytest
from cases.support import expect
from cases.support.reroute import Rerouted
from cases.support.world import World, as_text

from emulator import Emulator

# -- P12: the address of the API

GITHUB, GHES, TENANT = "https://api.github.com", "https://ghes.example.com/api/v3", "https://api.acme.ghe.com"
SPELLINGS = {
    "none": (None, GITHUB),
    "a": ("https://api.github.com", GITHUB),
    "b": ("https://api.github.com/", GITHUB),
    "c": ("https://github.com", GITHUB),
    "www": ("https://www.github.com/", GITHUB),
    "github-with-path": ("https://github.com/api/v3", GITHUB),
    "d": ("https://ghes.example.com", GHES),
    "e": ("https://ghes.example.com/", GHES),
    "f": ("https://ghes.example.com/api/v3", GHES),
    "g": ("https://ghes.example.com/api/v3/", GHES),
    "h": ("https://ghes.example.com/api/v3//", GHES),
    "api-only": ("https://ghes.example.com/api", GHES),
    "double-slash": ("https://ghes.example.com//api//v3", GHES),
    "i": ("https://acme.ghe.com", TENANT),
    "j": ("https://api.acme.ghe.com/", TENANT),
    "tenant-v3": ("https://acme.ghe.com/api/v3", TENANT),
    "m": ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080/api/v3"),
    "n": ("https://ghes.example.com:8443", "https://ghes.example.com:8443/api/v3"),
    "q": ("HTTPS://GHES.Example.COM/api/v3", GHES),
    "q-github": ("https://API.GitHub.com", GITHUB),
    "r": ("  https://ghes.example.com \n", GHES),
    "s": ("https://git.example.com/ghe/api/v3", "https://git.example.com/ghe/api/v3"),
    "s-without-v3": ("https://git.example.com/ghe/", "https://git.example.com/ghe/api/v3"),
    "ipv6": ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443/api/v3"),
    "not-ghe": ("https://ghe.company.com", "https://ghe.company.com/api/v3"),
    "looks-like-ghe": ("https://notghe.com", "https://notghe.com/api/v3"),
}


@pytest.mark.parametrize("by", ["option", "environment"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_all_requests_go_to_the_same_base(world: World, name: str, by: str) -> None:
    """P12 a-j, m, n, q-s: installation, token, event, runs, jobs and revocation."""
    given, base = SPELLINGS[name]
    network = Rerouted(world)
    options = world.by_app(api_url=given if by == "option" else None, wait=True)
    env = {"GITHUB_API_URL": given} if by == "environment" and given is not None else {}
    expect.success(world.run(options, env=env), "succeeded", world=world)
    assert ("POST", f"{base}/repos/acme/site/dispatches") in network.urls
    assert len(network.urls) >= 6
    for _method, url in network.urls:
        assert url.startswith(f"{base}/")
        assert "//" not in url[len("https://") :].partition("?")[0]


SECRET = "s3cretpw"
WRONG = {
    "k": ("https:///acme.ghe.com", "no host"),
    "l": ("ghes.example.com", "no scheme"),
    "l-with-port": ("ghes.example.com:8443", "no scheme"),
    "l-with-path": ("ghes.example.com/api/v3", "no scheme"),
    "o": (f"https://u:{SECRET}@ghes.example.com", "user or password"),
    "o-token": (f"https://{SECRET}@github.com", "user or password"),
    "p": ("https://ghes.example.com/api/v3?x=1", "query"),
    "p-empty": ("https://ghes.example.com/api/v3?", "query"),
    "fragment": ("https://ghes.example.com/#api", "fragment"),
    "other-scheme": ("ftp://ghes.example.com", "scheme other than"),
    "ssh": ("ssh://git@github.com", "scheme other than|user"),
    "scheme-only": ("https://", "no host"),
    "port-only": ("https://:8443", "no host"),
    "bad-port": ("https://ghes.example.com:eighty", "port"),
    "large-port": ("https://ghes.example.com:99999", "port"),
    "zero-port": ("https://ghes.example.com:0", "port 0"),
    "blank-inside": ("https://ghes example.com", "white space"),
    "newline-inside": ("https://ghes.example.com\nX: y", "white space"),
    "graphql": ("https://ghes.example.com/api/graphql", "GraphQL"),
    "plain-github": ("http://api.github.com", "http"),
    "plain-tenant": ("http://acme.ghe.com", "http"),
    "no-tenant": ("https://ghe.com", "tenant"),
}


@pytest.mark.parametrize("by", ["option", "environment"])
@pytest.mark.parametrize("name", WRONG)
def test_an_address_that_is_wrong_is_named_by_its_part(world: World, name: str, by: str) -> None:
    """P12 k, l, o, p and their kin: before any request, without the password."""
    given, says = WRONG[name]
    network = Rerouted(world)
    options = world.by_app(api_url=given if by == "option" else None)
    result = world.run(options, env={"GITHUB_API_URL": given} if by == "environment" else {})
    option = "api_url" if by == "option" else "GITHUB_API_URL"
    expect.failure(result, "invalid_input", says=[option, says], world=world)
    assert network.urls == []
    assert SECRET not in as_text(result)


@pytest.mark.parametrize(
    "name",
    ["site", "acme/", "/site", "acme/site/", "acme/site.git", "https://github.com/acme/site", "acme/site\nHost: x",
     "git@github.com:acme/site.git", "acme/site/issues", "acme//site", "acme/..", "../site", "acme/si te", "acme/x?y",
     "acme/site#1", "acme/%2e%2e", "acme\\site", "", " ", None, 5, ["acme/site"], "acme/" + "x" * 101, "-acme/site"],
)  # fmt: skip
def test_a_repository_that_is_none_is_refused_before_any_request(world: World, name: object) -> None:
    """A name goes into the path of every request."""
    result = world.run(world.by_app(repository=name))
    expect.failure(result, "invalid_input", says=["repository"], world=world)
    assert world.requests() == []


@pytest.mark.parametrize(
    "name", ["acme/site", " acme/site ", "acme/a.b-c_d", "acme/.github", "a/b", "emu_corp/site", "a-b/1"]
)
def test_a_repository_with_an_unusual_name_is_fine(world: World, name: str) -> None:
    plain = name.strip()
    if plain != "acme/site":
        world.github.add_repository(plain)
    expect.success(world.run(world.by_token(repository=name)), "accepted", world=world)


# -- P14: a private authority


def by_both(world: World, **options: t.Any) -> list[dict[str, t.Any]]:
    """The same task with an App and with a token."""
    return [world.by_app(wait=True, **options), world.by_token(wait=True, **options)]


def refused_before_the_event(world: World, **options: t.Any) -> None:
    for given in by_both(world, **options):
        result = world.run(given)
        expect.failure(result, "unreachable", says=["127.0.0.1", "certificate", "ca_path"], world=world)
        assert world.requests() == []
        assert world.clock.sleeps == []


def test_an_unknown_authority_is_refused_at_once(tls_world: World) -> None:
    """P14 a: with the host and the option, without trying again, and never by plain http."""
    refused_before_the_event(tls_world)


def test_the_authority_by_option(tls_world: World) -> None:
    """P14 b: for all requests."""
    for count, given in enumerate(by_both(tls_world, ca_path=tls_world.github.ca_file), start=1):
        expect.success(tls_world.run(given), "succeeded", world=tls_world, accepted=count)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_authority_by_environment(tls_world: World, variable: str) -> None:
    """P14 f."""
    env = {variable: str(tls_world.github.ca_file)}
    for count, given in enumerate(by_both(tls_world), start=1):
        expect.success(tls_world.run(given, env=env), "succeeded", world=tls_world, accepted=count)


def test_without_validation_all_requests_pass_with_one_warning(tls_world: World) -> None:
    """P14 c."""
    for count, given in enumerate(by_both(tls_world, validate_certs=False), start=1):
        result = tls_world.run(given)
        expect.success(result, "succeeded", world=tls_world, accepted=count)
        assert [w for w in result["warnings"] if "validate_certs" in w] == result["warnings"]
        assert len(result["warnings"]) == 1


def test_an_authority_that_does_not_exist(tls_world: World) -> None:
    """P14 d."""
    for given in by_both(tls_world, ca_path="/nowhere/ca.pem"):
        result = tls_world.run(given)
        expect.failure(result, "invalid_input", says=["ca_path", "/nowhere/ca.pem", "does not exist"], world=tls_world)
        assert tls_world.requests() == []


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_variable_that_leads_nowhere(tls_world: World, variable: str) -> None:
    result = tls_world.run(tls_world.by_token(), env={variable: "/nowhere/ca.pem"})
    expect.failure(result, "invalid_input", says=[variable, "does not exist"], world=tls_world)
    assert tls_world.requests() == []


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
@pytest.mark.parametrize("by", ["option", "environment"])
def test_an_authority_that_is_none(tls_world: World, tmp_path: t.Any, content: str, by: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(content, encoding="ascii")
    options = tls_world.by_token(ca_path=str(path) if by == "option" else None)
    result = tls_world.run(options, env={} if by == "option" else {"REQUESTS_CA_BUNDLE": str(path)})
    expect.failure(result, "invalid_input", says=[str(path), "no certificate"], world=tls_world)
    assert tls_world.requests() == []


def test_the_right_authority_for_another_name(misnamed_server: Emulator) -> None:
    """P14 e."""
    world = World.build(misnamed_server)
    refused_before_the_event(world, ca_path=world.github.ca_file)


def test_another_authority(tls_world: World, misnamed_server: Emulator) -> None:
    refused_before_the_event(tls_world, ca_path=misnamed_server.ca_file)


def test_https_where_the_server_speaks_http(world: World) -> None:
    """Nothing falls back to plain http."""
    result = world.run(world.by_token(api_url=world.github.base_url.replace("http:", "https:")))
    expect.failure(result, "unreachable", says=["TLS"], world=world)
    assert world.requests() == []


def test_http_where_the_server_speaks_https(tls_world: World) -> None:
    result = tls_world.run(tls_world.by_token(api_url=tls_world.github.base_url.replace("https:", "http:")))
    assert result["error"]["code"] in ("outcome_unknown", "unreachable", "rejected")
    assert tls_world.accepted == 0


@pytest.mark.parametrize("options", [{"client_cert": "/nowhere/c.pem"}, {"client_key": "/nowhere/k.pem"}])
def test_a_client_certificate_that_does_not_exist(tls_world: World, options: dict[str, str]) -> None:
    result = tls_world.run(tls_world.by_token(ca_path=tls_world.github.ca_file, **options))
    expect.failure(result, "invalid_input", says=["client_"], world=tls_world)
    assert tls_world.requests() == []
