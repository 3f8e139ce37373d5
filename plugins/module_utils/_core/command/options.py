# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The options of the commands, each described once: as an argument, and as a variable of the environment.

Names, meanings and defaults are those of the Ansible modules; a test holds both together.
"""

from __future__ import annotations

import typing as t

#: What an option holds: a text, a path, yes or no, a number, a list of words, a JSON value.
Kind = t.Literal["text", "path", "flag", "number", "words", "json"]

PREFIX = "INFRADISPATCH_"


class Option(t.NamedTuple):
    """An option. A ``secret`` one is no argument: what stands in the list of processes is no secret any more."""

    name: str
    kind: Kind
    help: str
    metavar: str = ""
    secret: bool = False
    aliases: tuple[str, ...] = ()
    repeatable: bool = False

    @property
    def flag_name(self) -> str:
        """Return the option as an argument."""
        return "--" + self.name.replace("_", "-")

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the variables of the environment that stand in for it."""
        return tuple(PREFIX + name.upper() for name in (self.name, *self.aliases))


CONNECTION = (
    Option("token", "text", "personal access token, or any ready token", secret=True),
    Option("app_id", "text", "App ID or client ID of a GitHub App", "ID", aliases=("client_id",)),
    Option("private_key", "text", "private key of the App", secret=True),
    Option("private_key_path", "path", "file with the private key of the App", "FILE"),
    Option("signer_command", "text", "program that signs for the App (KMS, HSM, Vault), with its arguments", "COMMAND"),
    Option("installation_id", "text", "installation of the App; found by the repository when left out", "ID"),
    Option("api_url", "text", "address of GitHub or its API (default: https://api.github.com)", "URL"),
    Option("validate_certs", "flag", "verify certificates (default: yes)"),
    Option("ca_path", "path", "further certificate authorities: a file or a folder", "PATH"),
    Option("client_cert", "path", "certificate of this client", "FILE"),
    Option("client_key", "path", "key of this client's certificate", "FILE"),
    Option("use_proxy", "flag", "use the proxy of the environment (default: yes)"),
    Option("timeout", "number", "limit for each request (default: 30)", "SECONDS"),
)
NOTIFY = (
    Option("notify_urls", "words", "webhooks that are told of a failure", secret=True),
    Option("notify_secret", "text", "signs these notices as GitHub signs its webhooks", secret=True),
)
REPOSITORY = Option("repository", "text", "where the event goes", "OWNER/NAME")
EVENT_TYPE = Option("event_type", "text", "type of the event, to which workflows listen", "TYPE")
DEADLINE = Option("deadline", "number", "limit for sending, without waiting for the run (default: 300)", "SECONDS")
_WAITING = (
    Option("wait_timeout", "number", "limit for waiting (default: 1800)", "SECONDS"),
    Option("find_timeout", "number", "limit for the run to appear (default: 180)", "SECONDS"),
    Option(
        "acceptable_conclusions",
        "words",
        "conclusions that count as good (default: success,skipped,neutral)",
        "WORDS",
    ),
)
DELIVERY = (
    Option("wait", "flag", "wait for the run, and fail when it does (default: no)"),
    *_WAITING,
    Option("cancel_on_timeout", "flag", "cancel the run when waiting takes too long (default: no)"),
    Option("on_unknown", "text", "when nobody knows whether the event arrived (default: fail)", "fail|resend"),
    Option("verify_receiver", "text", "look whether somebody listens (default: ignore)", "ignore|warn|require"),
    Option("max_parallel", "number", "events at once, with several repositories (default: 8)", "NUMBER"),
    DEADLINE,
)
TARGETS = (
    REPOSITORY,
    Option("repositories", "words", "several of them, as words or as a JSON list", "LIST"),
    EVENT_TYPE,
    Option("client_payload", "json", "what the event says: one JSON object; long ones by a file", "JSON"),
)
SENDING = (*TARGETS, *DELIVERY, *NOTIFY, *CONNECTION)
EXTRA = (
    Option("dispatch_id", "text", "id of the event, to send the same one again (default: a new one)", "ID"),
    Option("client_payload_file", "path", "file with client_payload; - is standard input", "FILE"),
)
FOUND = (
    Option(
        "kind", "text", "what it is about (default: custom)", "custom|changed|unchanged|failed|drift|planned|applied"
    ),
    Option("evidence", "json", "what was found: a JSON object with key, summary and changes", "JSON"),
)
SOURCE = (
    Option("source", "text", "what sends: cli or terraform (default: cli)", "TOOL"),
    *(
        Option(f"source_{name}", "text", f"{what}, told to the receiver", name.upper())
        for name, what in (
            ("name", "name of what has changed, such as the workspace"),
            ("repository", "repository of the configuration"),
            ("ref", "its branch or tag"),
            ("sha", "its commit"),
            ("url", "a page for people, such as the run of the pipeline"),
            ("version", "version of the tool that found it"),
        )
    ),
)
RUNS = (
    REPOSITORY,
    Option("dispatch_id", "text", "id of the event", "ID"),
    Option("run_id", "text", "id of the run", "NUMBER"),
    Option("wait", "flag", "wait until the run is over (default: yes)"),
    *_WAITING,
    Option("log_lines", "number", "last lines of the logs of failed jobs (default: 0)", "NUMBER"),
    *NOTIFY,
    *CONNECTION,
)
ASKING = (REPOSITORY, EVENT_TYPE, DEADLINE, *CONNECTION)
OUTPUT = (
    Option("output", "text", "what is on standard output: text or json (default: text)", "FORM"),
    Option("progress", "flag", "tell what goes on (default: on a terminal only)"),
)
DRY_RUN = Option("dry_run", "flag", "show the event, send nothing, ask nobody")
