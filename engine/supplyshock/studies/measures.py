"""The measures of studies: rows of the registry that have a mean of differences, read off what a backend returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Array

from ..analysis.measures import KernelMeasure, kernel_measures
from ..analysis.measures.expression import parse_expression
from ..analysis.measures.firm_rows import FIRM_ROWS
from ..common.errors import UsageError

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

DEFAULT = ("loss:US", "loss:CN", "bill:US", "bill:CN", "deal", "compute")
PIECE = 256
"""Paths of one kernel call that returns weekly series: 20 MB or so for two years."""


def study_measures(texts: Sequence[str], scenario: Scenario) -> tuple[KernelMeasure, ...]:
    """The measures of texts such as ``loss:US`` or ``paid:Dy at week 26``.

    Raises `UsageError` for a name or a label that is not there, for a measure that is named twice, and for one whose
    difference has no mean.
    """
    for text in texts:
        if list(texts).count(text) > 1:
            raise UsageError("a measure is named twice", where="--measure", expected="each once", got=repr(text))
    _refuse_firms(texts)
    measures = kernel_measures(texts, scenario)
    for m in measures:
        if not m.measure.has_difference:
            fix = "a threshold makes a probability of it, such as > 26"
            raise UsageError("a difference of this measure has no mean", where=m.name, fix=fix)
    return tuple(measures)


def _refuse_firms(texts: Sequence[str]) -> None:
    for text in texts:
        if parse_expression(text).name in FIRM_ROWS:
            fix = "for a firm under other parameters: supplyshock exposure BOOK.yaml CONFIG... --set PARAMETER=VALUE"
            raise UsageError("this study has no measures of a firm", where="--measure", got=repr(text), fix=fix)


class MeasureColumns:
    """From what a backend returns for n paths to (n, K) numbers: what `simulate_many` asks for."""

    def __init__(self, measures: Sequence[KernelMeasure]) -> None:
        """Of K measures."""
        self.measures = tuple(measures)
        self.needs_series = any(m.needs_series for m in self.measures)

    def __call__(self, observed: Observed) -> Array:
        """Values (n, K) of the measures on n paths, float64."""
        return np.stack([m.of(observed) for m in self.measures], axis=1)
