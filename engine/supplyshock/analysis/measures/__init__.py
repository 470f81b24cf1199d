"""Measures: one grammar and one registry, which every command, the accessor, targets, back-test and report take."""

from __future__ import annotations

from .fitted_measure import Measure
from .kernel_reader import KernelMeasure, kernel_measures
from .measure_row import MeasureRow
from .registry import REGISTRY, SHORT
from .resolve import fit_expression, resolve
from .store_reader import StoredMeasure, find_measure, measure, values_of
from .vocabulary import Vocabulary, run_vocabulary, scenario_vocabulary

__all__ = [
    "REGISTRY",
    "SHORT",
    "KernelMeasure",
    "Measure",
    "MeasureRow",
    "StoredMeasure",
    "Vocabulary",
    "find_measure",
    "fit_expression",
    "kernel_measures",
    "measure",
    "resolve",
    "run_vocabulary",
    "scenario_vocabulary",
    "values_of",
]
