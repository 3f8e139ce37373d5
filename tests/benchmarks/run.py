# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what the collection costs with what others cost, in one run on one machine: `run.py [--quick] [NAME ...]`.

Ratios are taken within a round in which all subjects run in turn, so what the machine does besides cancels out. CPU
time counts first: it is of the subject and its children alone. Ends with 0 when all targets are met, with 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import install

#: Name, what it measures, rounds, rounds of --quick (0: left out).
BENCHMARKS = {
    "imports": ("what a send with a token imports", 1, 1),
    "process": ("one event in a fresh process against requests.post and other clients", 15, 5),
    "process-tls": ("the same over TLS", 15, 0),
    "task": ("one task against ansible.builtin.uri", 11, 3),
    "task-tls": ("the same over TLS", 7, 0),
    "loop": ("50 events against ansible.builtin.uri", 9, 3),
    "loop-tls": ("the same over TLS", 5, 0),
    "app": ("one event as an App against requests with PyJWT", 11, 3),
    "app-tls": ("the same over TLS", 11, 0),
    "signing": ("the App's key, loaded once", 5, 3),
    "command": ("a preview for Terraform against a Python that does nothing", 41, 15),
    "pacing": ("how soon the end of a run is seen, and for how many requests (simulated)", 100, 40),
    "callback": ("what an event of a playbook costs the callback, and what it keeps", 5, 3),
    "callback-play": ("a playbook of 10,000 events with the callback and without it", 3, 0),
    "plans": ("the changes in a plan of 100 MB against parsing it, and in a stream", 7, 3),
}


def main() -> int:
    """Run what the command line names."""
    arguments = _arguments()
    python = install.python()
    if Path(sys.prefix) != python.parents[1]:
        os.execv(python, [str(python), *sys.argv])
    reports = {}
    with tempfile.TemporaryDirectory(prefix="infradispatch-") as folder:
        from testbed import Testbed

        bed = Testbed(Path(folder))
        print(_machine())
        for name in arguments.names or BENCHMARKS:
            _what, rounds, quick = BENCHMARKS[name]
            count = arguments.rounds or (quick if arguments.quick else rounds)
            if count or arguments.names:
                began = time.monotonic()
                reports[name] = _measure(bed, name, count or rounds)
                took = time.monotonic() - began
                print(f"\n{reports[name].text()}\n\n({count or rounds} rounds, {took:.0f} s)", flush=True)
    if arguments.json:
        found = {name: report.as_dict() for name, report in reports.items()}
        arguments.json.write_text(json.dumps({"machine": _machine(), "benchmarks": found}, indent=2), encoding="utf-8")
    failed = [name for name, report in reports.items() if not report.met]
    print(f"\nTargets not met: {', '.join(failed)}" if failed else "\nAll targets are met.")
    return 1 if failed else 0


def _measure(bed: Any, name: str, rounds: int) -> Any:
    """Run one benchmark."""
    import callback
    import command
    import pacing
    import plans
    import plays
    import processes

    functions = {"process": processes.token, "app": processes.app, "task": plays.task, "loop": plays.loop}
    callbacks = {"callback": callback.events, "callback-play": callback.playbook}
    if name in callbacks:
        return callbacks[name](bed, rounds)
    if name == "imports":
        return processes.imports(bed)
    if name == "command":
        return command.command(bed, rounds)
    if name == "plans":
        return plans.plans(bed, rounds)
    if name == "pacing":
        return pacing.pacing(rounds)
    if name == "signing":
        return processes.signing(bed, rounds)
    return functions[name.removesuffix("-tls")](bed, rounds, tls=name.endswith("-tls"))


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    names = "\n".join(f"  {name:14} {what}" for name, (what, _rounds, _quick) in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        description="Compare what the collection costs with what others cost.",
        epilog=f"names:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help="all of them by default")
    parser.add_argument("--rounds", type=int, default=0, help="how often each subject runs")
    parser.add_argument("--quick", action="store_true", help="few rounds, and HTTP only: for a first look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything into a file, too")
    return parser.parse_args()


def _machine() -> str:
    """Describe what this runs on."""
    import platform
    import ssl
    from importlib import metadata

    names = ("ansible-core", "requests", "urllib3", "PyJWT", "cryptography", "PyGithub", "ghapi")
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs"
    return f"Python {platform.python_version()}, {ssl.OPENSSL_VERSION}, {libraries}; {platform.machine()}, {load}"


if __name__ == "__main__":
    raise SystemExit(main())
