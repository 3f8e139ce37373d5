# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class K, key material: every spelling of a key that can be meant signs, everything else is named for what it is."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from cases.support import expect
from cases.support.keys import BAD, GOOD, HEADER, PKCS1, PKCS8, packed
from cases.support.world import World, add_app, as_text, cached_key, public_key


@pytest.mark.parametrize("name", GOOD)
def test_a_key_that_can_be_meant_signs(world: World, name: str) -> None:
    """P01 a-e, P03 a-d: the local GitHub verifies the signature."""
    expect.success(world.run(world.by_app(private_key=GOOD[name])), "accepted", world=world)


@pytest.mark.parametrize("name", [name for name in GOOD if name.startswith("pkcs1")])
@pytest.mark.parametrize("variable", ["GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_PEM_FILE"])
def test_the_same_from_the_environment(world: World, name: str, variable: str) -> None:
    """The environment is where newlines get lost."""
    options = world.by_app(private_key=None, app_id=None)
    env = {"GITHUB_APP_ID": str(world.app.id), variable: GOOD[name]}
    expect.success(world.run(options, env=env), "accepted", world=world)


@pytest.mark.parametrize("name", GOOD)
def test_the_same_from_a_file(world: World, tmp_path: Path, name: str) -> None:
    """A file may come from any of those stores, and from an editor that puts a mark in front."""
    path = tmp_path / "app.pem"
    mark = "\ufeff" if name.startswith("pkcs8") else ""
    path.write_bytes((mark + GOOD[name]).encode("utf-8"))
    result = world.run(world.by_app(private_key=None, private_key_path=str(path)))
    expect.success(result, "accepted", world=world)


@pytest.mark.parametrize("name", ["back\\nslash.pem", "a b.pem", "new\\r\\n.key", "ключ.pem"])
def test_a_path_is_never_rewritten(world: World, tmp_path: Path, name: str) -> None:
    """P01: only text with a PEM header is unescaped."""
    path = tmp_path / name
    path.write_text(PKCS8, encoding="ascii")
    result = world.run(world.by_app(private_key=None, private_key_path=str(path)))
    expect.success(result, "accepted", world=world)


def test_a_path_below_the_home_folder(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "app.pem").write_text(PKCS1, encoding="ascii")
    result = world.run(world.by_app(private_key=None, private_key_path="~/app.pem"))
    expect.success(result, "accepted", world=world)


def shown_nowhere(value: str) -> list[str]:
    """The value, unless it is too short or too common to look for."""
    return [value] if len(value.strip()) > 6 and value != HEADER else []


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_key_is_named(world: World, name: str) -> None:
    """P02 a-g, P03 e and their kin, in the option."""
    value, says = BAD[name]
    result = world.run(world.by_app(private_key=value))
    expect.failure(result, "bad_key", says=["private_key", says], world=world, accepted=0)
    assert world.requests() == []
    expect.leaks(as_text(result), shown_nowhere(value), value)


@pytest.mark.parametrize("name", [name for name, (value, _says) in BAD.items() if value.strip()])
def test_what_is_no_key_is_named_in_a_file_too(world: World, tmp_path: Path, name: str) -> None:
    value, says = BAD[name]
    path = tmp_path / "app.txt"
    path.write_text(value, encoding="utf-8")
    result = world.run(world.by_app(private_key=None, private_key_path=str(path)))
    expect.failure(result, "bad_key", says=["private_key_path", says], world=world, accepted=0)
    assert world.requests() == []
    expect.leaks(as_text(result), shown_nowhere(value), value)


@pytest.mark.parametrize("name", [name for name, (value, _says) in BAD.items() if value])
def test_what_is_no_key_is_named_in_the_environment_too(world: World, name: str) -> None:
    value, says = BAD[name]
    env = {"GITHUB_APP_ID": str(world.app.id), "GITHUB_APP_PRIVATE_KEY": value}
    result = world.run(world.by_app(private_key=None, app_id=None), env=env)
    expect.failure(result, "bad_key", says=["GITHUB_APP_PRIVATE_KEY", says], world=world, accepted=0)
    assert world.requests() == []


def _files(folder: Path) -> dict[str, tuple[str, str]]:
    """Paths that lead to no key, and what the message has to say."""
    (folder / "empty").touch()
    (folder / "blank").write_text(" \n", encoding="ascii")
    (folder / "binary").write_bytes(b"0\x82\x04\xa4\xff\xfe")
    (folder / "utf16").write_text(PKCS1, encoding="utf-16")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "socket"))
    listening.close()
    (folder / "closed").write_text(PKCS1, encoding="ascii")
    (folder / "closed").chmod(0)
    (folder / "dangling").symlink_to(folder / "nowhere")
    found = {
        "P02h-the-key-itself": (PKCS1, "holds a key, not the path"),
        "the-key-written-out": (PKCS1.replace("\n", "\\n"), "holds a key, not the path"),
        "the-key-in-base64": (packed(PKCS1), "can't be read"),
        "the-inside-of-a-key": (PKCS1.splitlines()[3], "can't be read"),
        "the-whole-inside": ("".join(PKCS1.splitlines()[1:-1]), "can't be read"),
        "a-client-secret": (SECRET, "can't be read"),
        "a-token": ("ghp_" + "Zz09" * 9, "can't be read"),
        "P02i-missing": (str(folder / "missing.pem"), "can't be read.*No such file"),
        "P02j-folder": (str(folder), "can't be read.*directory"),
        "P02k-unreadable": (str(folder / "socket"), "can't be read"),
        "P02l-empty": (str(folder / "empty"), "is empty"),
        "blank": (str(folder / "blank"), "is empty"),
        "binary": (str(folder / "binary"), "not a text file"),
        "utf16": (str(folder / "utf16"), "not a text file"),
        "dangling": (str(folder / "dangling"), "can't be read"),
        "no-path": ("  ", "is empty"),
        "empty-path": ("", "is empty|without a key"),
        "below-a-file": (str(folder / "empty" / "app.pem"), "can't be read"),
        "nul": ("app\0.pem", "can't be read|path"),
        "very-long": ("x" * 5000, "can't be read"),
    }
    if os.geteuid() != 0:  # the superuser reads everything
        found["P02k-no-right"] = (str(folder / "closed"), "can't be read.*denied")
    return found


SECRET = "8f1d2c3b4a59687766554433221100ffeeddccbb"
PATHS = (
    "P02h-the-key-itself", "the-key-written-out", "the-key-in-base64", "the-inside-of-a-key", "the-whole-inside",
    "a-client-secret", "a-token", "P02i-missing", "P02j-folder", "P02k-unreadable", "P02k-no-right",
    "P02l-empty", "blank", "binary", "utf16", "dangling", "no-path", "empty-path", "below-a-file", "nul", "very-long",
)  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_a_path_that_leads_to_no_key_is_named(world: World, tmp_path: Path, name: str) -> None:
    """P02 h-l."""
    files = _files(tmp_path)
    if name not in files:
        pytest.skip("the superuser reads everything")
    value, says = files[name]
    result = world.run(world.by_app(private_key=None, private_key_path=value))
    expect.failure(result, result["error"]["code"], says=["private_key_path", says], world=world, accepted=0)
    assert result["error"]["code"] in ("bad_key", "invalid_input")
    assert world.requests() == []
    expect.leaks(as_text(result), [packed(PKCS1)[:100], SECRET, "ghp_Zz"], PKCS1, packed(PKCS1))


def test_the_size_of_a_key_does_not_matter(world: World) -> None:
    app = add_app(world.github, "second")
    app.private_key = cached_key(0, 4096)
    app.public_keys = [public_key(app.private_key)]
    app.install("acme")
    expect.success(world.run(world.by_app(app_id=app.id, private_key=app.private_key)), "accepted", world=world)


def test_two_sources_of_a_key_are_refused(world: World, tmp_path: Path) -> None:
    """Which one counts would be a guess."""
    path = tmp_path / "app.pem"
    path.write_text(PKCS1, encoding="ascii")
    result = world.run(world.by_app(private_key_path=str(path)))
    expect.failure(result, "invalid_input", says=["private_key and private_key_path"], world=world)
    assert world.requests() == []
