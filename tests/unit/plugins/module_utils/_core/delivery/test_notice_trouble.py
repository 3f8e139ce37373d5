# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling somebody of a failure: nothing that goes wrong about it changes the result."""

from __future__ import annotations

import json
import socket
import sys
import time
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery import notice
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.notice import (
    message,
    notify,
    read_recipients,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.notices import (
    BAD,
    HOOK,
    tell,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    BASE,
    Answer,
    RawServer,
    Stub,
    closed_port,
    hang_up,
    stay_silent,
)

Servers = t.Callable[..., RawServer]


@pytest.fixture
def hook(stub: Stub) -> str:
    """The address of a webhook that takes everything."""
    stub.on("POST", HOOK, Answer(200, "ok"))
    return stub.api_url + HOOK


class TestTrouble:
    """Each trouble is one warning, in time."""

    @pytest.mark.parametrize("status", [400, 404, 500, 503])
    def test_a_refusal(self, stub: Stub, hook: str, status: int) -> None:
        stub.on("POST", HOOK, Answer(status, "no_team"))
        assert tell(hook) == f"The notice to localhost did not get through: the answer was {status}."
        assert stub.count("POST", HOOK) == 1

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirect_is_not_followed(self, stub: Stub, hook: str, status: int) -> None:
        stub.on("POST", HOOK, Answer(status, None, {"Location": BASE + "/elsewhere"}))
        assert f"the answer was {status}" in tell(hook)
        assert len(stub.requests) == 1

    def test_a_refused_connection(self) -> None:
        assert tell(f"http://127.0.0.1:{closed_port()}{HOOK}").endswith("did not get through: connect.")

    @pytest.mark.parametrize("action", [hang_up, lambda client: client.sendall(b"SSH-2.0-x\r\n")])
    def test_a_server_that_speaks_something_else(self, raw_server: Servers, action: t.Any) -> None:
        assert tell(raw_server(action).url + HOOK).endswith("did not get through: broken.")

    def test_a_port_that_can_not_be(self) -> None:
        assert tell(f"https://hooks.test:99999{HOOK}").endswith("did not get through: proxy.")

    def test_certificates_that_are_not_there(self) -> None:
        text = tell(f"https://hooks.test{HOOK}", ca_path="/nowhere.pem")
        assert text.endswith("ca_path names /nowhere.pem, which does not exist.")

    def test_a_server_that_hangs(self, raw_server: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(notice, "TIME_LIMIT", 0.6)
        assert tell(raw_server(stay_silent).url + HOOK).endswith("did not get through: timeout.")

    def test_a_server_that_never_comes_to_an_end(self, raw_server: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
        def drip(client: socket.socket) -> None:
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _number in range(12):
                client.sendall(b".")
                time.sleep(0.1)

        monkeypatch.setattr(notice, "TIME_LIMIT", 0.5)
        began = time.monotonic()
        assert tell(raw_server(drip).url + HOOK).endswith("it took too long.")
        assert time.monotonic() - began < 1.1

    def test_all_have_the_whole_time_together(
        self, stub: Stub, hook: str, raw_server: Servers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A slow one does not lose by the others, and the others don't by one that hangs."""

        def slow(_request: t.Any) -> Answer:
            time.sleep(0.4)
            return Answer(200)

        monkeypatch.setattr(notice, "TIME_LIMIT", 1.0)
        stub.on("POST", "/slow", slow)
        began = time.monotonic()
        warnings = tell(stub.api_url + "/slow", hook, raw_server(stay_silent).url + HOOK, hook).splitlines()
        assert time.monotonic() - began < 1.5
        assert len(warnings) == 1
        assert "timeout" in warnings[0] or "too long" in warnings[0]
        assert stub.count("POST", HOOK) == 2

    def test_the_result_is_the_same(self, hook: str, stub: Stub) -> None:
        stub.on("POST", HOOK, Answer(500))
        before = json.dumps(BAD.as_dict())
        tell(hook, f"http://127.0.0.1:{closed_port()}/")
        assert json.dumps(BAD.as_dict()) == before


class TestApprise:
    """Addresses that are no web addresses."""

    def test_they_are_handed_on_with_a_title_and_the_text(self) -> None:
        told: list[tuple[str, str, str]] = []

        def send(url: str, title: str, text: str) -> bool:
            told.append((url, title, text))
            return True

        assert tell("slack://Sup3rS3cret/x", by_apprise=send) == ""
        assert told == [("slack://Sup3rS3cret/x", "infradispatch", message([BAD])["text"])]

    def test_what_it_can_not_send_is_a_warning(self) -> None:
        text = tell("slack://Sup3rS3cret/x", by_apprise=lambda url, title, text: False)
        assert text == "The notice to slack://… did not get through: Apprise could not send it."

    def test_what_it_raises_is_named_by_its_kind_alone(self) -> None:
        def send(url: str, title: str, text: str) -> bool:
            raise TypeError(url)

        assert tell("slack://Sup3rS3cret/x", by_apprise=send).endswith("did not get through: TypeError.")

    def test_without_the_library_that_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "apprise", None)
        (warning,) = notify([BAD], read_recipients(["slack://Sup3rS3cret/x"]), {}, {})
        assert warning.endswith("did not get through: the Python library Apprise is not installed.")

    @pytest.mark.parametrize(("known", "sent", "trouble"), [(1, 1, ""), (0, 1, "could not"), (1, 0, "could not")])
    def test_the_library_is_used_as_it_documents(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: t.Any, known: int, sent: int, trouble: str
    ) -> None:
        """A stand-in for the library, which the tests don't need."""
        (tmp_path / "apprise.py").write_text(
            "class Apprise:\n"
            f"    def add(self, url): return {known} == 1 and url.startswith('slack:')\n"
            f"    def notify(self, body, title): return {sent} == 1 and bool(body and title)\n",
            encoding="utf-8",
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "apprise", raising=False)
        warnings = notify([BAD], read_recipients(["slack://Sup3rS3cret/x"]), {}, {})
        monkeypatch.delitem(sys.modules, "apprise", raising=False)
        assert bool(warnings) == bool(trouble)
        assert all(trouble in warning for warning in warnings)
