"""Reads results: fans, tail risks, paired differences, ranks. Plain functions on plain Datasets and DataTrees.

`supplyshock.accessor` has them as methods.
"""

from __future__ import annotations

from .compared import base_and_others, compare, compare_rows
from .fans import fan
from .frames import to_dataframe
from .groups import dataset, scenarios_of, select_scenarios
from .measures import measure
from .ranks import Rank, nearest, rank, typical, worst
from .tails import cvar, exceedance

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
