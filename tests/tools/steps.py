# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check there is, as a table at the end: group (`make GROUP`), name of its line and log, check, what it needs."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import workflows
from ansible_tests import ansible_test
from place import COLLECTIONS, DEV, EDIT, ROOT, TREE, VENV_BIN, find_python
from runner import Log, Step, StepFailed

Check = Callable[[Log], None]

PY = VENV_BIN / "python"
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
TARGET_PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
CORE = "plugins/module_utils/_core"
COVERED = 95.0  # per cent, of lines and of branches
COVERAGE = DEV / "coverage" / "report.json"
DIST, INSTALLED = DEV / "dist", DEV / "installed"


def tool(name: str, *arguments: str, cwd: Path = ROOT) -> Check:
    """Return a check that runs one tool of the virtual environment."""
    return lambda log: log.run(VENV_BIN / name, *arguments, cwd=cwd)


def suite(folder: str, *arguments: str) -> Check:
    """Return a check that runs a folder of tests with pytest, on the checkout under the collection's name."""
    return lambda log: pytest(log, *arguments, folder)


def pytest(log: Log, *arguments: str, **more: str) -> None:
    """Run pytest so that it sees the collection and the emulator; ``more`` are variables of its environment."""
    env = {"PYTHONPATH": f"{EDIT}:{ROOT / 'tests'}", "ANSIBLE_COLLECTIONS_PATH": str(EDIT), **more}
    log.run(PY, "-m", "pytest", "-q", *arguments, env=env)


def at_the_emulator(log: Log, *command: str | Path, cwd: Path, collections: Path = COLLECTIONS) -> None:
    """Run a command with the local GitHub around it."""
    env = {"PYTHONPATH": TREE / "tests", "ANSIBLE_COLLECTIONS_PATH": collections}
    log.run(PY, "-m", "emulator", "--tls", "--", *command, cwd=cwd, env=env)


def shell(log: Log) -> None:
    """Check every shell script, with or without a suffix."""
    scripts = [path for path in TREE.rglob("*") if path.is_file() and _is_script(path)]
    log.run(VENV_BIN / "shellcheck", *sorted(scripts))


def _is_script(path: Path) -> bool:
    """Tell whether a file of the tree is a shell script."""
    if ".git" in path.parts or path.suffix not in ("", ".sh"):
        return False
    first = path.read_bytes()[:40].splitlines()[:1]
    return bool(first) and first[0].startswith(b"#!") and first[0].endswith(b"sh")


def workflow_files(log: Log) -> None:
    """Check all workflows that we run or show: syntax by actionlint, security by zizmor."""
    collected = DEV / "workflows"
    shutil.rmtree(collected, ignore_errors=True)
    files = workflows.find(ROOT, collected)
    if not files:
        raise StepFailed("no workflow found")
    log.run(VENV_BIN / "actionlint", *files)
    log.run(VENV_BIN / "zizmor", "--offline", "--no-progress", *files)


def unit_with_coverage(log: Log) -> None:
    """Run the unit tests and hold lines and branches of the core to their share, each by itself."""
    report = f"--cov-report=json:{COVERAGE}"
    pytest(log, "-n", "auto", "--cov", "--cov-report=term-missing:skip-covered", report, "tests/unit")
    totals = json.loads(COVERAGE.read_text(encoding="utf-8"))["totals"]
    for what in ("statements", "branches"):
        share = totals[f"percent_{what}_covered"]
        if share < COVERED:
            raise StepFailed(f"{what} of the core are covered to {share:.1f} %, {COVERED:g} % are promised")


def core_alone(log: Log) -> None:
    """Prove that the core needs no Ansible, in an interpreter that knows nothing of this environment."""
    log.run(PY, "-I", ROOT / "tests" / "tools" / "core_alone.py", ROOT / CORE)


def sanity(log: Log) -> None:
    """All sanity tests on the Python of this environment."""
    ansible_test(log, VENV_BIN, "sanity", "--venv", "--python", VERSION)


def sanity_targets(log: Log) -> None:
    """Compile and import on every target Python that is promised and present."""
    present = [version for version in TARGET_PYTHONS if find_python(version)]
    absent = [version for version in TARGET_PYTHONS if version not in present]
    if absent:
        sys.stdout.write(f"(no Python {', '.join(absent)} here) ")
    targets = [word for version in present for word in ("--target-python", version)]
    tests = ("--test", "compile", "--test", "import")
    ansible_test(log, VENV_BIN, "sanity", "--controller", f"origin:python={VERSION}", *targets, *tests)


def units(log: Log) -> None:
    """Run the unit tests as ansible-test does, in an environment of its own."""
    ansible_test(log, VENV_BIN, "units", "--venv", "--python", VERSION)


def integration(log: Log) -> None:
    """Run all integration targets."""
    ansible_test(log, VENV_BIN, "integration", "--venv", "--python", VERSION)


def molecule(log: Log) -> None:
    """Run all scenarios against the local GitHub, with a Terraform at hand."""
    around = (PY, "-m", "terraform.support")
    at_the_emulator(log, *around, VENV_BIN / "molecule", "test", "--all", cwd=TREE / "extensions")


def build(log: Log) -> None:
    """Build the collection."""
    shutil.rmtree(DIST, ignore_errors=True)
    log.run(VENV_BIN / "ansible-galaxy", "collection", "build", "--output-path", DIST, cwd=TREE)


def import_check(log: Log) -> None:
    """Import the package as Galaxy would; an error there does not always show in the status."""
    log.run(PY, "-m", "galaxy_importer.main", _package(), cwd=DIST)
    if "Importer processing completed successfully" not in log.text():
        raise StepFailed("galaxy-importer did not say that it succeeded")


def installed(log: Log) -> None:
    """Install the package into an empty place and send an event from there."""
    shutil.rmtree(INSTALLED, ignore_errors=True)
    env = {"ANSIBLE_COLLECTIONS_PATH": INSTALLED}
    log.run(VENV_BIN / "ansible-galaxy", "collection", "install", "-p", INSTALLED, _package(), cwd=DIST, env=env)
    play = ROOT / "tests" / "tools" / "installed.yml"
    ansible_playbook = VENV_BIN / "ansible-playbook"
    at_the_emulator(log, ansible_playbook, "-v", play, cwd=INSTALLED, collections=INSTALLED)


def wheel(log: Log) -> None:
    """Build the wheel of the core, import it without anything else, install it without Ansible and run its command."""
    log.run(PY, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--wheel-dir", DIST, ROOT)
    package = next(DIST.glob("infradispatch-*.whl"))
    code = "import sys; sys.path.insert(0, sys.argv[1]); import infradispatch.errors, infradispatch.version"
    log.run(PY, "-I", "-c", code, package)
    place = DEV / "wheel"
    log.run(PY, "-m", "venv", "--clear", "--without-pip", place)
    pip = (PY, "-m", "pip", "--python", place, "install", "-q", "--no-deps")
    log.run(*pip, package)
    for how in ([place / "bin" / "infradispatch"], [place / "bin" / "python", "-I", "-m", "infradispatch.cli"]):
        log.run(*how, "--help")
        log.run(*how, "send", "--dry-run", "--repository", "acme/site", "--event-type", "infra-changed")


def _package() -> Path:
    """Return the collection's package that `build` made."""
    packages = sorted(DIST.glob("infradispatch-github-*.tar.gz"))
    if not packages:
        raise StepFailed("there is no package; `build` has failed")
    return packages[-1]


DOCS_LINT = (
    *("lint-collection-docs", "--plugin-docs", "--skip-rstcheck"),  # rstcheck stumbles over its own temporary names
    *("--validate-collection-refs=all", "--disallow-unknown-collection-refs", "."),
)

# Quick ones first; what uses the package after what builds it.
STEPS: Sequence[tuple[str, Step]] = (
    ("lint", Step("format", tool("ruff", "format", "--check", "."))),
    ("lint", Step("ruff", tool("ruff", "check", "."))),
    ("lint", Step("types", tool("mypy"))),
    ("lint", Step("yaml", tool("yamllint", "--strict", ".", cwd=TREE))),
    ("lint", Step("shell", shell)),
    ("lint", Step("workflows", workflow_files)),
    ("lint", Step("licences", tool("reuse", "lint", "--lines", cwd=TREE))),
    ("lint", Step("ansible-lint", tool("ansible-lint", "--offline", "-q", cwd=TREE), ("roles/*", "docs/examples"))),
    ("unit", Step("core-alone", core_alone, (CORE,))),
    ("unit", Step("unit", unit_with_coverage, ("tests/unit/plugins",))),
    ("docs-lint", Step("docs", tool("antsibull-docs", *DOCS_LINT, cwd=TREE))),
    ("docs-lint", Step("changelog", tool("antsibull-changelog", "lint", cwd=TREE), ("CHANGELOG.md",))),
    ("cases", Step("cases", suite("tests/cases", "-n", "auto"), ("tests/cases/**/test_*.py",))),
    ("terraform", Step("terraform", suite("tests/terraform", "-n", "auto"), ("tests/terraform/test_*.py",))),
    ("conformance", Step("conformance", suite("tests/conformance"), ("tests/conformance/**/test_*.py",))),
    ("molecule", Step("molecule", molecule, ("extensions/molecule/*/converge.yml", "roles/*"))),
    ("build", Step("build", build)),
    ("build", Step("installed", installed, ("tests/emulator",))),
    ("build", Step("wheel", wheel)),
    ("build", Step("galaxy-importer", import_check)),
    ("sanity", Step("sanity", sanity)),
    ("sanity", Step("sanity-targets", sanity_targets)),
    ("units", Step("units", units, ("tests/unit/plugins",))),
    ("integration", Step("integration", integration, ("tests/integration/targets/*/runme.sh",))),
)
