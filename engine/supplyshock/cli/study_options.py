"""What `bargain`, `sweep` and `sensitivity` share: options, and how they compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .command_helpers import debug_option, json_option
from .places import Folder
from .run_options import HOW, ConfigName

if TYPE_CHECKING:
    from ..common.progress import Progress
    from ..execution.simulation_settings import SimulationSettings

Command = TypeVar("Command", bound=Callable[..., Any])
PATHS = 10_000
"""Default: hundreds of scenarios, and differences on common random numbers need few paths."""


def base_argument(default: str | None = None) -> Callable[[Command], Command]:
    """Adds BASE: a config by path or shipped name."""
    return click.argument("base", type=ConfigName(), default=default, required=default is None)


def applies_to(only: str, text: str) -> str:
    """The help text of an option that only one method or argument takes."""
    return f"With {only}: {text[0].lower()}{text[1:]}" if only else text


def study_options(only: str = "") -> Callable[[Command], Command]:
    """Adds how to simulate and where the results go; `only` names the one method that takes the latter."""
    out = (
        click.option(
            "--out", type=Folder(), required=not only, metavar="DIR", help=applies_to(only, "Folder of the results.")
        ),
        click.option("--overwrite", is_flag=True, help=applies_to(only, "Replace existing results.")),
        click.option("--quiet", is_flag=True, help=applies_to(only, "Print no progress and no tables.")),
        json_option,
        debug_option,
    )

    def add(command: Command) -> Command:
        for option in reversed((*HOW, *out)):
            command = option(command)
        return command

    return add


@dataclass(frozen=True)
class StudyOptions:
    """The options that `study_options` adds, parsed."""

    out: Path
    overwrite: bool
    quiet: bool
    as_json: bool
    overrides: dict[str, Any]
    settings: SimulationSettings

    @property
    def silent(self) -> bool:
        """Whether a person reads neither tables nor what was understood."""
        return self.quiet or self.as_json

    def progress(self) -> Progress:
        """Where progress is reported."""
        from ..common.progress import make_progress

        return make_progress("quiet" if self.quiet else "auto")


def parse_study_options(options: dict[str, Any]) -> StudyOptions:
    """Takes the shared options out of `options`. Raises `UsageError` and `DeviceError`."""
    settings, overrides = parse_settings(options, PATHS)
    out, overwrite, quiet, as_json = (options.pop(name) for name in ("out", "overwrite", "quiet", "as_json"))
    return StudyOptions(out, overwrite, quiet, as_json, overrides, settings)


def parse_settings(options: dict[str, Any], paths: int) -> tuple[SimulationSettings, dict[str, Any]]:
    """Takes the options `HOW` out of `options`: settings, by default with `paths`, and the overrides of every config.

    Raises `UsageError` and `DeviceError`.
    """
    from ..execution.backend_selection import choose_backend
    from ..execution.simulation_settings import SimulationSettings
    from .overrides import parse_overrides

    def take(name: str, default: Any) -> Any:
        value = options.pop(name)
        return default if value is None else value

    overrides = parse_overrides(take("changes", ()))
    if (weeks := take("weeks", None)) is not None:
        overrides["weeks"] = weeks
    backend, kind = choose_backend(take("backend", "auto"), take("device", "auto"))
    settings = SimulationSettings(
        paths=take("paths", paths),
        seed=take("seed", 1),
        backend=backend,
        device=kind or "auto",
        precision=take("precision", "float32"),
        threads=take("threads", None),
    )
    return settings, overrides


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Columns of text to stdout, the first to the left and the others to the right; nothing is cut."""
    import sys

    from rich import box
    from rich.console import Console
    from rich.table import Table

    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else 1000, highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False, padding=(0, 2, 0, 0))
    for i, name in enumerate(header):
        table.add_column(name, justify="right" if i else "left", no_wrap=not terminal)
    for row in rows:
        table.add_row(*row)
    console.print(table)
