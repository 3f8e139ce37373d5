# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How commands of a Terraform run: programs of our own stand in for it, which do what a real one does rarely."""

from __future__ import annotations

import os
import sys
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes import terraform_program
from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform_program import Program, shown
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import (
    InvalidInput,
    MissingLibrary,
    TerraformFailed,
)

Make = t.Callable[..., Program]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that makes a program which runs some Python."""

    def program(code: str, deadline: float = 60, **env: str) -> Program:
        file = tmp_path / "terraform"
        file.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{code}\n", encoding="utf-8")
        file.chmod(0o755)
        (tmp_path / "room").mkdir(mode=0o700, exist_ok=True)
        (tmp_path / "site").mkdir(exist_ok=True)
        return Program(str(tmp_path / "site"), str(file), str(tmp_path / "room"), env, deadline)

    return program


def test_commands_are_worded_by_the_library_and_run_here(make: Make, tmp_path: Path) -> None:
    program = make("print(os.getcwd(), *sys.argv[1:])")
    done = program.terraform.plan(out="saved", json=program.flag, var=None, target=["a.b", "c.d"], refresh=False)
    folder, *words = Path(done.output).read_text(encoding="utf-8").split()
    assert folder == str(tmp_path / "site")
    assert words[0] == "plan"
    assert set(words) >= {"-out=saved", "-json", "-target=a.b", "-target=c.d", "-refresh=false", "-input=false"}
    assert not [word for word in words if word.startswith("-var")]
    assert (done.status, done.errors) == (0, [])


def test_nothing_is_read_from_standard_input_and_the_environment_is_the_given_one(make: Make) -> None:
    program = make("print(sys.stdin.read() == '', sorted(os.environ))", MINE="1", TF_INPUT="yes")
    text = Path(program.terraform.show().output).read_text(encoding="utf-8")
    names = text.partition(" ")[2]
    assert text.startswith("True")
    assert "'MINE', 'TF_INPUT', 'TF_IN_AUTOMATION'" in names
    assert "HOME" not in names


def test_the_headlines_of_errors_are_told_and_nothing_below_them(make: Make) -> None:
    said = "\n".join(
        [
            "\x1b[31m╷\x1b[0m",
            "\x1b[31m│\x1b[0m \x1b[1mError: \x1b[0mInvalid value for variable",
            "│ ",
            "│   on main.tf line 3: the value is hunter2",
            "╵",
            "Error: Invalid value for variable",
            "Error: token ghp_" + "a" * 36 + " is bad",
            "Error: " + "x" * 900,
        ]
    )
    done = make(f"sys.stderr.write({said!r}); sys.exit(3)").terraform.show()
    assert done.status == 3
    assert done.errors[0] == "Invalid value for variable"
    assert len(done.errors) == 3
    assert "hunter2" not in str(done.errors)
    assert "ghp_" not in str(done.errors)
    assert len(done.errors[2]) < 250


def test_one_that_does_not_end_is_asked_to_stop(make: Make, tmp_path: Path) -> None:
    note = tmp_path / "note"
    code = f"""
def stop(*_unused):
    open({str(note)!r}, "w").write("lock released"); sys.exit(1)
signal.signal(signal.SIGINT, stop)
time.sleep(600)
"""
    with pytest.raises(TerraformFailed, match=r"`terraform show` was ended, since all of it took longer than 1 s\."):
        make(code, 1).terraform.show()
    assert note.read_text(encoding="utf-8") == "lock released"


def test_one_that_does_not_stop_is_ended_with_what_it_has_started(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform_program, "_GRACE", 0.5)
    note = tmp_path / "pid"
    code = f"""
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = os.fork()
if not child:
    open({str(note)!r}, "w").write(str(os.getpid()))
time.sleep(600)
"""
    with pytest.raises(TerraformFailed):
        make(code, 2).terraform.show()
    assert _is_gone(int(note.read_text(encoding="utf-8")))


def test_the_deadline_is_for_all_commands_together(make: Make) -> None:
    program = make("time.sleep(0.3)", 2)
    with pytest.raises(TerraformFailed, match="took longer than 2 s"):
        _many(program)


def test_an_interrupt_stops_it_too(make: Make, tmp_path: Path) -> None:
    """As Ansible's end by Ctrl-C: what raises here leaves no Terraform behind that holds a lock."""
    note = tmp_path / "pid"
    program = make(f"open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)")

    def interrupt() -> None:
        while not (note.exists() and note.read_text(encoding="utf-8")):
            time.sleep(0.02)
        os.kill(os.getpid(), 2)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        program.terraform.show()
    thread.join()
    assert _is_gone(int(note.read_text(encoding="utf-8")))


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match=r"There is no folder .*nowhere\."):
        Program(str(tmp_path / "nowhere"), "sh", str(tmp_path), dict(os.environ), 1)
    with pytest.raises(InvalidInput, match=r"There is no program no-terraform\. Install"):
        Program(str(tmp_path), "no-terraform", str(tmp_path), dict(os.environ), 1)
    monkeypatch.setitem(sys.modules, "python_terraform", None)
    with pytest.raises(MissingLibrary, match="python-terraform is not installed where the task runs"):
        Program(str(tmp_path), "sh", str(tmp_path), dict(os.environ), 1)


def test_a_program_that_is_none_is_an_error_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "terraform"
    file.write_bytes(b"\0\1\2")
    file.chmod(0o755)
    program = Program(str(tmp_path), str(file), str(tmp_path), dict(os.environ), 5)
    with pytest.raises(TerraformFailed, match="Terraform does not start: Exec format error"):
        program.terraform.show()


def test_a_sentence_is_shown_in_one_line() -> None:
    assert shown(" a\n  b\t c ") == "a b c"


def _many(program: Program) -> None:
    """Run more commands than there is time for."""
    for _number in range(60):
        program.terraform.show()


def _is_gone(pid: int) -> bool:
    """Wait until a process is no more, or nothing but a line in the table."""
    for _try in range(250):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False
