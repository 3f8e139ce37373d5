# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One event as a whole program: the core in a fresh interpreter against requests alone and against other clients."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import install
from measure import Cost, Failed, Spread, in_turn, ratio, run, spread
from report import Goal, Report
from testbed import SUBJECTS, Testbed

CORE, BARE = "core", "requests.post"
PLATFORM = "core, ca_path"
#: How much of another client's time is allowed, and how much is hoped for.
CLIENTS = {"PyGithub": (1.0, 0.75), "ghapi": (1.0, 0.4), "@octokit/rest": (1.0, 0.85)}


def token(bed: Testbed, rounds: int, *, tls: bool) -> Report:
    """One event with a personal access token."""
    server, env = (bed.tls, bed.trusting()) if tls else (bed.http, {})
    program, packages = install.node()
    octokit_script = shutil.copy2(SUBJECTS / "send_by_octokit.mjs", packages)

    def python(name: str, *more: str) -> Callable[[], Cost]:
        return lambda: bed.script(name, server.api_url, *more, env=env)

    def octokit() -> Cost:
        return run([program, octokit_script, server.api_url], bed.env(**env), bed.folder)

    subjects = {
        BARE: python("bare_token.py"),
        CORE: python("core_token.py"),
        "PyGithub": python("send_by_pygithub.py"),
        "ghapi": python("send_by_ghapi.py"),
        "@octokit/rest": octokit,
    }
    if tls:
        subjects[PLATFORM] = lambda: bed.script("core_token.py", server.api_url, str(bed.ca))
    costs = in_turn_and_answered(bed, subjects, rounds, tls=tls)
    report = Report(f"One event in a fresh process, token, {'TLS' if tls else 'HTTP'}")
    if tls:
        way = (
            "All verify the server's certificate. Python clients load one file: the platform's bundle with the test's "
            "authority appended (REQUESTS_CA_BUNDLE, SSL_CERT_FILE). Node.js has its own bundle compiled in and adds "
            f"the authority (NODE_EXTRA_CA_CERTS). '{PLATFORM}' trusts the authority beside the platform's store, "
            "which is what users do."
        )
        report.notes = [way]
    report.costs(costs)
    report.goals += against(costs, CORE, BARE, 1.2)
    for name, (target, aim) in CLIENTS.items():
        report.goals += against(costs, CORE, name, target, aim)
    if tls:
        report.goals += against(costs, PLATFORM, BARE, None, 1.2)
    return report


def app(bed: Testbed, rounds: int, *, tls: bool) -> Report:
    """One event as a GitHub App: find the installation, make a token, send."""
    server, env = (bed.tls, bed.trusting()) if tls else (bed.http, {})
    key = bed.folder / "app.pem"
    bed.script("make_key.py", key, "2048")
    subjects = {
        "requests + PyJWT": lambda: bed.script("bare_app.py", server.api_url, key, env=env),
        CORE: lambda: bed.script("core_app.py", server.api_url, key, env=env),
    }
    costs = in_turn_and_answered(bed, subjects, rounds, tls=tls)
    report = Report(f"One event in a fresh process, App, {'TLS' if tls else 'HTTP'}")
    report.notes = ["Both use one connection for all requests; the core also revokes the token at its end."]
    report.costs(costs)
    report.goals += against(costs, CORE, "requests + PyJWT", None, 1.15)
    return report


def imports(bed: Testbed) -> Report:
    """What a send with a token imports beyond requests."""
    loaded, peaks = {}, {}
    for name in ("bare_token.py", "core_token.py"):
        bed.script("inside.py", SUBJECTS / name, bed.http.api_url)
        inside = json.loads(bed.output())
        loaded[name], peaks[name] = set(inside["modules"]), inside["peak"]
    more = loaded["core_token.py"] - loaded["bare_token.py"]
    foreign = sorted(name for name in more if not name.startswith("_core"))
    own = sorted(name.removeprefix("_core.") for name in more if name.startswith("_core."))
    report = Report("Imports of a send with a token, beyond those of requests")
    report.notes = [f"From elsewhere: {', '.join(foreign) or 'none'}", f"Of the core: {', '.join(own)}"]
    if peaks["bare_token.py"]:
        found = spread([peaks["core_token.py"] / peaks["bare_token.py"]])
        report.goals.append(Goal(f"peak memory, {CORE} / {BARE}", found, aim=1.15))
    for library in ("jwt", "cryptography"):
        if library in loaded["core_token.py"]:
            report.wrong.append(f"a send with a token loads {library}")
    if foreign:
        report.wrong.append("a send with a token loads libraries that requests does not")
    return report


def signing(bed: Testbed, rounds: int) -> Report:
    """The App's key in a process that makes several tokens."""
    report = Report("Signing in a warm process, App")
    report.notes = ["The core loads and checks its key once; PyJWT given the text of a key does so every time."]
    report.columns = ("", "CPU ms, core", "CPU ms, jwt.encode", "loads of the key in the core")
    for bits, times, aim in (("2048", "20", 1 / 25), ("4096", "8", 1 / 50)):
        key = bed.folder / f"app{bits}.pem"
        bed.script("make_key.py", key, bits)
        found = []
        for _round in range(rounds):
            bed.script("sign_often.py", key, times)
            found.append(json.loads(bed.output()))
        ours, theirs = [one["ours"] for one in found], [one["theirs"] for one in found]
        loads = {one["loads"] for one in found}
        report.rows.append([f"RSA {bits}", str(spread(ours)), str(spread(theirs)), ", ".join(map(str, loads))])
        report.goals.append(Goal(f"CPU, RSA {bits}", ratio(ours, theirs), aim=aim))
        if loads != {1}:
            report.wrong.append("the key is not loaded exactly once")
    return report


def in_turn_and_answered(
    bed: Testbed, subjects: dict[str, Callable[[], Cost]], rounds: int, *, tls: bool
) -> dict[str, list[Cost]]:
    """Run the subjects in turn, and see at the server that each of them did its work."""
    server = bed.tls if tls else bed.http

    def counted(subject: Callable[[], Cost]) -> Callable[[], Cost]:
        def once() -> Cost:
            server.reset()
            cost = subject()
            if server.dispatches != 1:
                raise Failed(f"{server.dispatches} events arrived, one was to be sent")
            return cost

        return once

    return in_turn({name: counted(subject) for name, subject in subjects.items()}, rounds)


def against(
    costs: dict[str, list[Cost]], ours: str, theirs: str, target: float | None, aim: float | None = None
) -> list[Goal]:
    """Return the goals for CPU and wall time."""
    return [
        Goal(f"{what}, {ours} / {theirs}", _ratio(costs, ours, theirs, index), target, aim)
        for index, what in enumerate(("CPU", "wall"))
    ]


def _ratio(costs: dict[str, list[Cost]], ours: str, theirs: str, index: int) -> Spread:
    """Return the paired ratios of one kind of cost."""
    return ratio([cost[index] for cost in costs[ours]], [cost[index] for cost in costs[theirs]])
