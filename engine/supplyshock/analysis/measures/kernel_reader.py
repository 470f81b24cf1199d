"""Measures of paths as a backend returns them: rows of outcomes, and of weekly series where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from supplyshock_kernels.outputs import Observed, Rows, outcome_rows, series_rows

from ...store.variables import firm_rows
from ..path_values import Array
from .fitted_measure import Measure
from .resolve import resolve
from .vocabulary import scenario_vocabulary

if TYPE_CHECKING:
    from ...scenarios.exposure.book import Book
    from ...scenarios.scenario import Scenario


@dataclass(frozen=True)
class KernelMeasure:
    """A measure and where its variables sit in the rows of a backend."""

    measure: Measure
    rows: Mapping[str, Rows]

    @property
    def name(self) -> str:
        """The measure as it was asked for, such as ``quote:Dy``."""
        return self.measure.name

    @property
    def title(self) -> str:
        """The title of the measure, for people."""
        return self.measure.title()

    @property
    def unit(self) -> str:
        """The unit of the measure, for people."""
        return self.measure.unit

    @property
    def needs_series(self) -> bool:
        """Whether the backend has to return the weekly series of every path."""
        return self.measure.window is not None

    def of(self, observed: Observed) -> Array:
        """(n,) float64 from the result for n paths; the series of all of them where they are needed."""
        blocks = {part.variable: self._block(observed, self.rows[part.variable]) for part in self.measure.parts}
        return self.measure.finish(self.measure.raw(blocks)).astype(np.float64)

    def _block(self, observed: Observed, r: Rows) -> Array:
        """(n, ...) outcomes, or (n, weeks of the window, ...) weekly values; a view."""
        window = self.measure.window
        if window is None:
            x = observed.outcomes[r.start : r.stop]
            return np.moveaxis(x.reshape(*r.shape, x.shape[-1]), -1, 0)
        x = observed.series[r.start : r.stop, window.first : window.end]
        if x.shape[-1] != observed.outcomes.shape[-1]:
            raise ValueError(f"{self.name}: the backend kept the series of {x.shape[-1]} of the paths")
        return np.moveaxis(x.reshape(*r.shape, *x.shape[1:]), (-1, -2), (0, 1))


def kernel_measures(texts: Sequence[str], scenario: Scenario, book: Book | None = None) -> list[KernelMeasure]:
    """The measures of texts for what a backend gives for a scenario, and an attached firm after it.

    Raises `UsageError`.
    """
    names, params = scenario_vocabulary(scenario, book), scenario.params
    rows = outcome_rows(params)
    outcomes = {r.name: r for r in (*rows, *(firm_rows(book, rows[-1].stop) if book else ()))}
    series = {r.name: r for r in series_rows(params)}
    measures = [resolve(text, names) for text in texts]
    return [KernelMeasure(m, outcomes if m.window is None else series) for m in measures]
