# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""From words to a command: loads the one that is asked for, and makes of every error one line and a status."""

from __future__ import annotations

import importlib
import typing as t

from ..errors import InfradispatchError, InvalidInput
from . import exits
from .gather import Asked, gather
from .inputs import Inputs, closest, shown_name
from .options import OUTPUT
from .parser import Command, help_of, read_arguments
from .streams import Desk, Streams

COMMANDS = {
    "send": "send an event, and wait for the run it starts when asked to",
    "plan": "send what a Terraform plan, drift check or apply has found",
    "wait": "wait for the run of an event, or look how it stands",
    "doctor": "tell who would hear an event and whether it may be sent",
    "external": 'preview for Terraform\'s data "external": read-only, sends nothing',
}


class Call(t.NamedTuple):
    """A command as it was called."""

    arguments: dict[str, t.Any]
    inputs: Inputs
    desk: Desk
    command: Command

    @property
    def positional(self) -> str | None:
        """Return the word that is no option."""
        return t.cast("str | None", self.arguments.get("positional"))

    def gather(self, request: t.Mapping[str, t.Any] | None = None) -> Asked:
        """Return the options by arguments, request and environment."""
        return gather(self.command.known, self.arguments, self.inputs, self.desk.streams.env, request)


def run(words: t.Sequence[str], streams: Streams | None = None) -> int:
    """Do what the words say; return the status to exit with."""
    desk = Desk(streams or Streams.of_process())
    return guarded(desk, lambda: _run(words, desk))


def guarded(desk: Desk, work: t.Callable[[], int]) -> int:
    """Return the status of the work; whatever goes wrong becomes one line for people."""
    try:
        return work()
    except InfradispatchError as error:
        desk.fail(error)
        return error.exit_code
    except KeyboardInterrupt:
        desk.tell("Interrupted. What was sent stays sent, and a run that was started goes on.")
        return exits.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the outer edge: people get one line, and no secret in a traceback
        _own_bug(desk, error)
        return exits.BUG


def _own_bug(desk: Desk, error: Exception) -> None:
    """Tell of a bug: what kind and where, the rest on request only."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" ({frame.filename.replace(chr(92), '/').rpartition('/')[2]}:{frame.lineno})" for frame in last)
    debug = bool(desk.streams.env.get("INFRADISPATCH_DEBUG"))
    if debug:
        desk.trace("".join(traceback.format_exception(None, error, error.__traceback__)))
    advice = "" if debug else " Set INFRADISPATCH_DEBUG=1 for details, and please report it."
    desk.tell(f"Error: internal error: {type(error).__name__}{where}.{advice}")


def _run(words: t.Sequence[str], desk: Desk) -> int:
    """Find the command, read its arguments and run it."""
    name, rest = (words[0], words[1:]) if words else ("--help", ())
    if name in ("-h", "--help", "help") or name == "--version":
        desk.give_text(_version() if name == "--version" else _overview())
        return exits.OK
    if name not in COMMANDS:
        shown = shown_name(name.lstrip("-"))
        raise InvalidInput(f"There is no command {shown}.", closest(name.lstrip("-"), COMMANDS))
    module = importlib.import_module(f".{name}", __package__)
    command: Command = module.COMMAND
    if {"-h", "--help"} & set(rest):
        desk.give_text(help_of(command))
        return exits.OK
    desk.as_json = command.reports and _wants_json(rest, desk.streams.env)
    arguments = read_arguments(command, rest)
    call = Call(arguments, Inputs(desk.streams), desk, command)
    if command.reports:
        _read_output(call)
    return t.cast(int, module.run(call))


def _wants_json(words: t.Sequence[str], env: t.Mapping[str, str]) -> bool:
    """Tell whether programs read, before anything can be found wrong with the arguments."""
    said = [word.partition("=")[2] for word in words if word.startswith("--output=")]
    said += [after for word, after in zip(words, words[1:]) if word == "--output"]
    return (said or [env.get("INFRADISPATCH_OUTPUT", "")])[-1] == "json"


def _read_output(call: Call) -> None:
    """Set how the desk tells."""
    asked = gather(OUTPUT, call.arguments, call.inputs, call.desk.streams.env).options
    form = asked.get("output", "text")
    if form not in ("text", "json"):
        raise InvalidInput("output is neither text nor json.", "Leave it out for text.")
    call.desk.as_json = form == "json"
    call.desk.progress = asked.get("progress")


def _version() -> str:
    """Return the version."""
    from ..version import VERSION

    return f"infradispatch {VERSION}\n"


def _overview() -> str:
    """Return the help of the whole."""
    commands = "\n".join(f"  {name:9} {summary}" for name, summary in COMMANDS.items())
    return f"""usage: infradispatch COMMAND [options]

Turn an infrastructure change into a GitHub Actions run, by repository_dispatch, and bring
its verdict back.

commands:
{commands}

  infradispatch COMMAND --help tells more; infradispatch --version tells the version.

examples:
  infradispatch doctor --repository acme/site --event-type infra-changed
  echo '{{"repository": "acme/site", "event_type": "infra-changed"}}' | infradispatch send - --wait
  terraform plan -json | infradispatch plan - --repository acme/site

exit status:
{exits.table()}
"""
