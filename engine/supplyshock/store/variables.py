"""Which variables the groups of results.zarr have: names, dimensions, units, chunks. One table, no files."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from supplyshock_kernels.firm_outputs import FIRM_OUTCOMES
from supplyshock_kernels.outputs import (
    NOT,
    OUTCOMES,
    PATHS,
    SERIES,
    WEEKLY,
    Outcome,
    Rows,
    Series,
    Weekly,
    outcome_rows,
)
from supplyshock_kernels.params import Params

from .partition import SERIES_CHUNK, Plan
from .proposal import Proposal

if TYPE_CHECKING:
    from ..scenarios.exposure.book import Book

LOG_WEIGHT = "log_weight"
"""Outcome of runs with importance sampling: the logarithm of a path's weight, up to a constant."""
EXPOSURE = "exposure"
"""Group of a firm."""
QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

LOG_WEIGHT_OUTCOME = Outcome(LOG_WEIGHT, (), "1", "logarithm of what the path counts in a mean over paths")


@dataclass(frozen=True)
class Variable:
    """One array of a group; sizes of `dims` come from the coordinates, `path` from the plan."""

    group: str
    name: str
    dims: tuple[str, ...]
    units: str
    long_name: str
    dtype: str = "float32"
    path_chunk: int | None = None
    path_shard: int | None = None
    attrs: dict[str, Any] = field(default_factory=dict)


def variables(plan: Plan) -> list[Variable]:
    """Every variable that blocks, summaries and pairs fill; /inputs has a table of its own."""
    table = _summary() + _outcomes(plan)
    if plan.save_series:
        table += _series(plan)
    if len(plan.scenarios) > 1:
        table += _pairs(plan)
    if plan.book:
        table += _exposure(plan)
    return table


def series_shard(plan: Plan) -> int:
    """Paths in one file of a weekly series: those of a chunk of outcomes, or all when fewer are kept."""
    return _round_up(min(plan.layout.chunk, plan.save_series), SERIES_CHUNK)


def _summary() -> list[Variable]:
    table = []
    for w in WEEKLY:
        for ending, extra, text in (
            ("mean", (), "mean over all paths"),
            ("se", (), "standard error of the mean over all paths"),
            ("quantile", ("quantile",), "quantile over all paths"),
            ("quantile_se", ("quantile",), "standard error of the quantile over all paths"),
        ):
            dims = ("scenario", *extra, "time", *w.axes)
            long_name = f"{w.long_name}: {text}"
            table.append(Variable("summary", f"{w.name}_{ending}", dims, w.units, long_name, "float64"))
    shares = ("scenario", "time", "regime")
    count = "paths the summary is over"
    clipped = "values outside the grid of the quantiles; they count at its ends"
    nonfinite = (
        "values that are not finite, or too large for the sums; mean, error and quantiles of their weeks are NaN"
    )
    return table + [
        Variable("summary", "regime_probability", shares, "1", "share of paths in the regime", "float64"),
        Variable("summary", "regime_probability_se", shares, "1", "standard error of that share", "float64"),
        Variable("summary", "paths", ("scenario",), "1", count, "float64"),
        Variable("summary", "clipped_values", ("scenario",), "1", clipped, "float64"),
        Variable("summary", "nonfinite_values", ("scenario", "quantity"), "1", nonfinite, "float64"),
    ]


def _outcomes(plan: Plan) -> list[Variable]:
    cut = (plan.layout.chunk, plan.layout.shard if plan.layout.sharded else None)
    table = (*OUTCOMES, LOG_WEIGHT_OUTCOME) if plan.proposal else OUTCOMES
    return [_stored(o, "outcomes", ("scenario", "path", *o.axes), cut, plan.mantissa_bits) for o in table]


def _series(plan: Plan) -> list[Variable]:
    cut = (SERIES_CHUNK, series_shard(plan))
    return [_stored(w, "paths", ("scenario", "path", "time", *w.axes), cut, plan.mantissa_bits) for w in SERIES]


def _exposure(plan: Plan) -> list[Variable]:
    """The variables of a firm: its outcomes on every path under every option, and statistics of its weeks."""
    cut = (plan.layout.chunk, plan.layout.shard if plan.layout.sharded else None)
    dims, lines = ("scenario", "path", "option"), ("scenario", "option", "line", "time")
    quantile = ("scenario", "quantile", "option")
    table = [_stored(o, EXPOSURE, dims, cut, plan.mantissa_bits) for o in FIRM_OUTCOMES]
    weekly = (
        ("standing_probability", lines, "1", "share of paths on which the line stands"),
        ("slower_probability", lines, "1", "share of paths on which the line runs below its full rate"),
        ("stock_weeks_quantile", (*quantile, "input", "time"), "weeks", "stock after the week, weeks of use: quantile"),
        ("rate_quantile", (*quantile, "line", "time"), "1", "rate of the line: quantile over all paths"),
    )
    return table + [Variable(EXPOSURE, name, d, units, text, "float64") for name, d, units, text in weekly]


def _pairs(plan: Plan) -> list[Variable]:
    table = []
    cut = (plan.layout.chunk, plan.layout.shard if plan.layout.sharded else None)
    for o in compared_outcomes():
        difference = o._replace(long_name=f"difference of: {o.long_name}")
        for ending, how in (("mean", "mean"), ("se", "standard error of the mean")):
            long_name = f"{difference.long_name}; {how} over all paths"
            table.append(Variable("pairs", f"{o.name}_{ending}", ("pair", *o.axes), o.units, long_name, "float64"))
        if o.paired == PATHS:
            axes = tuple(a for a in o.axes if a != o.paired_over)
            table.append(_stored(difference, "pairs", ("pair", "path", *axes), cut))
    return table


def compared_outcomes() -> list[Outcome]:
    """Outcomes whose difference between two scenarios has a mean."""
    return [o for o in OUTCOMES if o.paired != NOT]


def _stored(
    row: Outcome | Weekly | Series, group: str, dims: tuple[str, ...], cut: tuple[int, int | None], bits: int = 0
) -> Variable:
    attrs: dict[str, Any] = {"mantissa_bits_kept": bits} if bits else {}
    if row.labels:
        attrs |= {"flag_values": list(range(len(row.labels))), "flag_meanings": " ".join(row.labels)}
    return Variable(group, row.name, dims, row.units, row.long_name, "float32", *cut, attrs)


def shape(variable: Variable, size: dict[str, int], paths: int) -> tuple[int, ...]:
    """Shape of a variable; its `path` axis has `paths` entries."""
    return tuple(paths if d == "path" else size[d] for d in variable.dims)


def chunks(variable: Variable, size: dict[str, int]) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """Chunk and shard of a variable: one scenario or pair each, cut along `path` only."""

    def cut(path: int) -> tuple[int, ...]:
        return tuple(1 if d in ("scenario", "pair") else path if d == "path" else size[d] for d in variable.dims)

    chunk, shard = cut(variable.path_chunk or 1), cut(variable.path_shard or 1)
    return chunk, shard if variable.path_shard else None


def _round_up(x: int, step: int) -> int:
    return ceil(x / step) * step


def stored_rows(params: Params, proposal: Proposal | None, book: Book | None = None) -> tuple[Rows, ...]:
    """Rows of what is stored of a path, named ``group/variable``.

    After the outcomes come the logarithm of its weight, with a proposal, and the outcomes of a firm, with a book.
    """
    rows = [r._replace(name=f"outcomes/{r.name}") for r in outcome_rows(params)]
    if proposal:
        rows.append(Rows(f"outcomes/{LOG_WEIGHT}", rows[-1].stop, (), ()))
    if book:
        rows += firm_rows(book, rows[-1].stop)
    return tuple(rows)


def firm_rows(book: Book, start: int) -> list[Rows]:
    """Rows of the outcomes of a firm, from row `start` on."""
    options = len(book.axes["option"])
    return [
        Rows(f"{EXPOSURE}/{outcome.name}", start + i * options, (options,), ("option",))
        for i, outcome in enumerate(FIRM_OUTCOMES)
    ]
