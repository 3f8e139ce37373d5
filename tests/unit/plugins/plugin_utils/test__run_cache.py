# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One token for each distinct request of a run, shared between processes, never readable on the disk."""

from __future__ import annotations

import multiprocessing
import stat
import typing as t
from pathlib import Path

import pytest
from ansible import constants
from pytest_httpserver import HTTPServer

from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import AppClient, open_app
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.mint import read_scope
from ansible_collections.infradispatch.github.plugins.plugin_utils import _run_cache

EXPIRES = {"long": "2999-01-01T00:00:00Z", "short": "2000-01-01T00:00:00Z"}
SCOPE = read_scope("acme/site", None, {"contents": "write"})
OTHER = read_scope("acme/site", None, {"contents": "read"})


@pytest.fixture(autouse=True)
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a run of its own."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(_run_cache, "_memory", {})
    return tmp_path


@pytest.fixture
def client(httpserver: HTTPServer) -> AppClient:
    """Return an App whose every token is another one."""

    def answer(_request: t.Any) -> t.Any:
        from werkzeug import Response

        count = len(httpserver.log)
        body = f'{{"token": "ghs_{count:036d}", "expires_at": "{EXPIRES["long"]}"}}'
        return Response(body, status=201, content_type="application/json")

    httpserver.expect_request("/api/v3/app/installations/7/access_tokens").respond_with_handler(answer)
    options = {
        "app_id": "1",
        "installation_id": "7",
        "signer_command": ["signer"],
        "api_url": httpserver.url_for("/api/v3"),
    }
    return open_app(options, env={}, run_command=lambda command, data: (0, b"s" * 256, b""))


def test_the_same_request_is_answered_from_memory(client: AppClient, httpserver: HTTPServer) -> None:
    """Evaluating twice makes one token."""
    first = _run_cache.shared_grant(client, SCOPE, 10)
    assert _run_cache.shared_grant(client, SCOPE, 10).token == first.token
    assert len(httpserver.log) == 1


def test_another_request_gets_another_token(client: AppClient, httpserver: HTTPServer) -> None:
    """Permissions are part of the request."""
    assert _run_cache.shared_grant(client, SCOPE, 10).token != _run_cache.shared_grant(client, OTHER, 10).token
    assert len(httpserver.log) == 2


def test_another_process_of_the_run_gets_the_same_token(client: AppClient, httpserver: HTTPServer) -> None:
    """As Ansible's workers do: they are forked, and none of them made the token before."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()

    def work() -> None:
        results.put(_run_cache.shared_grant(client, SCOPE, 10).token.reveal())

    workers = [context.Process(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    tokens = {results.get(timeout=30) for _worker in workers}
    for worker in workers:
        worker.join()
    assert len(tokens) == 1
    assert len(httpserver.log) == 1


def test_the_disk_never_shows_the_token(client: AppClient, run_folder: Path) -> None:
    """Files of the run are private and encrypted."""
    token = _run_cache.shared_grant(client, SCOPE, 10).token.reveal()
    files = list(run_folder.iterdir())
    assert files
    for file in files:
        assert token.encode() not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"nonsense", b"gAAAAA" + b"x" * 100])
def test_a_file_that_can_t_be_understood_counts_as_none(
    client: AppClient, httpserver: HTTPServer, run_folder: Path, content: bytes
) -> None:
    """A token is made then."""
    _run_cache.shared_grant(client, SCOPE, 10)
    for file in run_folder.iterdir():
        file.write_bytes(content)
    _run_cache._memory.clear()
    assert _run_cache.shared_grant(client, SCOPE, 10).token.reveal()
    assert len(httpserver.log) == 2


def test_a_token_near_its_end_is_replaced(
    client: AppClient, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is handed out is good for a while."""
    monkeypatch.setitem(EXPIRES, "long", EXPIRES["short"])
    monkeypatch.setattr(_run_cache, "_LEAST_LIFE", 10_000.0)
    first = _run_cache.shared_grant(client, SCOPE, 10)
    assert _run_cache.shared_grant(client, SCOPE, 10).token != first.token
    assert len(httpserver.log) == 2


def test_without_a_folder_of_the_run_the_memory_serves(
    client: AppClient, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only system is no reason to fail."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", "/nowhere")
    first = _run_cache.shared_grant(client, SCOPE, 10)
    assert _run_cache.shared_grant(client, SCOPE, 10).token == first.token
    assert len(httpserver.log) == 1
