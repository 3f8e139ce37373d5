# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Arguments of a command, and its help. No value that was given is ever shown: it may be a secret."""

from __future__ import annotations

import argparse
import re
import typing as t

from ..errors import InvalidInput
from . import exits
from .inputs import closest, shown_name
from .options import OUTPUT, Option


class Command(t.NamedTuple):
    """A command: what it is for, and what it takes beside the options that all have."""

    name: str
    summary: str
    options: tuple[Option, ...]
    examples: str
    positional: str = ""
    positional_help: str = ""
    reports: bool = True

    @property
    def known(self) -> tuple[Option, ...]:
        """Return all of its options."""
        return (*self.options, *OUTPUT) if self.reports else self.options


def read_arguments(command: Command, words: t.Sequence[str]) -> dict[str, t.Any]:
    """Return what the arguments say, by the names of the options; None where they say nothing.

    :raises InvalidInput: for arguments that are not known, and for secrets among them.
    """
    found, unknown = parser_of(command).parse_known_args(list(words))
    if unknown:
        names = [word.partition("=")[0] for word in unknown if word.startswith("-") and len(word) > 1]
        if not names:
            raise InvalidInput(f"{command.name} got {len(unknown)} words too many.", _help(command))
        hint = closest(names[0].lstrip("-"), [option.name for option in command.known]).replace("_", "-")
        raise InvalidInput(f"{command.name} has no option --{shown_name(names[0].lstrip('-'))}.", hint)
    return vars(found)


def help_of(command: Command) -> str:
    """Return the help of a command."""
    return parser_of(command).format_help()


def _help(command: Command) -> str:
    return f"See infradispatch {command.name} --help."


class _Parser(argparse.ArgumentParser):
    """Raises our own error, without the values that argparse would quote."""

    def error(self, message: str) -> t.NoReturn:
        """Refuse the arguments."""
        plain = re.sub(r"(['\"]).*\1", "(not shown)", message, flags=re.DOTALL)
        raise InvalidInput(f"{plain[:1].upper()}{plain[1:]}.", f"See {self.prog} --help.")


class _Refuse(argparse.Action):
    """Refuses a secret as an argument."""

    def __call__(self, parser: argparse.ArgumentParser, *_rest: t.Any) -> t.NoReturn:
        """Say where it belongs."""
        name = self.dest.upper()
        file = "--private-key-path" if self.dest == "private_key" else f"--{self.dest.replace('_', '-')}-file"
        raise InvalidInput(
            f"--{self.dest.replace('_', '-')} is a secret, which every user of this machine could read in the list of "
            "processes.",
            f"Put it into the environment variable INFRADISPATCH_{name}, or into a file for {file}. "
            "Replace the secret if this was a real one.",
        )


def parser_of(command: Command) -> argparse.ArgumentParser:
    """Return the parser of a command."""
    parser = _Parser(
        prog=f"infradispatch {command.name}",
        description=command.summary,
        epilog=_epilog(command),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    if command.positional:
        parser.add_argument("positional", metavar=command.positional, nargs="?", help=command.positional_help)
    for option in command.known:
        _add(parser, option)
    parser.add_argument("-h", "--help", action="store_true", help="show this text")
    return parser


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    """Add an option."""
    names = [option.flag_name, *("--" + alias.replace("_", "-") for alias in option.aliases)]
    if option.kind == "flag":
        parser.add_argument(*names, action=argparse.BooleanOptionalAction, help=option.help, dest=option.name)
        return
    if not option.secret:
        action = "append" if option.repeatable else "store"
        parser.add_argument(*names, help=option.help, metavar=option.metavar, dest=option.name, action=action)
        return
    parser.add_argument(*names, nargs="?", action=_Refuse, help=argparse.SUPPRESS, dest=option.name)
    if option.name != "private_key":
        parser.add_argument(
            f"{option.flag_name}-file",
            help=f"file with: {option.help}",
            metavar="FILE",
            dest=f"{option.name}_file",
        )


def _epilog(command: Command) -> str:
    """Return what stands below the options."""
    return f"""examples:
{command.examples.strip(chr(10))}

environment:
  Each option is also read from INFRADISPATCH_ and its name in capitals, such as
  INFRADISPATCH_REPOSITORY; lists as words with commas or blanks in between, or as JSON.
  Credentials are also read from GITHUB_TOKEN or GH_TOKEN, and for an App from
  GITHUB_APP_CLIENT_ID, GITHUB_APP_PRIVATE_KEY (the key) or GITHUB_APP_PRIVATE_KEY_PATH,
  and GITHUB_APP_INSTALLATION_ID; the address from GITHUB_API_URL. Secrets are never arguments.

exit status:
{exits.table()}
"""
