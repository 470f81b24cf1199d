"""Prints the answer of a run: five sentences, a table of 80 columns, and how sure they are."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from ..analysis.summary_tables import ANSWER, TITLES, Table, headline
from ..analysis.summary_tables.parameter_errors import with_parameter_sd
from ..common.safe_text import command_line
from ..common.sentence_lines import WIDTH, sentence_lines
from ..reporting.answer.figures import Figures
from ..reporting.answer.sentences import covered_losses, how_sure, sentences
from ..reporting.answer.table import Line, lines
from ..store.branch import branch_words
from ..store.object_store.address import Address
from .open_results import open_for_command
from .render import problems

if TYPE_CHECKING:
    import xarray as xr

    from ..analysis.summary_tables import Row

NARROW, WIDEST = 60, 160
GAP = 2
"""Between columns."""
PATHS_ONLY = "(± of paths only)"
"""Under the title of a scenario beside others whose errors hold those of parameters too."""
CELL = 11
"""Narrowest column of a scenario."""


def folder_of_run(run: Path | Address) -> Path | None:
    """The folder of a run that is named by itself or by its results; None in object storage."""
    if not isinstance(run, Path):
        return None
    return run.parent if run.name == "results.zarr" else run


def figures_of(
    tree: xr.DataTree, run: Path | Address, markets: Sequence[str] = (), tables: Collection[Table] = tuple(TITLES)
) -> list[Row]:
    """Figures of a run, with what is known of their spread over parameters."""
    return with_parameter_sd(tree, folder_of_run(run), headline(tree, markets, tables))


def print_answer(tree: xr.DataTree, run: Path | Address, markets: Sequence[str] = ()) -> None:
    """To stdout, as wide as the terminal but no wider than people read."""
    figures = Figures(tree, figures_of(tree, run, markets, ANSWER), markets)
    width = shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else WIDTH
    width = min(max(width, NARROW), WIDEST)
    branch = branch_words(tree)
    says = [_heading(figures, run), *([branch] if branch else []), *problems(tree), "", *sentences(figures)]
    for text in says:
        click.echo(sentence_lines(text, min(width, WIDTH)))
    for group in _groups(figures, width):
        click.echo()
        _print_table(figures, group)
    click.echo()
    for text in _how_sure(figures, run):
        click.echo(sentence_lines(text, min(width, WIDTH)))


def _heading(figures: Figures, run: Path | Address) -> str:
    first, last = figures.day(0), figures.day(figures.weeks)
    about = figures.run.attrs
    return (
        f"{run}: {int(about['paths']):,} futures{' of each scenario' if len(figures.scenarios) > 1 else ''}, "
        f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
    )


def _groups(figures: Figures, width: int) -> Iterator[list[str]]:
    """Scenarios that stand next to each other."""
    table = lines(figures, figures.scenarios)
    widest = max((len(cell) for line in table for cell in line.cells), default=0)
    most = max(1, (width - _label_width(table)) // (max(CELL, widest) + GAP))
    for i in range(0, len(figures.scenarios), most):
        yield figures.scenarios[i : i + most]


def _label_width(table: Sequence[Line]) -> int:
    """The width of lines with figures; a heading may stand above them."""
    return max((len(line.label) for line in table if line.cells), default=0)


def _print_table(figures: Figures, scenarios: list[str]) -> None:
    table = lines(figures, scenarios)
    label = _label_width(table)
    columns = [[line.cells[i] for line in table if line.cells] for i in range(len(scenarios))]
    widths = [max(CELL, *map(len, column)) for column in columns]
    covered = covered_losses(figures)
    mixed = [PATHS_ONLY if covered and name not in covered else "" for name in scenarios]
    titles = [
        wrap(figures.titles[name], width) + wrap(mark, width)
        for name, mark, width in zip(scenarios, mixed, widths, strict=True)
    ]
    tall = max(map(len, titles))
    for row in zip(*([""] * (tall - len(t)) + t for t in titles), strict=True):
        click.echo(_columns("", label, row, widths))
    for line in table:
        click.echo(
            _columns(line.label, label, line.cells, widths) if line.cells else click.style(line.label, bold=True)
        )


def _columns(label: str, width: int, cells: Sequence[str], widths: Sequence[int]) -> str:
    return label.ljust(width) + "".join(c.rjust(GAP + w) for c, w in zip(cells, widths, strict=True))


def _how_sure(figures: Figures, run: Path | Address) -> Iterator[str]:
    from ..analysis.summary_tables.effective_paths import ESS

    command = command_line("supplyshock", "uncertainty", "--run", run) if isinstance(run, Path) else ""
    yield how_sure(figures, command)
    for name in figures.scenarios:
        if ess := figures.get("sampled", name, ESS, "number"):
            yield f"Paths have weights (importance sampling): {ess.value:,.0f} {ESS} of {figures.titles[name]}."
    if "exposure" in figures.run.children:
        firm = figures.run["exposure"].attrs.get("title", "a firm")
        yield f"A firm is on these paths ({firm}): {command_line('supplyshock', 'exposure', run)}"
    yield f"All figures, other economies too: {command_line('supplyshock', 'show', run, '--full')}"


def say_answer(run: Path) -> None:
    """Opens a complete run and prints its answer, and an empty line."""
    with open_for_command(run) as tree:
        print_answer(tree, run)
        click.echo()
