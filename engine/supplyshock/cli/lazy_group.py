"""A group that imports a command on first use, and suggests the nearest name for an unknown one."""

from __future__ import annotations

from importlib import import_module

import click

from ..common.errors import did_you_mean


class LazyGroup(click.Group):
    """Subclasses list the names of commands; each is a function of that name in a module of that name."""

    names: tuple[str, ...] = ()
    """In the order in which they are used."""
    prefix = ""
    """Prefix of the modules' names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order in which they are used."""
        return list(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in self.names:
            return None
        name = cmd_name.replace("-", "_")
        module = import_module(f".{self.prefix}{name}", __package__)
        command: click.Command = getattr(module, name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` name; an unknown name raises an error with the nearest one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            hint = did_you_mean(args[0], self.names) if args else ""
            raise click.UsageError(f"{error.message} {hint}".strip(), ctx) from None
