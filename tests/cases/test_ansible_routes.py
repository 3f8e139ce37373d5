# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class U in real plays: each face takes the proxy and the certificates that it is told (P13, P14)."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from cases.conftest import HOST
from cases.support import expect
from cases.support.play import LOOKUP, clean, dispatch, on_localhost, play
from cases.support.proxy import Proxy
from cases.support.world import World

from emulator import Emulator

EVENT = {"repository": "acme/site", "event_type": "infra-changed", "timeout": 10}
WAYS: dict[str, dict[str, t.Any]] = {"here": {}, "other": {"delegate_to": "other"}}
OFF = {"HTTPS_PROXY": "", "https_proxy": "", "ALL_PROXY": "", "all_proxy": ""}


@pytest.fixture
def secure(tls_server: Emulator) -> World:
    """The usual things by https, with a clock that runs."""
    return World.build(tls_server, frozen=False)


def lookup(name: str, extra: str = "", **keywords: t.Any) -> dict[str, t.Any]:
    made = f"{{{{ lookup('{LOOKUP}', 'acme/site'{extra}) | length }}}}"
    return {"name": name, "ansible.builtin.set_fact": {"made": made}, "ignore_errors": True, **keywords}


def test_a_task_takes_its_own_environment(secure: World, tmp_path: Path) -> None:
    """P13: ``environment:`` of the task counts in this process as it does on another host, over that of the run."""
    routes = {f"{HOST}:443": secure.github.port}
    with Proxy(routes=routes) as own, Proxy(routes=routes) as of_the_run:
        where = {"api_url": f"https://{HOST}", "ca_path": secure.github.ca_file}
        tasks = []
        for way, how in WAYS.items():
            tasks.append(
                dispatch(
                    f"{way} own", {**EVENT, **where, "wait": way == "here"}, environment={"HTTPS_PROXY": own.url}, **how
                )
            )
            tasks.append(dispatch(f"{way} run", {**EVENT, **where}, **how))
            no_proxy = {"HTTPS_PROXY": own.url, "no_proxy": f"*.{HOST.partition('.')[2]}"}
            tasks.append(dispatch(f"{way} no_proxy", {**EVENT, **where, "deadline": 2}, environment=no_proxy, **how))
            tasks.append(dispatch(f"{way} off", {**EVENT, **where, "use_proxy": False, "deadline": 2}, **how))
        tasks.append(
            lookup("lookup", extra=", ca_path=ca, api_url=api", vars={"ca": where["ca_path"], "api": where["api_url"]})
        )
        tasks.append(dispatch("variable", {**EVENT, **where}, environment="{{ {'HTTPS_PROXY': own_proxy} }}"))
        secrets = {"own_proxy": own.url}
        played = play(tmp_path, on_localhost(tasks), secrets=secrets, env=secure.env(HTTPS_PROXY=of_the_run.url))
        for name in ("here own", "other own", "here run", "other run", "variable"):
            assert played.of(name)["outcome"] in ("accepted", "succeeded"), played.of(name)
        assert played.of("lookup")["ansible_facts"]
        for way in WAYS:
            for name in ("no_proxy", "off"):
                result = played.of(f"{way} {name}")
                clean(result)
                expect.failure(result, "unreachable", says=[HOST])
        assert set(own.targets()) == set(of_the_run.targets()) == {f"{HOST}:443"}
        assert len(own.asked) >= 3
        assert len(of_the_run.asked) >= 3
        assert secure.accepted == 5
        expect.nothing_secret(secure, played.text)


def test_a_proxy_that_refuses(secure: World, tmp_path: Path) -> None:
    """P13: 407 and 403, without the password."""
    with Proxy(login="right:one") as locked, Proxy(refuse=403) as closed:
        urls = {name: p.url.replace("//", "//user:p4ss-w0rd@") for name, p in (("locked", locked), ("closed", closed))}
        event = {**EVENT, "ca_path": secure.github.ca_file}
        tasks = [
            dispatch(f"{way} {name}", event, environment={"HTTPS_PROXY": f"{{{{ {name} }}}}"}, **how)
            for way, how in WAYS.items()
            for name in urls
        ]
        tasks.append(lookup("lookup", f", ca_path='{secure.github.ca_file}'"))
        played = play(tmp_path, on_localhost(tasks), "-vvv", secrets=urls, env=secure.env(HTTPS_PROXY=urls["locked"]))
        for way in WAYS:
            for name, proxy in (("locked", locked), ("closed", closed)):
                result = played.of(f"{way} {name}")
                clean(result)
                status = "407" if name == "locked" else "403"
                expect.failure(result, "unreachable", says=[f"127.0.0.1:{proxy.port}", status, "no_proxy"])
                assert "p4ss" not in str(result["msg"]) + str(result["error"])
        message = played.of("lookup")["msg"]
        assert "407" in message
        assert "[unreachable]" in message
        assert "p4ss" not in message
        assert secure.requests() == []


def test_certificates_in_every_face(secure: World, misnamed_server: Emulator, tmp_path: Path) -> None:
    """P14 a-f: default, option, off, missing, wrong name, environment."""
    ca = str(secure.github.ca_file)
    misnamed = World.build(misnamed_server, frozen=False)
    rows: dict[str, dict[str, t.Any]] = {
        "a": {},
        "b": {"ca_path": ca},
        "c": {"validate_certs": False},
        "d": {"ca_path": "/nowhere/ca.pem"},
        "e": {"ca_path": str(misnamed.github.ca_file), "api_url": misnamed.github.base_url},
    }
    tasks = []
    for way, how in WAYS.items():
        tasks += [dispatch(f"{way} {name}", {**EVENT, **row}, **how) for name, row in rows.items()]
        for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            tasks.append(dispatch(f"{way} f {variable}", EVENT, environment={variable: ca}, **how))
    for name, row in rows.items():
        extra = "".join(f", {key}={value!r}" for key, value in row.items()).replace("False", "false")
        tasks.append(lookup(f"lookup {name}", extra))
    played = play(tmp_path, on_localhost(tasks), env=secure.env())
    good = ("b", "c", "f SSL_CERT_FILE", "f REQUESTS_CA_BUNDLE")
    for way in WAYS:
        for name in good:
            result = played.of(f"{way} {name}")
            assert result["outcome"] == "accepted", result
        for name, code, says in (
            ("a", "unreachable", "ca_path"),
            ("d", "invalid_input", "/nowhere"),
            ("e", "unreachable", "127"),
        ):
            result = played.of(f"{way} {name}")
            clean(result)
            expect.failure(result, code, says=[says])
    assert secure.accepted == len(good) * len(WAYS)
    assert misnamed.requests() == []
    for name in rows:
        assert played.of(f"lookup {name}")["failed"] is (name in ("a", "d", "e"))
    for name, code in (("a", "[unreachable]"), ("d", "[invalid_input]"), ("e", "[unreachable]")):
        assert code in played.of(f"lookup {name}")["msg"]
    expect.nothing_secret(secure, played.text)


def test_the_environment_of_the_run_serves_the_lookup(secure: World, tmp_path: Path) -> None:
    """P14 f for the lookup, which knows no task."""
    played = play(tmp_path, on_localhost([lookup("lookup")]), env=secure.env(SSL_CERT_FILE=str(secure.github.ca_file)))
    assert str(played.of("lookup")["ansible_facts"]["made"]) == "40"
