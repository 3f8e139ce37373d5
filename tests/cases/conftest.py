# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cases share. Each worker has one local GitHub; each test finds it empty but for the usual world."""

from __future__ import annotations

import os
import signal
import socket
import typing as t

import hypothesis
import pytest
from cases.support.world import World

from emulator import Emulator

HOST = "ghes.corp.invalid"
_FOREIGN_PREFIXES = ("GITHUB_", "GH_", "INFRADISPATCH_", "REQUESTS_CA", "CURL_CA", "SSL_CERT")
_FOREIGN_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

# The same examples every time, and no folder of them beside the tests: `HYPOTHESIS_PROFILE=more` looks further.
hypothesis.settings.register_profile("cases", derandomize=True, database=None, deadline=None, max_examples=120)
hypothesis.settings.register_profile("more", database=None, deadline=None, max_examples=1500)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "cases"))


@pytest.fixture(scope="session", autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[None]:
    """Hide what the environment says about GitHub, proxies and certificates."""
    hypothesis.configuration.set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_FOREIGN_PREFIXES) or name.lower() in _FOREIGN_NAMES:
                patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def own_signals() -> t.Iterator[None]:
    """Ctrl-C counts, also where a shell started the tests in its background: it has what it starts there ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def own_resolver() -> t.Iterator[None]:
    """Names that nobody can have (RFC 6761) are not found, at once and without asking the network."""
    real = socket.getaddrinfo

    def resolve(host: t.Any, *arguments: t.Any, **named: t.Any) -> t.Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        yield


@pytest.fixture(scope="session")
def server() -> t.Iterator[Emulator]:
    """The local GitHub of this worker, by plain http."""
    with Emulator(run_delay=0.0) as github:
        yield github


@pytest.fixture
def world(server: Emulator) -> World:
    """The local GitHub with the usual things, and time that tests move."""
    return World.build(server)


@pytest.fixture
def live(server: Emulator) -> World:
    """The usual things with a clock that runs, for playbooks."""
    return World.build(server, frozen=False)


@pytest.fixture(scope="session")
def tls_server() -> t.Iterator[Emulator]:
    """The same by https, with a certificate of a private authority."""
    with Emulator(tls=True, host_names=("127.0.0.1", "localhost", HOST), run_delay=0.0) as github:
        yield github


@pytest.fixture(scope="session")
def misnamed_server() -> t.Iterator[Emulator]:
    """The same with a certificate for another name than the one by which it is reached."""
    with Emulator(tls=True, host_names=(HOST,), run_delay=0.0) as github:
        yield github


@pytest.fixture
def tls_world(tls_server: Emulator) -> World:
    """The usual things by https. Nobody trusts its authority unless told so."""
    return World.build(tls_server)
