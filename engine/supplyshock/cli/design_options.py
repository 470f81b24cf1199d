"""What `sweep` and `sensitivity` share: options of the design, and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .command_helpers import Count
from .completion import measure_option
from .study_options import applies_to

if TYPE_CHECKING:
    import xarray as xr

Command = TypeVar("Command", bound=Callable[..., Any])


def design_options(only: str = "") -> Callable[[Command], Command]:
    """Adds `--vary`, `--measure`, `--points` and `--levels`; `only` names the one method that takes them."""
    points = "Number of points. Default: 64. Sobol needs a power of 2, and simulates N x (factors + 2) points."
    options = [
        click.option(
            "--vary",
            multiple=True,
            required=not only,
            metavar="KEY=RANGE",
            help=applies_to(
                only,
                "Key of the config to vary, and its values: 0..300 t, log:0.03..0.5, or 0,50,100 t. A prior, or a "
                "parameter that has a range, needs no values. Repeatable.",
            ),
        ),
        measure_option("Compute the mean of this measure; repeatable.", multiple=True),
        click.option(
            "--points",
            type=Count(2, 20_000),
            metavar="N",
            help=applies_to(only, points),
        ),
    ]
    if not only:
        options.append(
            click.option(
                "--levels", type=Count(2, 1000), metavar="N", help="Levels of each range in a grid. Default: 5."
            )
        )

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def outcome_lines(results: xr.Dataset) -> Iterator[str]:
    """``loss:US  lost output, United States (bn USD)`` for every outcome."""
    names = [str(o) for o in results["outcome"].values]
    width = max(map(len, names))
    for name, title, unit in zip(names, results["outcome_title"].values, results["outcome_unit"].values, strict=True):
        yield f"  {name:{width}}  {title} ({unit})"


def saved(results: xr.Dataset, out: Path, name: str) -> dict[str, str]:
    """Writes the store and the table of points; returns their paths."""
    from ..studies.study_files import save, save_csv

    outcomes = [str(o) for o in results["outcome"].values]
    names = ("mean", "se", "difference", "difference_se")
    header = [*map(str, results["factor"].values), *(f"{o} {n}" for o in outcomes for n in names)]
    table = [
        [
            *map(float, results["value"][p].values),
            *(float(results[n][p, i]) for i in range(len(outcomes)) for n in names),
        ]
        for p in range(results.sizes["point"])
    ]
    files = {"results": save(results, out, name), "table": save_csv(out / f"{name}.csv", header, table)}
    return {key: str(path) for key, path in files.items()}
