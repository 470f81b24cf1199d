"""Arguments that name a run, and completion of the names in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from .places import Folder, Place, Table

Command = TypeVar("Command", bound=Callable[..., Any])


class ScenarioName(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.2
    """A scenario of the run that stands before it."""

    name = "scenario"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Scenarios of the run, as far as it is one."""
        import json

        try:
            held = json.loads((Path(ctx.params["run"]) / "results.zarr" / "zarr.json").read_text(encoding="utf-8"))
            names = held["attributes"]["scenarios"]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return [CompletionItem(n) for n in names if n.startswith(incomplete)]


class MeasureText(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.2
    """A measure of the registry."""

    name = "measure"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text; names are looked up where the run or the scenario is known."""
        return str(value).strip()

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Names of measures."""
        from ..analysis.measures import REGISTRY

        return [CompletionItem(n, help=row.meaning) for n, row in REGISTRY.items() if n.startswith(incomplete)]


def run_argument(command: Command) -> Command:
    """Adds RUN, a folder or an address."""
    return click.argument("run", type=Place(), metavar="RUN")(command)


def folder_argument(command: Command) -> Command:
    """Adds RUN, a folder."""
    return click.argument("run", type=Folder(), metavar="RUN")(command)


def measure_option(text: str, **more: Any) -> Callable[[Command], Command]:
    """Adds `--measure`; `text` says what it decides."""
    examples = "loss:US, quote:Dy, 'quote:Dy > 5', 'paid:Dy at week 26'; `supplyshock measures` lists all"
    return click.option("--measure", type=MeasureText(), metavar="MEASURE", help=f"{text} Such as {examples}.", **more)


def csv_option(command: Command) -> Command:
    """Adds `--csv`, with a file or `-`; alone it means `-`."""
    option = click.option(
        "--csv",
        type=Table(),
        metavar="[FILE]",
        is_flag=False,
        flag_value="-",
        help="Write a tidy table, one row per figure, to FILE. Without FILE, or with -, write to stdout.",
    )
    return option(command)
