# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command with a local GitHub at its side: ``python -m emulator [options] -- COMMAND …``."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import typing as t
from pathlib import Path

from .github import Emulator

FIXTURES = Path(__file__).with_name("fixtures")
OWNER = "acme"
APP = "infra-dispatcher"
PERMISSIONS = {
    "contents": "write",
    "actions": "write",
    "checks": "read",
    "metadata": "read",
    "statuses": "write",
    "workflows": "write",
}
REMOVED = ("GITHUB_TOKEN", "GH_TOKEN", "GH_HOST", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator", description=__doc__)
    parser.add_argument("--tls", action="store_true", help="serve https with a private certificate authority")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--ghes", dest="ghes", action="store_true", default=True, help="be an Enterprise Server (default)"
    )
    kind.add_argument("--github", dest="ghes", action="store_false", help="be github.com")
    parser.add_argument(
        "--no-execute", dest="execute", action="store_false", help="let runs succeed without running steps"
    )
    parser.add_argument("--transcript", metavar="FILE", help="write every request as a JSON line")
    parser.add_argument(
        "--repositories", metavar="DIR", type=Path, default=FIXTURES, help="folder of owner/name folders"
    )
    parser.add_argument(
        "--state-file", metavar="FILE", type=Path, help="write the settings to this file as NAME=value lines"
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("command", nargs="*", help="command to run; without one, serve until interrupted")
    return parser


def main(arguments: t.Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(128 + signal.SIGTERM))
    with (
        tempfile.TemporaryDirectory(prefix="emulator-launch-") as folder,
        Emulator(
            tls=options.tls,
            ghes=options.ghes,
            execute=options.execute,
            transcript=options.transcript,
            port=options.port,
        ) as github,
    ):
        settings = _settings(github, _build_world(github, options.repositories), Path(folder))
        if options.state_file is not None:
            _write_private(options.state_file, "".join(f"{name}={value}\n" for name, value in settings.items()))
        return _run(options.command, settings) if options.command else _serve(settings)


def _build_world(github: Emulator, folder: Path) -> str:
    """Every folder owner/name becomes a repository, and an App is installed on each owner. Returns the key and id."""
    owners: set[str] = {OWNER}
    for repository in sorted(folder.glob("*/*")):
        if repository.is_dir() and not repository.name.startswith("."):
            github.add_repository(f"{repository.parent.name}/{repository.name}", directory=repository)
            owners.add(repository.parent.name)
    app = github.add_app(APP)
    app.permissions = dict(PERMISSIONS)
    for owner in sorted(owners):
        app.install(owner, "all", PERMISSIONS)
    return app.slug


def _settings(github: Emulator, slug: str, folder: Path) -> dict[str, str]:
    app = next(app for app in github.world.apps if app.slug == slug)
    key = folder / "app.pem"
    _write_private(key, app.private_key)
    settings = {
        "GITHUB_API_URL": github.api_url,
        "GITHUB_APP_CLIENT_ID": app.client_id,
        "GITHUB_APP_PRIVATE_KEY_PATH": str(key),
        "EMULATOR_URL": f"{github.base_url}/_emulator",
        "EMULATOR_TOKEN": github.add_token("classic", scopes=["repo"]),
    }
    if github.ca_file is not None:
        settings |= dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), github.ca_file)
    return settings


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _environment(settings: t.Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what would lead the command elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in REMOVED and not name.startswith("GITHUB_APP_") and not name.upper().endswith("_PROXY")
    }
    return {**kept, **settings}


def _run(command: list[str], settings: t.Mapping[str, str]) -> int:
    try:
        process = subprocess.Popen(command, env=_environment(settings))
    except OSError as error:
        sys.stderr.write(f"emulator: cannot run {command[0]}: {error.strerror}\n")
        return 127
    try:
        code = process.wait()
    except KeyboardInterrupt:
        code = process.wait()
    except SystemExit:
        process.terminate()
        process.wait()
        raise
    return code if code >= 0 else 128 - code


def _serve(settings: t.Mapping[str, str]) -> int:
    sys.stdout.write("".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()))
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    return 0
