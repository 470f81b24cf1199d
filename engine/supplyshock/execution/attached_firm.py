"""A firm attached to a run: it reads the weekly series of each kernel call and adds rows to the outcomes.

The firm takes prices and moves none, so the paths are bit by bit those of the run without it. It adds rows to the
stored outcomes of a path, and counts to the sums of a block. Writing, journal, merging and repair are those of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from supplyshock_kernels.firm_outputs import FIRM_OUTCOMES, RATE_BINS, STOCK_BINS
from supplyshock_kernels.outputs import Observed, series_rows
from supplyshock_kernels.params import Array, Grid
from supplyshock_kernels.params.firm import Firm, stock_ends

from ..store.partition import Plan
from ..store.variables import EXPOSURE, QUANTILES
from ..store.writer import Writer
from .accumulators import PathStatistics

if TYPE_CHECKING:
    from ..scenarios.exposure.book import Book
    from ..scenarios.scenario import Scenario

ROOM = 160 * 2**20
"""Most bytes of the series and outcomes of one kernel call."""
STEP = 1024
"""Calls are cut to multiples of this many paths."""


@dataclass(frozen=True, eq=False)
class AttachedFirm:
    """The firm of a run."""

    firms: tuple[Firm, ...]
    """Of every scenario."""
    rows: tuple[int, ...]
    """Indices into the weekly series: quote, paid price and unmet use of each input."""
    every: int
    """Rows of the weekly series in all."""
    weeks: int
    stop: int
    """One past the last path of the run."""

    @classmethod
    def of(cls, plan: Plan, scenarios: Sequence[Scenario]) -> AttachedFirm | None:
        """None for a run without a book."""
        return None if plan.book is None else cls.of_book(plan.book, scenarios, plan.first + plan.paths)

    @classmethod
    def of_book(cls, book: Book, scenarios: Sequence[Scenario], stop: int) -> AttachedFirm:
        """Of a book, on paths below `stop`."""
        firms, first = tuple(book.firm(s) for s in scenarios), scenarios[0]
        return cls(firms, book.rows(first), series_rows(first.params)[-1].stop, first.weeks, stop)

    @property
    def read(self) -> tuple[int, ...]:
        """Rows that a call returns for the firm alone: in China the quote is the paid price, too."""
        return tuple(dict.fromkeys(self.rows))

    def pieces(self, paths: range, grid: Grid) -> Iterator[tuple[range, Grid]]:
        """Calls for the paths: those whose series are stored return all rows, the others those that the firm reads."""
        edge = min(max(grid.keep, paths.start), paths.stop)
        if edge > paths.start:
            yield range(paths.start, edge), grid
        rest = range(edge, paths.stop)
        most = max(STEP, ROOM // self._width // STEP * STEP)
        size = ceil(len(rest) / max(1, ceil(len(rest) / most)))
        alone = self.alone(grid)
        yield from ((range(a, min(a + size, rest.stop)), alone) for a in range(rest.start, rest.stop, size or 1))

    def alone(self, grid: Grid) -> Grid:
        """For a call whose series the firm alone reads."""
        return grid._replace(keep=self.stop, rows=self.read)

    @property
    def _width(self) -> int:
        """Bytes of a path."""
        options = len(self.firms[0].options.start)
        return 4 * (len(self.rows) * self.weeks + options * (len(FIRM_OUTCOMES) + len(self.rows)))

    def observe(self, scenario: int, observed: Observed, grid: Grid) -> tuple[Observed, tuple[Array, ...]]:
        """With the outcomes of the firm as further rows; and its counts. Series that it alone reads are dropped."""
        from supplyshock_kernels.backends.numba_cpu.firm import simulate_firm

        series = observed.series
        whole = len(series) == self.every  # a backend of somebody else may not know `Grid.rows`
        at = list(self.rows) if whole else [self.read.index(row) for row in self.rows]
        firm = simulate_firm(self.firms[scenario], series if at == list(range(len(series))) else series[at])
        added = firm.outcomes[:, : len(FIRM_OUTCOMES)].swapaxes(0, 1).reshape(-1, firm.outcomes.shape[-1])
        if grid.rows is not None:
            series = np.empty((self.every, self.weeks, 0), np.float32)
        outcomes = np.concatenate([observed.outcomes, added])
        return observed._replace(outcomes=outcomes, series=series), (firm.standing, firm.stock, firm.rate)

    def no_counts(self, scenario: int) -> tuple[Array, ...]:
        """The counts of a firm's weeks over no paths: zeros in the shapes of `count_shapes`."""
        return tuple(np.zeros(shape, np.int64) for shape in count_shapes(self.firms[scenario], self.weeks))

    def write_weeks(self, writer: Writer, scenario: int, total: PathStatistics) -> None:
        """Writes the statistics of the firm's weeks; the same sums give the same bytes. Raises `OSError`."""
        standing, stock, rate = total.more
        ends = stock_ends(self.firms[scenario])
        levels = (np.arange(STOCK_BINS) + 0.5) / STOCK_BINS
        values = {
            "standing_probability": standing / total.count,
            "slower_probability": 1 - rate[..., -1] / total.count,
            "stock_weeks_quantile": _quantiles(stock, levels) * ends[None, :, :, None],
            "rate_quantile": _quantiles(rate, np.arange(RATE_BINS) / (RATE_BINS - 1)),
        }
        for name, value in values.items():
            writer.write(f"{EXPOSURE}/{name}", scenario, value)


def count_shapes(firm: Firm, weeks: int) -> tuple[tuple[int, ...], ...]:
    """Sizes of a firm's counts: lines that stand, stocks, rates (`FirmOutcomes`)."""
    options, inputs = firm.options.start.shape
    lines = firm.lines.value.shape[1]
    return (options, lines, weeks), (options, inputs, weeks, STOCK_BINS), (options, lines, weeks, RATE_BINS)


def firm_bytes(book: Book | None, scenarios: Sequence[Scenario]) -> int:
    """Memory that the firm takes in every thread."""
    if book is None:
        return 0
    shapes = count_shapes(book.firm(scenarios[0]), scenarios[0].weeks)
    return ROOM // 2 + 2 * 8 * sum(int(np.prod(shape)) for shape in shapes)


def _quantiles(counts: Array, values: Array) -> Array:
    """(Q, ...) from counts (..., B) and what the bins stand for."""
    upto = counts.cumsum(-1)
    n = upto[..., -1:]
    bins = np.stack([(upto < np.ceil(q * n)).sum(-1) for q in QUANTILES])
    taken: Array = values[np.minimum(bins, len(values) - 1)]
    return taken
