"""Reads results: fans, tail risks, paired differences, ranks. Plain functions on plain Datasets and DataTrees.

`supplyshock.analysis.accessor` has them as methods.
"""

from __future__ import annotations

from .comparison import base_and_others, compare, compare_rows
from .dataframe import to_dataframe
from .fan_quantiles import fan
from .measures import measure
from .ranking import Rank, nearest, rank, typical, worst
from .run_groups import dataset, scenarios_of, select_scenarios
from .tail_risk import cvar, exceedance

__all__ = [
    "Rank",
    "base_and_others",
    "compare",
    "compare_rows",
    "cvar",
    "dataset",
    "exceedance",
    "fan",
    "measure",
    "nearest",
    "rank",
    "scenarios_of",
    "select_scenarios",
    "to_dataframe",
    "typical",
    "worst",
]
