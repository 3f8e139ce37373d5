# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two providers inside of this process: `data "external"` of hashicorp/external, and `local_file` of hashicorp/local.

Terraform reaches them by TF_REATTACH_PROVIDERS, so nothing is installed and no registry is asked. `local_file` has the
attributes that are used here, and does with a file what the source of version 2.9.0 does: one that is not as it was
written counts as gone, and another content makes another file.
"""

from __future__ import annotations

import hashlib
import json
import os
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import external, wire

# Read when grpc is loaded: programs are started beside its threads, which is none of its business.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc

if t.TYPE_CHECKING:
    from typing_extensions import Self

ADDRESSES = ("registry.terraform.io/hashicorp/external", "registry.terraform.io/hashicorp/local")
_TEXTS, _MAP = ["list", "string"], ["map", "string"]
_DATA = {
    "id": ("string", "computed"),
    "program": (_TEXTS, "required"),
    "working_dir": ("string", "optional"),
    "query": (_MAP, "optional"),
    "result": (_MAP, "computed"),
}
_FILE = {
    "filename": ("string", "required"),
    "content": ("string", "required"),
    "file_permission": ("string", "optional"),
    "id": ("string", "computed"),
}


class Provider:
    """The server; a context manager. ``ran`` lists the programs that ran."""

    def __init__(self, socket: Path) -> None:
        """Take a path for the socket: short, since such paths have to be."""
        self.ran: list[external.Ran] = []
        self.stopped = 0
        self._socket = socket
        self._place = external.Place(Path.cwd(), {})
        self._server = grpc.server(ThreadPoolExecutor(max_workers=32))
        self._server.add_generic_rpc_handlers((self._service(), _controller(), _stdio()))
        self._server.add_insecure_port(f"unix:{socket}")

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._server.stop(None).wait()

    def work_at(self, folder: Path, env: t.Mapping[str, str]) -> None:
        """Run programs and find files from now on as if Terraform had started this provider there."""
        self._place = external.Place(folder, env)

    @property
    def variable(self) -> str:
        """Return the value for TF_REATTACH_PROVIDERS."""
        reached = {
            "Protocol": "grpc",
            "ProtocolVersion": 5,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": str(self._socket)},
        }
        return json.dumps(dict.fromkeys(ADDRESSES, reached))

    def _service(self) -> grpc.GenericRpcHandler:
        """Return the methods of the protocol."""
        handlers = {}
        for name, (request, response) in wire.METHODS.items():
            handlers[name] = grpc.unary_unary_rpc_method_handler(
                getattr(self, f"_{name}"),
                request_deserializer=wire.class_of(request).FromString,
                response_serializer=wire.class_of(response).SerializeToString,
            )
        return grpc.method_handlers_generic_handler("tfplugin5.Provider", handlers)

    # -- the providers themselves: nothing to configure, nothing to refuse

    def _GetSchema(self, _request: wire.Message, _context: object) -> wire.Message:  # noqa: N802 - as the protocol has it
        return wire.new(
            "Schemas",
            provider=_schema({}),
            resource_schemas=[wire.new("NamedSchema", key="local_file", value=_schema(_FILE))],
            data_source_schemas=[wire.new("NamedSchema", key="external", value=_schema(_DATA))],
        )

    def _PrepareProviderConfig(self, request: wire.Message, _context: object) -> wire.Message:  # noqa: N802
        return wire.new("PrepareResponse", prepared_config=request.config)

    def _nothing_wrong(self, _request: wire.Message, _context: object) -> wire.Message:
        return wire.new("Diagnostics")

    _ValidateResourceTypeConfig = _ValidateDataSourceConfig = _Configure = _nothing_wrong

    def _Stop(self, _request: wire.Message, _context: object) -> wire.Message:  # noqa: N802
        """Let programs that run come to their end, as the real one does."""
        self.stopped += 1
        return wire.new("StopResponse")

    # -- data "external"

    def _ReadDataSource(self, request: wire.Message, _context: object) -> wire.Message:  # noqa: N802
        config = wire.unpack(request.config)
        try:
            ran = external.run(config["program"], config["query"] or {}, config["working_dir"], self._place)
            self.ran.append(ran)
            result = external.result_of(ran)
        except external.Trouble as trouble:
            said = wire.new("Diagnostic", severity=1, summary=trouble.title, detail=trouble.details)
            return wire.new("ReadDataResponse", diagnostics=[said])
        return wire.new("ReadDataResponse", state=wire.pack({**config, "id": "-", "result": result}))

    # -- local_file, which somebody may change behind Terraform's back

    def _UpgradeResourceState(self, request: wire.Message, _context: object) -> wire.Message:  # noqa: N802
        return wire.new("UpgradeResponse", upgraded_state=wire.pack(json.loads(request.raw_state.json)))

    def _ReadResource(self, request: wire.Message, _context: object) -> wire.Message:  # noqa: N802
        state = wire.unpack(request.current_state)
        path = self._place.folder / state["filename"]
        same = path.exists() and _digest(path.read_bytes()) == state["id"]
        return wire.new("ReadResponse", new_state=wire.pack(state if same else None))

    def _PlanResourceChange(self, request: wire.Message, _context: object) -> wire.Message:  # noqa: N802
        prior, planned = wire.unpack(request.prior_state), wire.unpack(request.proposed_new_state)
        other = [name for name in _FILE if prior and planned and prior[name] != planned[name]]
        if planned and (not prior or other):
            planned["id"] = wire.UNKNOWN
        return wire.new(
            "PlanResponse",
            planned_state=wire.pack(planned),
            requires_replace=[wire.new("Path", steps=[wire.new("PathStep", attribute_name=name)]) for name in other],
        )

    def _ApplyResourceChange(self, request: wire.Message, _context: object) -> wire.Message:  # noqa: N802
        planned, prior = wire.unpack(request.planned_state), wire.unpack(request.prior_state)
        if planned is None:
            (self._place.folder / prior["filename"]).unlink(missing_ok=True)
        else:
            path, content = self._place.folder / planned["filename"], planned["content"].encode()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(int(planned["file_permission"] or "0777", 8))
            planned["id"] = _digest(content)
        return wire.new("ApplyResponse", new_state=wire.pack(planned))


def _digest(content: bytes) -> str:
    """Return the id of a file with this content."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _schema(attributes: t.Mapping[str, tuple[object, str]]) -> wire.Message:
    """Return the schema of a block."""
    made = [
        wire.new("Attribute", name=name, type=json.dumps(kind).encode(), **{how: True})
        for name, (kind, how) in attributes.items()
    ]
    return wire.new("Schema", block=wire.new("Block", attributes=made))


def _controller() -> grpc.GenericRpcHandler:
    """Return what ends a provider: this one ends with the test."""
    empty = grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
    return grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": empty})


def _stdio() -> grpc.GenericRpcHandler:
    """Return the way of a provider's output to Terraform: there is none."""
    nothing = grpc.unary_stream_rpc_method_handler(lambda _request, _context: iter(()))
    return grpc.method_handlers_generic_handler("plugin.GRPCStdio", {"StreamStdio": nothing})
