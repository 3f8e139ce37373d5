# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for hashicorp/external, row by row of what was measured with version 2.4.0 of the real one.

Not shown here: what goes to the TRACE log, which a provider that Terraform did not start writes nowhere; and the value
of 70 MB, which takes ten seconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t

import pytest
from terraform.support.provider import Provider
from terraform.support.terraform import Workspace

CONFIGURATION = """
data "external" "x" {{
  program = {program}
  {more}
}}
output "result" {{ value = data.external.x.result }}
"""
UNEXPECTED = "Unexpected External Program Results"


def configure(workspace: Workspace, program: t.Sequence[str | None], more: str = "") -> Workspace:
    """Write a configuration with one data source."""
    return workspace.write(CONFIGURATION.format(program=json.dumps(program), more=more)).init()


def says(data: bytes, status: int = 0, stderr: str = "") -> list[str]:
    """Return a program that says something."""
    code = f"import os, sys; os.write(1, {data!r}); os.write(2, {stderr.encode()!r}); sys.exit({status})"
    return ["python3", "-c", code]


GOOD: dict[str, tuple[bytes, t.Any]] = {
    "null in it": (b'{"a":null}', {"a": ""}),
    "null": (b"null", None),
    "empty object": (b"{}", {}),
    "whitespace around": (b' \t\r\n{"a": "1"}\n\n', {"a": "1"}),
    "invalid UTF-8": (b'{"a":"x\xffy"}', {"a": "x\ufffdy"}),
    "lone surrogate": (b'{"a":"\\ud800"}', {"a": "\ufffd"}),
    "pair of surrogates": (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    "NUL": (b'{"a":"x\\u0000y"}', {"a": "x\0y"}),
    "twice the same key": (b'{"a":"1","a":"2"}', {"a": "2"}),
}
BAD: dict[str, tuple[bytes, str]] = {
    "number": (b'{"a":1}', "cannot unmarshal number into Go value of type string"),
    "truth value": (b'{"a":true}', "cannot unmarshal bool into Go value of type string"),
    "nested": (b'{"a":{"b":"c"}}', "cannot unmarshal object into Go value of type string"),
    "list": (b'["a"]', "cannot unmarshal array"),
    "text": (b'"a"', "cannot unmarshal string"),
    "nothing": (b"", "unexpected end of JSON input"),
    "text before": (b'hello {"a":"1"}', ""),
    "text after": (b'{"a":"1"} bye', ""),
    "two objects": (b'{"a":"1"}{"b":"2"}', ""),
    "byte order mark": (b'\xef\xbb\xbf{"a":"1"}', r"invalid character '\ufeff'"),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_is_accepted(workspace: Workspace, provider: Provider, case: str) -> None:
    """Rows of the first table: results."""
    data, expected = GOOD[case]
    configure(workspace, says(data)).apply()
    assert workspace.outputs().get("result") == expected
    assert len(provider.ran) == 1


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(workspace: Workspace, provider: Provider, case: str) -> None:
    """Rows of the first table: errors."""
    data, words = BAD[case]
    done = configure(workspace, says(data)).run("plan", status=1)
    assert UNEXPECTED in done.text
    assert words in done.text
    assert provider.ran[0].stdout == data


def test_standard_error_of_a_success_is_seen_by_nobody(workspace: Workspace, provider: Provider) -> None:
    """Exit 0 with stderr."""
    done = configure(workspace, says(b"{}", stderr="whisper")).apply()
    assert "whisper" not in done.text
    assert provider.ran[0].stderr == "whisper"


def test_standard_error_of_a_failure_is_shown_whole(workspace: Workspace, provider: Provider) -> None:
    """Exit 3 with stderr: all of it, and nothing of stdout."""
    code = "import os; os.write(1, b'LO' + b'UD'); os.write(2, b'first\\nsecond'); raise SystemExit(3)"
    done = configure(workspace, ["python3", "-c", code]).run("plan", status=1)
    assert "Error Message: first second" in done.text
    assert "State: exit status 3" in done.text
    assert provider.ran[0].stdout == b"LOUD"
    assert "LOUD" not in done.text


@pytest.mark.parametrize(
    ("code", "state"),
    [("sys.exit(3)", "State: exit status 3"), ("os.kill(os.getpid(), 15)", "State: signal: terminated")],
)
@pytest.mark.usefixtures("provider")
def test_a_failure_without_words(workspace: Workspace, code: str, state: str) -> None:
    """Exit 3 without stderr, and a signal."""
    done = configure(workspace, ["python3", "-c", f"import os, sys; {code}"]).run("plan", status=1)
    assert "returned no additional error messaging" in done.text
    assert state in done.text


@pytest.mark.parametrize(("streams", "waits"), [("", True), ("stdin=N, stdout=N, stderr=N", False)])
@pytest.mark.usefixtures("provider")
def test_a_child_in_the_background_is_waited_for(workspace: Workspace, streams: str, waits: bool) -> None:
    """It holds the output open, unless it has none of the three."""
    code = f"import subprocess; N = subprocess.DEVNULL; subprocess.Popen(['sleep', '3'], {streams}); print('{{}}')"
    configure(workspace, ["python3", "-W", "ignore", "-c", code])
    began = time.monotonic()
    workspace.run("plan")
    assert (time.monotonic() - began >= 3) is waits


@pytest.mark.usefixtures("provider")
def test_a_large_value(workspace: Workspace) -> None:
    """There is no limit at 3 MB."""
    configure(workspace, ["python3", "-c", 'print(\'{"a":"\' + "x" * 3_000_000 + \'"}\')']).apply()
    assert len(workspace.outputs()["result"]["a"]) == 3_000_000


QUERIES = {
    "": {},
    "query = { a = null, b = 1, c = true, d = 1.50, e = 12345678901234567890 }": {
        "b": "1",
        "c": "true",
        "d": "1.5",
        "e": "12345678901234567890",
    },
    'query = { a = "<&> ü \\n" }': {"a": "<&> ü \n"},
}


@pytest.mark.parametrize("more", QUERIES)
@pytest.mark.usefixtures("provider")
def test_the_query(workspace: Workspace, more: str) -> None:
    """One object of texts, null left out, without a newline at its end."""
    code = "import json, sys; text = sys.stdin.read(); print(json.dumps({'text': text}))"
    configure(workspace, ["python3", "-c", code], more).apply()
    text = workspace.outputs()["result"]["text"]
    assert json.loads(text) == QUERIES[more]
    assert text == text.rstrip()


def test_a_list_in_the_query(workspace: Workspace, provider: Provider) -> None:
    """An error of the configuration: the program does not run."""
    configure(workspace, ["true"], "query = { a = [1] }").run("plan", status=1)
    assert not provider.ran


@pytest.mark.usefixtures("provider")
def test_words_of_the_program(workspace: Workspace) -> None:
    """No shell; empty words and null fall out."""
    code = "import json, sys; print(json.dumps({'words': json.dumps(sys.argv[1:])}))"
    configure(workspace, ["python3", "-c", code, "$HOME", "", None, "`id`"]).apply()
    assert json.loads(workspace.outputs()["result"]["words"]) == ["$HOME", "`id`"]


@pytest.mark.parametrize("program", [["", None], ["no-such-program"], ["./no-such-program"]])
def test_no_program(workspace: Workspace, provider: Provider, program: list[str | None]) -> None:
    """None at all, and none that is found."""
    done = configure(workspace, program).run("plan", status=1)
    assert "External Program" in done.text
    assert not provider.ran


class TestFinding:
    """The program is looked for from Terraform's folder and run from working_dir."""

    @pytest.fixture(autouse=True)
    def script(self, workspace: Workspace, provider: Provider) -> None:
        """A program in a folder below."""
        path = workspace.folder / "sub" / "prog.sh"
        path.parent.mkdir()
        path.write_text('#!/bin/sh\nprintf \'{"cwd":"%s"}\' "$PWD"\n', encoding="utf-8")
        path.chmod(0o755)

    def test_by_a_path_from_here(self, workspace: Workspace) -> None:
        """Without working_dir both are the same folder: that of Terraform."""
        configure(workspace, ["./sub/prog.sh"]).apply()
        assert workspace.outputs()["result"]["cwd"] == str(workspace.folder)

    def test_by_a_path_that_is_right_from_here_only(self, workspace: Workspace) -> None:
        """Found, and then not there."""
        done = configure(workspace, ["sub/prog.sh"], 'working_dir = "sub"').run("plan", status=1)
        assert "no such file or directory" in done.text

    def test_by_an_absolute_path(self, workspace: Workspace) -> None:
        """Right from everywhere."""
        configure(workspace, [str(workspace.folder / "sub/prog.sh")], 'working_dir = "sub"').apply()
        assert workspace.outputs()["result"]["cwd"] == str(workspace.folder / "sub")

    def test_by_a_bare_name(self, workspace: Workspace, provider: Provider) -> None:
        """Needs the PATH."""
        configure(workspace, ["prog.sh"]).run("plan", status=1)
        workspace.env["PATH"] = f"{workspace.folder / 'sub'}:{workspace.env['PATH']}"
        provider.work_at(workspace.folder, workspace.env)
        workspace.run("plan")

    def test_that_may_not_be_run(self, workspace: Workspace) -> None:
        """The executable bit is needed."""
        (workspace.folder / "sub" / "prog.sh").chmod(0o644)
        configure(workspace, ["./sub/prog.sh"]).run("plan", status=1)


@pytest.mark.usefixtures("provider")
def test_the_environment(workspace: Workspace, provider: Provider) -> None:
    """That of Terraform, and what its plugins get."""
    workspace.env["MINE"] = "here"
    provider.work_at(workspace.folder, workspace.env)
    names = ["MINE", "TF_PLUGIN_MAGIC_COOKIE", "PLUGIN_CLIENT_CERT", "PLUGIN_MIN_PORT", "PLUGIN_PROTOCOL_VERSIONS"]
    code = f"import json, os; print(json.dumps({{name: os.environ.get(name, '') for name in {names!r}}}))"
    configure(workspace, ["python3", "-c", code]).apply()
    found = workspace.outputs()["result"]
    assert found["MINE"] == "here"
    assert all(found.values())


def test_ten_at_once(workspace: Workspace, provider: Provider) -> None:
    """As many as -parallelism says."""
    code = "import json, time; began = time.time(); time.sleep(1); print(json.dumps({'from': str(began)}))"
    configure(workspace, ["python3", "-c", code], "count = 12").write(
        CONFIGURATION.format(program=json.dumps(["python3", "-c", code]), more="count = 12").replace(
            "data.external.x.result", "data.external.x[*].result"
        )
    ).apply()
    began = sorted(float(one["from"]) for one in workspace.outputs()["result"])
    assert len(provider.ran) == 12
    assert began[9] - began[0] < began[10] - began[0]
    assert began[10] - began[0] >= 1


RUNS: dict[str, tuple[list[list[str]], int]] = {
    "validate": ([["validate"]], 0),
    "show of a plan": ([["show", "-json", "saved"]], 0),
    "show of the state": ([["show", "-json"]], 0),
    "output": ([["output", "-json"]], 0),
    "state pull": ([["state", "pull"]], 0),
    "apply of a saved plan": ([["apply", "saved"]], 0),
    "plan of something else": ([["plan", "-target=terraform_data.other"]], 0),
    "plan": ([["plan"]], 1),
    "plan into a file": ([["plan", "-out=again"]], 1),
    "plan without refresh": ([["plan", "-refresh=false"]], 1),
    "plan of a refresh only": ([["plan", "-refresh-only"]], 1),
    "plan with detailed status": ([["plan", "-detailed-exitcode"]], 1),
    "plan of a destroy": ([["plan", "-destroy"]], 1),
    "plan of what depends on it": ([["plan", "-target=terraform_data.dependent"]], 1),
    "apply": ([["apply", "-auto-approve"]], 1),
    "apply of a refresh only": ([["apply", "-auto-approve", "-refresh-only"]], 1),
    "refresh": ([["refresh"]], 1),
    "destroy": ([["destroy", "-auto-approve"]], 1),
}


@pytest.mark.parametrize("case", RUNS)
def test_runs_for_each_command(workspace: Workspace, provider: Provider, case: str) -> None:
    """The second table: how often the program runs."""
    workspace.write(
        'resource "terraform_data" "other" {}\n'
        'resource "terraform_data" "dependent" { input = data.external.x.result }\n',
        "more.tf",
    )
    configure(workspace, says(b'{"a":"1"}'))
    if case != "apply of a saved plan":
        workspace.apply()
    workspace.run("plan", "-out=saved")
    commands, expected = RUNS[case]
    provider.ran.clear()
    for command in commands:
        workspace.run(*command)
    assert len(provider.ran) == expected


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("query = { a = terraform_data.other.id }", "read_because_config_unknown"),
        ("depends_on = [terraform_data.other]", "read_because_dependency_pending"),
    ],
)
def test_runs_with_something_unknown(workspace: Workspace, provider: Provider, more: str, reason: str) -> None:
    """Not at the plan then, but at the apply; and at the next plan again."""
    workspace.write('resource "terraform_data" "other" {}\n', "more.tf")
    configure(workspace, says(b'{"a":"1"}'), more).run("plan", "-out=saved")
    changes = workspace.show("saved")["resource_changes"]
    (change,) = [one for one in changes if one["mode"] == "data"]
    assert (len(provider.ran), change["change"]["actions"], change["action_reason"]) == (0, ["read"], reason)
    workspace.run("apply", "saved")
    assert len(provider.ran) == 1
    workspace.run("plan", "-detailed-exitcode")
    assert len(provider.ran) == 2


@pytest.mark.parametrize(("output", "status"), [("data.external.x.result", 2), ('"fixed"', 0)])
@pytest.mark.usefixtures("provider")
def test_a_result_that_changes(workspace: Workspace, output: str, status: int) -> None:
    """Is a change when an output shows it, and none otherwise."""
    code = 'import time; print(\'{"a":"%s"}\' % time.time())'
    configure(workspace, ["python3", "-c", code])
    workspace.write((workspace.folder / "main.tf").read_text().replace("data.external.x.result", output))
    workspace.apply()
    workspace.run("plan", "-detailed-exitcode", status=status)


@pytest.mark.usefixtures("provider")
def test_a_secret_query_is_kept_in_the_clear(workspace: Workspace) -> None:
    """In state and plan, and the result is not even marked: why the helper refuses credentials there."""
    workspace.write('variable "pw" {\n  sensitive = true\n  default = "ZZ-CANARY"\n}\n', "more.tf")
    code = "import sys; print(sys.stdin.read())"
    configure(workspace, ["python3", "-c", code], "query = { pw = var.pw }").run("plan", "-out=saved")
    assert "ZZ-CANARY" in json.dumps(workspace.show("saved")["planned_values"]["outputs"]["result"])
    done = workspace.run("apply", "saved")
    assert "ZZ-CANARY" in done.text
    assert workspace.state().count("ZZ-CANARY") >= 3


def test_an_ephemeral_query(workspace: Workspace, provider: Provider) -> None:
    """Is an error."""
    workspace.write('variable "pw" {\n  ephemeral = true\n  default = "x"\n}\n', "more.tf")
    done = configure(workspace, ["true"], "query = { pw = var.pw }").run("plan", status=1)
    assert "phemeral" in done.text
    assert not provider.ran


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_lets_the_program_finish(workspace: Workspace, provider: Provider, number: signal.Signals) -> None:
    """And then the plan says that it was halted."""
    flag, over = workspace.folder / "flag", workspace.folder / "over"
    code = f"import pathlib, time; pathlib.Path({str(flag)!r}).touch(); time.sleep(2); print('{{}}')"
    code += f"; pathlib.Path({str(over)!r}).touch()"
    configure(workspace, ["python3", "-c", code])
    before = provider.stopped
    running = subprocess.Popen(
        [workspace.terraform.program, "plan", "-no-color", "-input=false"],
        cwd=workspace.folder,
        env=workspace.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    limit = time.monotonic() + 30
    while not flag.exists() and time.monotonic() < limit:
        time.sleep(0.05)
    os.kill(running.pid, number)
    said, _nothing = running.communicate(timeout=60)
    assert running.returncode == 1
    assert over.exists()
    assert "execution halted" in said
    assert provider.stopped > before


def test_a_failing_check_is_a_warning(workspace: Workspace, provider: Provider) -> None:
    """The data source of a check runs at plan and at apply, and fails neither."""
    program = json.dumps(says(b'{"a":"bad"}'))
    workspace.write(
        f'check "c" {{\n  data "external" "x" {{ program = {program} }}\n'
        '  assert {\n    condition = data.external.x.result.a == "good"\n    error_message = "It is bad."\n  }\n}\n'
    ).init()
    done = workspace.apply()
    assert "Warning" in done.text
    assert "It is bad." in done.text
    assert len(provider.ran) == 2
    assert workspace.show()["checks"][0]["status"] == "fail"


def test_python_is_this_one(workspace: Workspace, provider: Provider) -> None:
    """What the programs above rely on: `python3` is that of the tests."""
    code = "import json, sys; print(json.dumps({'prefix': sys.prefix}))"
    configure(workspace, ["python3", "-c", code]).apply()
    assert workspace.outputs()["result"]["prefix"] == sys.prefix
    assert provider.ran[0].program[0] == "python3"
