"""Helpers of the commands: numbers such as 1e6, errors in one line, printing."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeVar

import click

from ..common.errors import Interrupted, SupplyshockError
from ..common.machine_limits import check_limits, refused
from ..common.number_marks import number_fix
from ..common.plain_warnings import print_warning
from ..common.safe_text import harmless
from ..common.streams import SteadyStream

Command = TypeVar("Command", bound=Callable[..., Any])
DEFECT, IO_FAILED, STOPPED = 70, 74, Interrupted.exit_code
READER_GONE = 141
"""As a shell says it of a program that SIGPIPE has ended."""


class Count(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.2
    """A whole number in a range; ``1e6`` and ``100_000`` are numbers too."""

    name = "count"

    def __init__(self, low: int, high: int) -> None:
        """From `low` to `high`, both allowed."""
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; anything else fails with the expected range."""
        expected = f"expected a whole number from {self.low:,} to {self.high:,}"
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            fix = number_fix(value)
            self.fail(f"{expected}, got {value!r:.40}" + (f"; {fix}" if fix else ""), param, ctx)
        if not (number.is_finite() and self.low <= number <= self.high and number == int(number)):
            self.fail(f"{expected}, got {value!s:.40}", param, ctx)
        return int(number)


def _set_debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().meta["supplyshock.debug"] = True


def debug_option(command: Command) -> Command:
    """Adds `--debug`."""
    option = click.option("--debug", is_flag=True, expose_value=False, callback=_set_debug, help="Show tracebacks.")
    return option(command)


def json_option(command: Command) -> Command:
    """Adds `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def overrides_given(ctx: click.Context) -> dict[str, str]:
    """The option that sets a key of every config, by the first part of the key: for errors, which name the option."""
    found: dict[str, str] = ctx.find_root().meta.setdefault("supplyshock.overrides", {})
    return found


def guarded(call: Callable[[click.Context], object], ctx: click.Context) -> object:
    """`call(ctx)`; an error becomes one line on stderr and an exit code."""
    try:
        with warnings.catch_warnings():  # of the whole process, which is the command's own
            warnings.showwarning = print_warning
            check_limits()
            return call(ctx)
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except SupplyshockError as error:
        from .overrides import blamed_on_options

        _exit_with(ctx, str(blamed_on_options(error, overrides_given(ctx))), error.exit_code)
    except KeyboardInterrupt:
        _exit_with(ctx, "interrupted; repeat the command to resume", STOPPED)
    except (MemoryError, RuntimeError, OSError) as error:
        if refusal := refused(error):
            _exit_with(ctx, str(refusal), refusal.exit_code)
        if not isinstance(error, OSError):
            _exit_with(ctx, _defect(error), DEFECT)
        _exit_with(ctx, _io_message(error), IO_FAILED)
    except Exception as error:
        _exit_with(ctx, _defect(error), DEFECT)


def _defect(error: Exception) -> str:
    text = f"a defect: {type(error).__name__}: {error}".split("\n")[0]
    return f"{text:.300} (--debug shows where; please report it)"


def _io_message(error: OSError) -> str:
    try:
        os.getcwd()
    except OSError:
        return "the current folder was removed; change into one that is there"
    return f"{error.filename or 'input or output'}: {error.strerror or error}"


def check_output(out: SteadyStream) -> None:
    """Ends the command where its output could not be written: results in files are complete all the same."""
    out.flush()
    if out.gone:
        sys.exit(READER_GONE)
    if out.error:
        what = out.error.strerror
        say(f"Error: stdout: cannot write the output ({what}); the files that the command wrote are complete")
        sys.exit(IO_FAILED)


def _exit_with(ctx: click.Context, message: str, code: int) -> NoReturn:
    if ctx.find_root().meta.get("supplyshock.debug"):
        import traceback

        traceback.print_exc()
    click.echo(f"Error: {harmless(message)}", err=True)
    ctx.exit(code)


def print_json(value: Any) -> None:
    """Prints one JSON object; NaN and infinity become null."""
    import json

    click.echo(json.dumps(_plain(value), indent=2, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


def duration(seconds: float) -> str:
    """``3 s``, ``2.5 min``, ``4.1 h`` or ``3.0 days``."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 1 else "1 s"


def say(message: str) -> None:
    """One line on stderr."""
    click.echo(message, file=sys.stderr)
