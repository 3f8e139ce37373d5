# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Tell somebody when an event was not delivered or its run did not end well.

A notice never changes a result: what goes wrong with it is a warning. It holds no secret, and neither does the warning:
the address of a webhook is one itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import typing as t
from urllib.parse import urlsplit

from ..errors import InfradispatchError, InvalidInput, MissingLibrary
from ..github.route import Route, find_route
from ..github.transport import Body, Http, TransportFailure
from ..secret import Secret
from ..version import USER_AGENT
from .outcome import Outcome

TIME_LIMIT = 10.0  # seconds for all notices of a task together
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SIGNATURE = "X-Hub-Signature-256"  # the form in which GitHub signs its own webhooks: what checks those checks ours

#: Sends one text by the library Apprise to an address of its kind; returns whether that worked.
SendByApprise = t.Callable[[str, str, str], bool]


class Recipient(t.NamedTuple):
    """Where a notice goes. ``url`` is a secret; ``shown`` is what may be shown of it."""

    url: Secret
    scheme: str
    shown: str


def read_recipients(urls: object, option: str = "notify_urls") -> list[Recipient]:
    """Return who is to be told.

    :raises InvalidInput: naming the entry by its number, as its text is a secret.
    """
    items = [] if urls is None else urls
    if not isinstance(items, (list, tuple)):
        raise InvalidInput(f"{option} is not a list.", "Give a list of addresses.")
    return [_recipient(item, f"{option}[{index}]") for index, item in enumerate(items)]


def _recipient(item: object, label: str) -> Recipient:
    """Read one address."""
    text = item.strip() if isinstance(item, str) else ""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise InvalidInput(f"{label} can't be read as an address.", _FORM) from None
    if not parts.scheme or "://" not in text:
        raise InvalidInput(f"{label} has no scheme.", _FORM)
    scheme = parts.scheme.lower()
    if scheme == "http" and host not in _LOOPBACK:
        raise InvalidInput(f"{label} is a plain http address, which anybody in between can read.", _FORM)
    if scheme in ("http", "https") and not host:
        raise InvalidInput(f"{label} has no host.", _FORM)
    return Recipient(Secret(text), scheme, host if scheme in ("http", "https") else f"{scheme}://…")


_FORM = "Give the https address of a webhook, or an address that the library Apprise knows."


def notify(
    outcomes: t.Sequence[Outcome],
    recipients: t.Sequence[Recipient],
    options: t.Mapping[str, t.Any],
    env: t.Mapping[str, str],
    *,
    by_apprise: SendByApprise | None = None,
) -> list[str]:
    """Tell every recipient of the outcomes that failed, within a short time; return warnings for what did not work.

    :param options: the connection options (proxy, certificates) and ``notify_secret``.
    """
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    return tell_all(message(failed), recipients, options, env, by_apprise=by_apprise) if failed else []


def tell_all(
    notice: t.Mapping[str, t.Any],
    recipients: t.Sequence[Recipient],
    options: t.Mapping[str, t.Any],
    env: t.Mapping[str, str],
    *,
    by_apprise: SendByApprise | None = None,
) -> list[str]:
    """Send one notice (``text`` and details) to every recipient; parameters and result as for :func:`notify`."""
    body = json.dumps(notice).encode("ascii")  # whatever a text holds: half a character is no UTF-8
    troubles: list[str] = ["it took too long"] * len(recipients)

    def tell(index: int, recipient: Recipient) -> None:
        try:
            troubles[index] = _tell(recipient, body, options, env, by_apprise or _apprise)
        except InfradispatchError as error:
            troubles[index] = error.message.rstrip(".")
        except Exception as error:  # noqa: BLE001 - whatever a notice meets, the task's result stands
            troubles[index] = type(error).__name__

    threads = [threading.Thread(target=tell, args=pair, daemon=True) for pair in enumerate(recipients)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + TIME_LIMIT
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return [
        f"The notice to {recipient.shown} did not get through: {trouble}."
        for recipient, trouble in zip(list(recipients), list(troubles))
        if trouble
    ]


def message(failed: t.Sequence[Outcome]) -> dict[str, t.Any]:
    """Return the notice: ``text`` for Slack and its like, and details for receivers that want them."""
    lines = [_line(outcome) for outcome in failed]
    details = [
        {
            "repository": str(outcome.target.repository),
            "event_type": outcome.target.event.event_type,
            "dispatch_id": outcome.target.event.id,
            "code": outcome.error.code if outcome.error else "",
            "conclusion": outcome.conclusion,
            "runs": [run.html_url for run in outcome.runs],
        }
        for outcome in failed
    ]
    return {"text": escaped("\n".join(lines)), "infradispatch": {"schema": 1, "failed": details}}


def escaped(text: str) -> str:
    """Return the text so that Slack shows it as it is: a job's words make no link and call nobody (``<!channel>``)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(outcome: Outcome) -> str:
    """Say in one line what failed."""
    event = outcome.target.event
    return f"{event.event_type} to {outcome.target.repository}: {outcome.error} (event {event.id})"


def _tell(
    recipient: Recipient,
    body: bytes,
    options: t.Mapping[str, t.Any],
    env: t.Mapping[str, str],
    by_apprise: SendByApprise,
) -> str:
    """Send one notice; return the trouble in words, empty when it got through."""
    if recipient.scheme not in ("http", "https"):
        text = json.loads(body)["text"]
        return "" if by_apprise(recipient.url.reveal(), "infradispatch", text) else "Apprise could not send it"
    route = find_route(recipient.url.reveal(), {**options, "client_cert": None, "client_key": None}, env)
    return _post(recipient, body, route, str(options.get("notify_secret") or ""))


def _post(recipient: Recipient, body: bytes, route: Route, secret: str) -> str:
    """Post one notice to a webhook. Redirects are not followed: they could lead anywhere."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": USER_AGENT}
    if secret:
        headers[_SIGNATURE] = "sha256=" + hmac.new(secret.encode("utf-8"), body, hashlib.sha256).hexdigest()
    url = recipient.url.reveal()
    http = Http(route, 1, tls=recipient.scheme == "https")
    try:
        response = http.send("POST", url, headers, Body(body), TIME_LIMIT / 2)
    except TransportFailure as failure:
        return failure.kind
    finally:
        http.close()
    return "" if 200 <= response.status_code < 300 else f"the answer was {response.status_code}"


def _apprise(url: str, title: str, text: str) -> bool:
    """Send by the library Apprise."""
    try:
        import apprise  # type: ignore[import-not-found]  # not needed here, and brings no types
    except ImportError:
        raise MissingLibrary("apprise", "the Python library Apprise is not installed") from None
    sender = apprise.Apprise()
    return bool(sender.add(url)) and bool(sender.notify(body=text, title=title))
