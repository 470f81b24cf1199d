"""The numbers an analyst wants first, computed from the results of a run: no formatting, no files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from .differences import differences_rows
from .effective_paths import sampled_rows
from .leverage import leverage_rows
from .losses import losses_rows
from .prices import prices_rows
from .regimes import regime_rows
from .rows import TITLES, Row, Table
from .stops import stops_rows
from .totals import Totals, read_totals
from .weekly import weekly_rows

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ANSWER", "TITLES", "Row", "Table", "Totals", "headline"]


ANSWER: tuple[Table, ...] = ("regimes", "losses", "differences", "prices", "stops", "sampled")
"""Tables of the figures that an answer is made of."""


def headline(run: xr.DataTree, markets: Sequence[str] = (), tables: Collection[Table] = tuple(TITLES)) -> list[Row]:
    """Every row of these tables, for all scenarios of a run as `open_run` gives it; `markets` beside those that move.

    Reads /outcomes one variable of one scenario at a time and keeps six numbers a path, of two scenarios.
    Raises `KeyError` for a tree that lacks a group or a variable.
    """
    makers: dict[Table, Callable[[], Iterable[Row]]] = {
        "weekly": lambda: weekly_rows(run),
        "prices": lambda: prices_rows(run, markets),
        "stops": lambda: stops_rows(run),
        "leverage": lambda: leverage_rows(run, markets),
        "sampled": lambda: sampled_rows(run),
    }
    rows = [row for table, make in makers.items() if table in tables for row in make()]
    base: Totals | None = None
    for name in run["outcomes"]["scenario"].to_numpy():
        now = read_totals(run, str(name))
        rows += [*regime_rows(run, now), *losses_rows(now)]
        if base is not None:
            rows += differences_rows(base, now)
        base = base or now
    order = {table: i for i, table in enumerate(TITLES)}
    return sorted((row for row in rows if row.table in tables), key=lambda row: order[row.table])
