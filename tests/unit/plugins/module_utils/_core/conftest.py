# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock, a scripted GitHub, keys made for this session, and clients that are closed in the end."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, settings
from pytest_httpserver import HTTPServer

from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub, open_github
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    TOKEN,
    FakeClock,
    RawServer,
    Stub,
)

Opener = t.Callable[..., GitHub]

# The same examples in every run, however slow the machine: a failure is the change's fault.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until somebody sleeps."""
    return FakeClock()


@pytest.fixture(scope="session")
def github_server() -> t.Iterator[HTTPServer]:
    """A server that answers several requests side by side."""
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def stub(github_server: HTTPServer, clock: FakeClock) -> t.Iterator[Stub]:
    """A GitHub without any answers yet."""
    github_server.clear()
    yield Stub(github_server, clock)
    github_server.check_assertions()


@pytest.fixture
def raw_server() -> t.Iterator[t.Callable[..., RawServer]]:
    """Start servers that break the rules; all are stopped in the end."""
    with contextlib.ExitStack() as stack:

        def start(*actions: t.Any, listens: bool = True) -> RawServer:
            server = RawServer(*actions, listens=listens)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    """The key of an App."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def pem(rsa_key: rsa.RSAPrivateKey) -> str:
    """The key as GitHub hands it out: PKCS#1."""
    return rsa_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode("ascii")


@pytest.fixture
def opened(stub: Stub, clock: FakeClock) -> t.Iterator[Opener]:
    """Open clients of the stub (with a token, unless other options are given); all are closed in the end."""
    with contextlib.ExitStack() as stack:

        def start(**options: t.Any) -> GitHub:
            credential = {} if "app_id" in options else {"token": TOKEN}
            github = open_github({"api_url": stub.url, "timeout": 5, **credential, **options}, env={}, clock=clock)
            stack.callback(github.api.connection.close)
            return github

        yield start


@pytest.fixture
def github(opened: Opener) -> GitHub:
    """A client with a personal access token."""
    return opened()
