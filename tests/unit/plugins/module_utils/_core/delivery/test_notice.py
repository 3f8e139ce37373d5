# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling somebody of a failure: what is told to whom."""

from __future__ import annotations

import hashlib
import hmac
import json
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.notice import (
    message,
    read_recipients,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import Outcome
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.runs import read_run
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.task import TaskResult, run_task
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput, OutcomeUnknown
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Origin
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.notices import (
    BAD,
    GOOD,
    HOOK,
    SIGNED,
    SITE,
    tell,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    DISPATCHES,
    ID,
    OTHER_ID,
    done,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    TOKEN,
    Answer,
    Stub,
)


@pytest.fixture
def hook(stub: Stub) -> str:
    """The address of a webhook that takes everything."""
    stub.on("POST", HOOK, Answer(200, "ok"))
    return stub.api_url + HOOK


class TestRecipients:
    """Reading `notify_urls`."""

    @pytest.mark.parametrize("urls", [None, [], ()])
    def test_nobody_need_be_told(self, urls: t.Any) -> None:
        assert read_recipients(urls) == []

    @pytest.mark.parametrize(
        ("url", "scheme", "shown"),
        [
            ("https://hooks.test/services/Sup3rS3cret", "https", "hooks.test"),
            (" HTTPS://me:Sup3rS3cret@Hooks.test:8443/x ", "https", "hooks.test"),
            ("http://localhost:8080/Sup3rS3cret", "http", "localhost"),
            ("http://127.0.0.1/Sup3rS3cret", "http", "127.0.0.1"),
            ("http://[::1]:1/Sup3rS3cret", "http", "::1"),
            ("slack://Sup3rS3cret/x/y", "slack", "slack://…"),
            ("mailto://me:Sup3rS3cret@example.com", "mailto", "mailto://…"),
        ],
    )
    def test_an_address_is_a_secret(self, url: str, scheme: str, shown: str) -> None:
        (recipient,) = read_recipients([url])
        assert (recipient.scheme, recipient.shown) == (scheme, shown)
        assert recipient.url.reveal() == url.strip()
        assert "Sup3rS3cret" not in repr(recipient) + str(recipient)

    @pytest.mark.parametrize(
        ("urls", "words"),
        [
            ("https://Sup3rS3cret/", "notify_urls is not a list"),
            ({"a": "Sup3rS3cret"}, "not a list"),
            (["https://ok.test/x", "Sup3rS3cret"], r"notify_urls\[1\] has no scheme"),
            (["mailto:Sup3rS3cret@example.com"], "has no scheme"),
            (["//Sup3rS3cret/x"], "has no scheme"),
            ([""], "has no scheme"),
            ([None], "has no scheme"),
            ([{"url": "Sup3rS3cret"}], "has no scheme"),
            (["http://hooks.test/Sup3rS3cret"], "plain http address"),
            (["http:///Sup3rS3cret"], "plain http address"),
            (["https:///Sup3rS3cret"], "has no host"),
            (["https://[::1/Sup3rS3cret"], "can't be read as an address"),
        ],
    )
    def test_another_entry_is_refused_by_its_number_alone(self, urls: t.Any, words: str) -> None:
        with pytest.raises(InvalidInput, match=words) as caught:
            read_recipients(urls)
        assert "Sup3rS3cret" not in str(caught.value) + json.dumps(caught.value.as_dict())


class TestMessage:
    """What is told."""

    def test_it_is_what_slack_shows_with_details_for_others(self) -> None:
        run = read_run(done(7, "failure"))
        assert run is not None
        unknown = Outcome(SITE, "failed", True, error=OutcomeUnknown("The outcome is unknown.", "Look."))
        told = message([unknown, BAD._replace(runs=(run,), conclusion="failure")])
        assert sorted(told) == ["infradispatch", "text"]
        first, second = told["text"].splitlines()
        assert first == f"infra-changed to acme/site: The outcome is unknown. Look. (event {ID})"
        assert second.startswith("infra-changed to acme/web: The run ended with failure.")
        assert told["infradispatch"]["schema"] == 1
        assert told["infradispatch"]["failed"][1] == {
            "repository": "acme/web",
            "event_type": "infra-changed",
            "dispatch_id": OTHER_ID,
            "code": "run_unsuccessful",
            "conclusion": "failure",
            "runs": ["https://github.test/acme/site/actions/runs/7"],
        }

    def test_only_what_failed_is_told_and_not_what_was_sent(self, stub: Stub, hook: str) -> None:
        assert tell(hook, outcomes=[GOOD, BAD]) == ""
        (body,) = stub.sent("POST", HOOK)
        assert body == message([BAD])
        assert "hunter2" not in json.dumps(body)
        (headers,) = stub.headers_of("POST", HOOK)
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert "authorization" not in headers
        assert "x-hub-signature-256" not in headers

    def test_success_tells_nobody(self, stub: Stub, hook: str) -> None:
        planned = Outcome(SITE, "planned", True)
        assert tell(hook, outcomes=[GOOD, planned]) == ""
        assert tell(outcomes=[BAD]) == ""
        assert stub.requests == []

    def test_it_can_be_signed_as_github_signs(self, stub: Stub, hook: str) -> None:
        assert tell(hook, notify_secret=SIGNED) == ""
        signature = stub.headers_of("POST", HOOK)[0]["x-hub-signature-256"]
        right = "sha256=" + hmac.new(SIGNED.encode(), stub.bodies[0], hashlib.sha256).hexdigest()
        assert hmac.compare_digest(signature, right)
        assert SIGNED.encode() not in stub.bodies[0]

    def test_half_a_character_does_not_hold_it_back(self, stub: Stub, hook: str) -> None:
        run = read_run(done(html_url="https://github.test/\ud800"))
        assert run is not None
        assert tell(hook, outcomes=[BAD._replace(runs=(run,))]) == ""
        assert stub.count("POST", HOOK) == 1


class TestTask:
    """Notices of a whole task."""

    @pytest.fixture
    def run(self, github: GitHub, hook: str) -> t.Callable[..., TaskResult]:
        """Run a task that tells the webhook of its failure."""
        options = {"repository": "acme/site", "event_type": "x", "notify_urls": [hook], "notify_secret": SIGNED}

        def start(**more: t.Any) -> TaskResult:
            return run_task(options, Origin("cli"), lambda: github, env={}, **more)

        return start

    def test_a_failure_is_told_once(self, stub: Stub, run: t.Callable[..., TaskResult]) -> None:
        stub.on("POST", DISPATCHES, Answer(403, {"message": f"Resource not accessible to {TOKEN}"}))
        task = run()
        assert task.failed
        assert task.warnings == []
        (told,) = stub.sent("POST", HOOK)
        assert task.result["error"]["message"] in told["text"]
        assert TOKEN not in json.dumps(told)
        assert told["infradispatch"]["failed"][0]["code"] == "not_permitted"

    def test_success_is_not(self, stub: Stub, run: t.Callable[..., TaskResult]) -> None:
        stub.on("POST", DISPATCHES, Answer(204))
        assert not run().failed
        assert stub.count("POST", HOOK) == 0

    def test_check_mode_tells_nobody_even_of_a_failure(self, stub: Stub, run: t.Callable[..., TaskResult]) -> None:
        for method, path in (("GET", "/repos/acme/site"), ("GET", "/repos/acme/site/contents/.github/workflows")):
            stub.on(method, path, Answer(401))
        run(check_mode=True)
        assert stub.count("POST", HOOK) == 0

    def test_a_notice_that_fails_is_a_warning_and_the_error_stays(
        self, stub: Stub, run: t.Callable[..., TaskResult]
    ) -> None:
        stub.on("POST", DISPATCHES, Answer(404))
        plain = run()
        stub.on("POST", HOOK, Answer(500))
        task = run()
        assert task.warnings == ["The notice to localhost did not get through: the answer was 500."]
        assert task.result["error"]["message"] == plain.result["error"]["message"]

    def test_a_wrong_address_ends_the_task_before_anything_is_sent(self, stub: Stub, github: GitHub) -> None:
        options = {"repository": "acme/site", "event_type": "x", "notify_urls": ["Sup3rS3cret"]}
        with pytest.raises(InvalidInput):
            run_task(options, Origin("cli"), lambda: github, env={})
        assert stub.requests == []
