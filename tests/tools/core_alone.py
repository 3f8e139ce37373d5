# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proves that the core stands alone: `python -I core_alone.py FOLDER`, in an interpreter that has loaded nothing yet.

Every module can be loaded from its plain file; none of them loads Ansible, nor by itself a library that a task may not
need; and a run with a token never loads a library for keys and signatures. Each check has a process of its own.
"""

from __future__ import annotations

import http.server
import importlib
import subprocess
import sys
import threading
from pathlib import Path

FOREIGN = ("ansible", "ansible_collections", "ansible_test")
LAZY = ("requests", "urllib3", "jwt", "cryptography")
FOR_APPS = ("jwt", "cryptography", "OpenSSL")


def loaded(names: tuple[str, ...]) -> list[str]:
    """Return those of the top-level packages that are loaded."""
    return sorted({module.partition(".")[0] for module in sys.modules} & set(names))


def import_all(core: Path) -> str:
    """Load every module of the core; return what is wrong, or nothing."""
    names = [".".join(path.relative_to(core.parent).with_suffix("").parts) for path in sorted(core.rglob("*.py"))]
    for name in names:
        importlib.import_module(name.removesuffix(".__init__"))
        if wrong := loaded(FOREIGN + LAZY):
            return f"{name} loads {', '.join(wrong)}"
    print(f"{len(names)} modules load without {', '.join(FOREIGN + LAZY)}")
    return ""


class Accepting(http.server.BaseHTTPRequestHandler):
    """Accepts every event, as GitHub does."""

    def do_POST(self) -> None:
        """Read the event and answer 204."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def send_with_token(_core: Path) -> str:
    """Send with a token to a server of our own; return what is wrong, or nothing."""
    client = importlib.import_module("_core.github.client")
    credentials = importlib.import_module("_core.github.credentials")
    clock = importlib.import_module("_core.clock")
    server = http.server.HTTPServer(("127.0.0.1", 0), Accepting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = {"token": "sample", "api_url": f"http://127.0.0.1:{server.server_port}", "use_proxy": False}
    github = client.open_github(options, env={})
    scope = credentials.Scope("acme", ("site",), ())
    reply = github.write("/repos/acme/site/dispatches", scope, clock.Deadline.after(clock.Clock(), 10.0))
    github.close()
    server.shutdown()
    if reply.status != 204:
        return f"the server answered {reply.status}"
    if wrong := loaded(FOREIGN + FOR_APPS):
        return f"sending with a token loads {', '.join(wrong)}"
    print(f"sending with a token loads none of {', '.join(FOREIGN + FOR_APPS)}")
    return ""


CHECKS = {"import_all": import_all, "send_with_token": send_with_token}


def main() -> int:
    """Run one check, or all of them in processes of their own."""
    core = Path(sys.argv[1]).resolve()
    if len(sys.argv) == 2:
        command = [sys.executable, "-I", __file__, str(core)]
        return max(subprocess.run([*command, name], check=False).returncode for name in CHECKS)
    sys.path.insert(0, str(core.parent))
    wrong = CHECKS[sys.argv[2]](core)
    if wrong:
        print(wrong, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
