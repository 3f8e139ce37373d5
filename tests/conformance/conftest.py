# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the conformance tests."""

from __future__ import annotations

import socket
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
import requests
from conformance import contract, node
from conformance.worlds import World, build

from emulator import Emulator
from emulator.processes import end

PRISM_START = 90.0


@pytest.fixture(scope="session")
def packages() -> Path:
    """The ``node_modules`` with the Octokit clients and prism."""
    return node.node_modules()


@pytest.fixture
def world() -> t.Iterator[World]:
    """A GitHub that runs no steps, without TLS."""
    with Emulator(run_delay=0.0) as github:
        yield build(github)


@pytest.fixture(scope="module")
def running() -> t.Iterator[World]:
    """An Enterprise Server with TLS that runs the steps of its workflows."""
    with Emulator(tls=True, ghes=True, execute=True) as github:
        yield build(github)


@pytest.fixture(scope="session", params=["api.github.com", "ghes-3.19"])
def guarded(
    packages: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> t.Iterator[World]:
    """A GitHub behind a proxy that compares every request and answer with GitHub's OpenAPI description."""
    description = tmp_path_factory.mktemp("contract") / "openapi.json"
    contract.write_cut(packages, request.param, description)
    version = request.param.removeprefix("ghes-") if request.param.startswith("ghes-") else False
    with Emulator(run_delay=0.0, ghes=version) as github:
        port = _free_port()
        prism = packages / "@stoplight" / "prism-cli" / "dist" / "index.js"
        arguments = ["proxy", "--port", str(port), "--errors=false", str(description), github.api_url]
        command = [node.program("node"), str(prism), *arguments]
        process = subprocess.Popen(command, env=node.environment(), stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            base = f"http://127.0.0.1:{port}"
            _wait_for(process, f"{base}/versions")
            yield build(github, base)
        finally:
            end(process)  # `node` may be a launcher with the real one below it
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    limit = time.monotonic() + PRISM_START
    with requests.Session() as session:
        session.trust_env = False
        while process.poll() is None and time.monotonic() < limit:
            try:
                session.get(url, timeout=5)
            except requests.ConnectionError:
                time.sleep(0.2)
            else:
                return
    raise AssertionError("prism did not start")
