# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where subjects run: a copy of the collection, servers, certificates, an environment of nothing but what they need."""

from __future__ import annotations

import os
import shutil
import ssl
import sys
from pathlib import Path

import trustme
from measure import Cost, run
from server import Server

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SUBJECTS = HERE / "subjects"
PYTHON = Path(sys.executable)


class Testbed:
    """Everything that the subjects of all benchmarks share."""

    def __init__(self, folder: Path) -> None:
        """Lay it out below an empty folder. The copy keeps edits of the checkout out of a measurement."""
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.collections = folder / "collections"
        collection = self.collections / "ansible_collections" / "infradispatch" / "github"
        collection.mkdir(parents=True)
        for name in ("plugins", "meta"):
            shutil.copytree(ROOT / name, collection / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(ROOT / "galaxy.yml", collection)
        self.core = collection / "plugins" / "module_utils"
        self.ca, self.bundle, certificate = self._certificates()
        self.http, self.tls = Server(), Server(certificate)

    def _certificates(self) -> tuple[Path, Path, Path]:
        """Make an authority and a certificate; return the authority, the bundle with it, and the certificate."""
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        ca, bundle, certificate = (self.folder / name for name in ("ca.pem", "bundle.pem", "server.pem"))
        authority.cert_pem.write_to_path(str(ca))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
        bundle.write_bytes(_platform_bundle().read_bytes() + b"\n" + ca.read_bytes())
        return ca, bundle, certificate

    def env(self, **more: str | Path) -> dict[str, str]:
        """Return the environment of a subject."""
        path = [str(PYTHON.parent), os.environ.get("PATH", os.defpath)]
        own = {"PATH": os.pathsep.join(path), "HOME": self.home, "LANG": "C.UTF-8"}
        return {name: str(value) for name, value in {**own, **more}.items()}

    def trusting(self) -> dict[str, str]:
        """Return the variables by which every client loads the same bundle; Node.js adds to one of its own."""
        files = {"REQUESTS_CA_BUNDLE": self.bundle, "SSL_CERT_FILE": self.bundle, "NODE_EXTRA_CA_CERTS": self.ca}
        return {name: str(file) for name, file in files.items()}

    def script(self, name: str, *arguments: str | Path, env: dict[str, str] | None = None) -> Cost:
        """Run a Python subject in a fresh interpreter."""
        whole = self.env(PYTHONPATH=self.core, **(env or {}))
        return run([PYTHON, SUBJECTS / name, *arguments], whole, self.folder)

    def output(self) -> str:
        """Return what the last subject printed."""
        return (self.folder / "output.txt").read_text("utf-8")


def _platform_bundle() -> Path:
    """Return the file of all authorities that this platform trusts; the one of certifi where it has none."""
    paths = ssl.get_default_verify_paths()
    found = Path(paths.openssl_cafile)
    if paths.cafile and Path(paths.cafile).is_file():
        found = Path(paths.cafile)
    if not found.is_file():
        import certifi

        found = Path(certifi.where())
    return found
