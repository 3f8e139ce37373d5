# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of Terraform's plugin protocol 5 that a small provider speaks: messages, and values in msgpack.

The classes are made when this is loaded, from the tables below; nothing is generated beforehand.
"""

from __future__ import annotations

import typing as t

import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Message = t.Any
_PACKAGE = "standin"
# Message: fields as `name type number`; a star is for "any number of". Enumerations travel as numbers do, and maps as
# entries with a key and a value.
_MESSAGES = {
    "Empty": (),
    "Value": ("msgpack bytes 1", "json bytes 2"),
    "Diagnostic": ("severity int64 1", "summary string 2", "detail string 3"),
    "Attribute": (
        *("name string 1", "type bytes 2", "required bool 4", "optional bool 5", "computed bool 6"),
        "sensitive bool 7",
    ),
    "Block": ("version int64 1", "attributes Attribute* 2"),
    "Schema": ("version int64 1", "block Block 2"),
    "NamedSchema": ("key string 1", "value Schema 2"),
    "Schemas": (
        "provider Schema 1",
        "resource_schemas NamedSchema* 2",
        "data_source_schemas NamedSchema* 3",
        "diagnostics Diagnostic* 4",
    ),
    "Diagnostics": ("diagnostics Diagnostic* 1",),
    "PrepareRequest": ("config Value 1",),
    "PrepareResponse": ("prepared_config Value 1", "diagnostics Diagnostic* 2"),
    "ConfigureRequest": ("terraform_version string 1", "config Value 2"),
    "ValidateRequest": ("type_name string 1", "config Value 2"),
    "ReadDataRequest": ("type_name string 1", "config Value 2"),
    "ReadDataResponse": ("state Value 1", "diagnostics Diagnostic* 2"),
    "RawState": ("json bytes 1",),
    "UpgradeRequest": ("type_name string 1", "version int64 2", "raw_state RawState 3"),
    "UpgradeResponse": ("upgraded_state Value 1", "diagnostics Diagnostic* 2"),
    "ReadRequest": ("type_name string 1", "current_state Value 2", "private bytes 3"),
    "ReadResponse": ("new_state Value 1", "diagnostics Diagnostic* 2", "private bytes 3"),
    "PlanRequest": (
        *("type_name string 1", "prior_state Value 2", "proposed_new_state Value 3", "config Value 4"),
        "prior_private bytes 5",
    ),
    "PathStep": ("attribute_name string 1",),
    "Path": ("steps PathStep* 1",),
    "PlanResponse": (
        *("planned_state Value 1", "requires_replace Path* 2", "planned_private bytes 3", "diagnostics Diagnostic* 4"),
    ),
    "ApplyRequest": (
        *("type_name string 1", "prior_state Value 2", "planned_state Value 3", "config Value 4"),
        "planned_private bytes 5",
    ),
    "ApplyResponse": ("new_state Value 1", "private bytes 2", "diagnostics Diagnostic* 3"),
    "StopResponse": ("error string 1",),
}
#: Method of the service: request and response.
METHODS = {
    "GetSchema": ("Empty", "Schemas"),
    "PrepareProviderConfig": ("PrepareRequest", "PrepareResponse"),
    "ValidateResourceTypeConfig": ("ValidateRequest", "Diagnostics"),
    "ValidateDataSourceConfig": ("ValidateRequest", "Diagnostics"),
    "UpgradeResourceState": ("UpgradeRequest", "UpgradeResponse"),
    "Configure": ("ConfigureRequest", "Diagnostics"),
    "ReadResource": ("ReadRequest", "ReadResponse"),
    "PlanResourceChange": ("PlanRequest", "PlanResponse"),
    "ApplyResourceChange": ("ApplyRequest", "ApplyResponse"),
    "ReadDataSource": ("ReadDataRequest", "ReadDataResponse"),
    "Stop": ("Empty", "StopResponse"),
}


def _build() -> dict[str, t.Any]:
    """Make the classes of all messages."""
    field = descriptor_pb2.FieldDescriptorProto
    kinds = {"bytes": field.TYPE_BYTES, "string": field.TYPE_STRING, "int64": field.TYPE_INT64, "bool": field.TYPE_BOOL}
    file = descriptor_pb2.FileDescriptorProto(name="standin.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields:
            label, kind, number = text.split()
            plain = kind.rstrip("*")
            added = message.field.add(name=label, number=int(number))
            added.label = field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
            if plain in kinds:
                added.type = kinds[plain]
            else:
                added.type, added.type_name = field.TYPE_MESSAGE, f".{_PACKAGE}.{plain}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


_CLASSES = _build()
#: A value that is known only after the apply.
UNKNOWN = msgpack.ExtType(0, b"\0")


def new(name: str, /, **fields: t.Any) -> Message:
    """Make a message."""
    return _CLASSES[name](**fields)


def class_of(name: str) -> t.Any:
    """Return the class of a message, to read and write it."""
    return _CLASSES[name]


def pack(value: t.Any) -> Message:
    """Return a value of Terraform as it travels."""
    return new("Value", msgpack=msgpack.packb(value))


def unpack(message: Message) -> t.Any:
    """Return the value; one that is not known yet stays an extension of msgpack."""
    return msgpack.unpackb(message.msgpack, strict_map_key=False) if message.msgpack else None
