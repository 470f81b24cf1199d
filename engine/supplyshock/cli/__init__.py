"""The command line: every command parses, calls one function and prints."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

COMMANDS = {
    "run": "Simulate scenarios into a folder; the same command again resumes.",
    "plan": "Say what a run would compute, store and need.",
    "show": "Print what an analyst wants first of a finished run.",
    "schema": "Print the JSON Schema of config files, for editors.",
    "doctor": "Say what is installed and whether it works here.",
}


class Lazy(click.Group):
    """Loads a command's module when the command is used, so that --help answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, its module imported."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f".{cmd_name}", __name__).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The nearest name for an unknown command."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            from ..errors import did_you_mean

            raise click.UsageError(f"No such command {name!r}. {did_you_mean(name, COMMANDS)}".strip(), ctx)
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"supplyshock {version('supplyshock')}")
        ctx.exit()


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SUPPLYSHOCK"})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Monte Carlo paths through the rare-earth and chip markets.

    Exit codes: 0 done, 2 wrong usage, 65 bad config or data, 69 device not there, 70 a defect,
    74 reading or writing failed, 75 interrupted (the same command resumes).
    """


def main(args: list[str] | None = None) -> None:
    """Entry point: turns every error into one message and its exit code."""
    from ..errors import SupplyshockError

    given = sys.argv[1:] if args is None else args
    try:
        code = cli.main(given, prog_name="supplyshock", standalone_mode=False)
    except click.exceptions.Exit as e:
        code = e.exit_code
    except click.Abort:
        code = 75
    except click.ClickException as e:
        e.show()
        code = e.exit_code
    except SupplyshockError as e:
        _complain(str(e), given)
        code = e.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        code = 74
    except Exception as e:
        _complain(f"a defect in supplyshock: {type(e).__name__}: {e}; --debug shows where", given)
        code = 70
    sys.exit(code if isinstance(code, int) else 0)


def _complain(message: str, given: list[str]) -> None:
    if "--debug" in given:
        import traceback

        traceback.print_exc()
    click.echo(f"supplyshock: {message}", err=True)
