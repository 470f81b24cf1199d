"""Every command of `supplyshock`, found by walking the command group: help, options, wrong use, one place to add it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import ModuleType

import click
import pytest

from supplyshock.cli import Commands, main
from support.command import invoke, is_one_clear_line, said


def walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """The path and the command of `group`, of every command in it, and of theirs."""
    yield path, group
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None, f"{name} is listed and does not exist"
        if isinstance(command, click.Group):
            yield from walk(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(walk(main))
each_command = pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "supplyshock")


def test_the_walk_finds_the_groups_and_their_commands() -> None:
    assert len(COMMANDS) > len(Commands.names)
    assert {("run",), ("calibrate",), ("calibrate", "policy")} <= set(COMMANDS)


@each_command
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(path: tuple[str, ...], flag: str) -> None:
    shown = invoke(*path, flag)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith(f"Usage: {' '.join(('supplyshock', *path))} ")
    assert not shown.stderr
    assert max(map(len, shown.stdout.splitlines())) <= 110


@each_command
def test_help_begins_with_a_sentence(path: tuple[str, ...]) -> None:
    sentence = str(COMMANDS[path].help).partition("\n\n")[0].replace("\n", " ")
    assert re.fullmatch(r"[A-Z][^\b]*[.:]", sentence), sentence


@each_command
def test_the_list_of_commands_has_a_sentence_for_it(path: tuple[str, ...]) -> None:
    if path:
        short = COMMANDS[path].short_help or ""
        assert re.fullmatch(r"[A-Z].*\.", short), short
        assert len(short) <= 60
        assert short in re.sub(r"\s+", " ", invoke(*path[:-1], "--help").stdout)


@each_command
def test_every_option_has_a_help_text(path: tuple[str, ...]) -> None:
    for option in COMMANDS[path].params:
        if isinstance(option, click.Option):
            assert re.search(r"\w.*[.)]$", option.help or ""), f"{option.opts}: {option.help!r}"


@each_command
def test_an_unknown_option_is_one_clear_line(path: tuple[str, ...]) -> None:
    refused = invoke(*path, "--no-such-option")
    assert refused.exit_code == 2
    assert is_one_clear_line(refused)
    assert "--no-such-option" in said(refused)


@pytest.mark.parametrize("path", [p for p, c in COMMANDS.items() if isinstance(c, click.Group)])
def test_a_misspelt_command_is_answered_with_the_nearest(path: tuple[str, ...]) -> None:
    name = COMMANDS[path].list_commands(click.Context(COMMANDS[path]))[0]  # type: ignore[attr-defined]
    refused = invoke(*path, f"{name}x")
    assert refused.exit_code == 2
    assert is_one_clear_line(refused)
    assert f"did you mean '{name}'?" in said(refused)


def test_a_module_and_its_name_in_the_list_are_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command(short_help="Greet.")
    def hello() -> None:
        click.echo("hello")

    module = ModuleType("supplyshock.cli.hello")
    module.hello = hello  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert invoke("hello").exit_code == 2
    monkeypatch.setattr(Commands, "names", (*Commands.names, "hello"))
    assert invoke("hello").stdout == "hello\n"
    assert "Greet." in invoke("--help").stdout
    assert "did you mean 'hello'?" in said(invoke("helo"))
