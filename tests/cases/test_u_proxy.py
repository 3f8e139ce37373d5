# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class U, proxies: every request of a run takes the same route, and ``no_proxy`` says what is documented (P13)."""

from __future__ import annotations

import socket
import typing as t

import pytest
from cases.conftest import HOST
from cases.support import expect
from cases.support.proxy import Proxy
from cases.support.world import World, as_text

LOGIN = "user:p4ss-w0rd"


@pytest.fixture
def proxy(tls_world: World) -> t.Iterator[Proxy]:
    """A proxy that knows where the names are which nobody else can resolve."""
    with Proxy(routes={f"{HOST}:443": tls_world.github.port, f"{HOST}:8443": tls_world.github.port}) as made:
        yield made


def named(world: World, port: int | None = None, **options: t.Any) -> dict[str, t.Any]:
    """A task for a server by a name that only the proxy can resolve."""
    url = f"https://{HOST}" + (f":{port}" if port else "")
    return world.by_token(api_url=url, ca_path=world.github.ca_file, **options)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("spelling", ["url", "without-scheme", "with-slash"])
def test_every_request_takes_the_proxy(tls_world: World, proxy: Proxy, variable: str, spelling: str) -> None:
    """Installation, token, event, runs, jobs and revocation; the name is resolved by the proxy alone."""
    url = {"url": proxy.url, "without-scheme": proxy.url[7:], "with-slash": f"{proxy.url}/"}[spelling]
    app = {"app_id": tls_world.app.id, "private_key": tls_world.app.private_key, "token": None, "wait": True}
    expect.success(tls_world.run({**named(tls_world), **app}, env={variable: url}), "succeeded", world=tls_world)
    assert proxy.targets() == [f"{HOST}:443"] * len(proxy.asked)
    assert len(tls_world.requests()) >= 6
    assert len(proxy.asked) == len({request.connection for request in tls_world.requests()})


def test_plain_http_takes_its_own_proxy(world: World) -> None:
    with Proxy() as proxy:
        result = world.run(world.by_app(wait=True), env={"http_proxy": proxy.url})
        expect.success(result, "succeeded", world=world)
        assert len(proxy.asked) == len(world.requests())


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "FTP_PROXY"])
def test_https_does_not_take_the_proxy_of_another_scheme(tls_world: World, proxy: Proxy, variable: str) -> None:
    result = tls_world.run(tls_world.by_app(ca_path=tls_world.github.ca_file), env={variable: proxy.url})
    expect.success(result, "accepted", world=tls_world)
    assert proxy.asked == []


def test_a_variable_of_a_cgi_visitor_is_ignored(world: World) -> None:
    with Proxy() as proxy:
        world.run(world.by_app(), env={"HTTP_PROXY": proxy.url, "REQUEST_METHOD": "GET"})
        assert proxy.asked == []
    assert world.accepted == 1


def test_use_proxy_false_goes_around_it_for_all_requests(tls_world: World, proxy: Proxy) -> None:
    options = tls_world.by_app(ca_path=tls_world.github.ca_file, wait=True, use_proxy=False)
    result = tls_world.run(options, env={"HTTPS_PROXY": proxy.url, "ALL_PROXY": proxy.url})
    expect.success(result, "succeeded", world=tls_world)
    assert proxy.asked == []


DOMAIN = HOST.partition(".")[2]


@pytest.mark.parametrize(
    "entry",
    [f".{DOMAIN}", DOMAIN, HOST, HOST.upper(), f"*.{DOMAIN}", f"{HOST}:443", "*", f"one.example,{HOST}", f" {HOST} , x",
     f"one.example {HOST}", ".invalid", f"{DOMAIN}:443", f"*.{DOMAIN}:443"],
)  # fmt: skip
@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_a_name_in_no_proxy_goes_around_it(tls_world: World, proxy: Proxy, entry: str, variable: str) -> None:
    """Nobody but the proxy can resolve the name: a failure to do so proves the direct way."""
    result = tls_world.run(named(tls_world), env={"HTTPS_PROXY": proxy.url, variable: entry})
    expect.failure(result, "unreachable", says=[HOST, "resolved"], world=tls_world)
    assert proxy.asked == []


@pytest.mark.parametrize(
    "entry",
    ["", ",", "other.invalid", f"x{HOST}", f"{HOST}.com", "corp", f"{HOST}:8443", "10.0.0.0/8", "0.0.0.0/0",
     f"sub.{HOST}", "orp.invalid", "*corp.invalid", "ghes", "localhost"],
)  # fmt: skip
def test_what_does_not_cover_the_name_leads_to_the_proxy(tls_world: World, proxy: Proxy, entry: str) -> None:
    result = tls_world.run(named(tls_world), env={"HTTPS_PROXY": proxy.url, "no_proxy": entry})
    expect.success(result, "accepted", world=tls_world)
    assert proxy.targets()[0] == f"{HOST}:443"


@pytest.mark.parametrize(
    ("entry", "direct"),
    [("127.0.0.1", True), ("127.0.0.0/8", True), ("127.0.0.1/32", True), ("127.0.0.1:{port}", True), ("*", True),
     ("10.0.0.0/8", False), ("127.0.0.1:1", False), ("127.0.0.2", False), ("127", False), ("::1/128", False)],
)  # fmt: skip
def test_addresses_and_networks_in_no_proxy(tls_world: World, proxy: Proxy, entry: str, direct: bool) -> None:
    options = tls_world.by_token(ca_path=tls_world.github.ca_file)
    env = {"HTTPS_PROXY": proxy.url, "no_proxy": entry.format(port=tls_world.github.port)}
    expect.success(tls_world.run(options, env=env), "accepted", world=tls_world)
    assert (proxy.asked == []) is direct


def test_a_port_in_the_address_and_in_no_proxy(tls_world: World, proxy: Proxy) -> None:
    env = {"HTTPS_PROXY": proxy.url, "no_proxy": f"{HOST}:443"}
    expect.success(tls_world.run(named(tls_world, 8443), env=env), "accepted", world=tls_world)
    result = tls_world.run(named(tls_world, 8443), env={**env, "no_proxy": f"{HOST}:8443"})
    expect.failure(result, "unreachable", says=["resolved"], world=tls_world, accepted=1)


def named_without_password(world: World, result: dict[str, t.Any], proxy: str, *says: str) -> None:
    expect.failure(result, "unreachable", says=[proxy, "no_proxy", *says], world=world)
    for part in LOGIN.split(":"):
        assert part not in as_text(result).replace("proxy", "")
    assert world.clock.sleeps == []


def test_a_proxy_that_wants_a_login(tls_world: World) -> None:
    """407: the proxy is named, without the password that was wrong."""
    with Proxy(login="other:word") as proxy:
        for url in (proxy.url, f"http://{LOGIN}@127.0.0.1:{proxy.port}"):
            result = tls_world.run(named(tls_world), env={"HTTPS_PROXY": url})
            named_without_password(tls_world, result, f"127.0.0.1:{proxy.port}", "407")


def test_a_login_in_the_address_of_the_proxy(tls_world: World) -> None:
    with Proxy(login="us er:p@ss:word", routes={f"{HOST}:443": tls_world.github.port}) as proxy:
        url = f"http://us%20er:p%40ss%3Aword@127.0.0.1:{proxy.port}"
        result = tls_world.run(named(tls_world), env={"HTTPS_PROXY": url})
        expect.success(result, "accepted", world=tls_world)
        assert all(each.authorization for each in proxy.asked)
    assert all("proxy-authorization" not in request.headers for request in tls_world.requests())


@pytest.mark.parametrize("status", [403, 404, 500, 502])
def test_a_proxy_that_refuses_the_tunnel(tls_world: World, status: int) -> None:
    with Proxy(refuse=status) as proxy:
        url = f"http://{LOGIN}@127.0.0.1:{proxy.port}"
        result = tls_world.run(named(tls_world), env={"HTTPS_PROXY": url})
        named_without_password(tls_world, result, f"127.0.0.1:{proxy.port}", str(status))
        assert len(proxy.asked) == 1


def test_a_proxy_that_is_not_there(tls_world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        result = tls_world.run(named(tls_world), env={"HTTPS_PROXY": f"http://{LOGIN}@127.0.0.1:{port}"})
    named_without_password(tls_world, result, f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    "url", ["http://", "http://:8080", "http://127.0.0.1:port", "http://[::1", "wrong://127.0.0.1:1"]
)
def test_an_address_of_a_proxy_that_is_none(tls_world: World, url: str) -> None:
    result = tls_world.run(named(tls_world), env={"HTTPS_PROXY": url})
    expect.failure(result, "unreachable", says=["proxy"], world=tls_world)


def test_a_proxy_for_socks_without_its_library(tls_world: World) -> None:
    result = tls_world.run(named(tls_world), env={"HTTPS_PROXY": f"socks5://{LOGIN}@127.0.0.1:1"})
    code = result["error"]["code"]
    assert code in ("missing_library", "unreachable")
    expect.failure(result, code, says=["PySocks|proxy"], world=tls_world)
    assert "p4ss" not in as_text(result)


def test_certificates_are_checked_through_a_proxy_too(tls_world: World, proxy: Proxy) -> None:
    options = {**named(tls_world), "ca_path": None}
    result = tls_world.run(options, env={"HTTPS_PROXY": proxy.url})
    expect.failure(result, "unreachable", says=["certificate", HOST], world=tls_world)
    assert tls_world.requests() == []


def test_netrc_never_replaces_the_token(world: World, tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for a file of passwords that other programs read."""
    path = tmp_path / ".netrc"
    path.write_text("machine 127.0.0.1 login octocat password wrong\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(path))
    monkeypatch.setenv("HOME", str(tmp_path))
    expect.success(world.run(world.by_token()), "accepted", world=world)
    assert world.posts[0].headers["authorization"].startswith("Bearer")
