"""``run.supplyshock``: the functions of `supplyshock.analysis` as methods of DataTrees and Datasets.

Importing this module gives xarray the attribute; `supplyshock.open_run` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import xarray as xr

from .comparison import compare
from .dataframe import to_dataframe
from .fan_quantiles import fan
from .measures import measure as read_measure
from .ranking import Rank, nearest, rank, typical, worst
from .run_groups import Run, scenarios_of
from .tail_risk import cvar, exceedance

if TYPE_CHECKING:
    import pandas as pd


NAME = "supplyshock"


class Accessor:
    """Methods of a run; each does what the function of its name does.

    >>> run.supplyshock.scenarios
    ['status_quo', 'swap_deal', 'breakdown']
    >>> run.supplyshock.fan(market="Dy", bloc="XC", scenario="swap_deal").dims
    ('quantile', 'time')
    >>> run["outcomes"].to_dataset().supplyshock.worst(2, measure="loss:CN").index.name
    'path'
    """

    def __init__(self, run: Run) -> None:
        """Reads nothing."""
        self.run = run

    @property
    def scenarios(self) -> list[str]:
        """Names of the scenarios, the baseline first."""
        return scenarios_of(self.run)

    def fan(self, variable: str = "price_ratio", *, scenario: str | None = None, **labels: str | None) -> xr.DataArray:
        """See `supplyshock.fan`."""
        return fan(self.run, variable, scenario=scenario, **labels)

    def measure(self, measure: str, scenario: str | None = None) -> xr.DataArray:
        """See `supplyshock.measure`."""
        return read_measure(self.run, measure, scenario)

    def exceedance(
        self, measure: str = "loss:US", thresholds: Sequence[float] | None = None, *, scenario: str | None = None
    ) -> pd.DataFrame:
        """See `supplyshock.exceedance`."""
        return exceedance(self.run, measure, thresholds, scenario=scenario)

    def cvar(self, measure: str = "loss:US", level: float = 0.95, *, scenario: str | None = None) -> pd.DataFrame:
        """See `supplyshock.cvar`."""
        return cvar(self.run, measure, level, scenario=scenario)

    def compare(self, *scenarios: str, measure: str | Sequence[str] = ()) -> pd.DataFrame:
        """See `supplyshock.compare`."""
        return compare(self.run, *scenarios, measure=measure)

    def worst(self, n: int = 5, measure: str = "loss:US", *, scenario: str | None = None) -> pd.DataFrame:
        """See `supplyshock.worst`."""
        return worst(self.run, n, measure, scenario=scenario)

    def nearest(self, quantile: float, measure: str = "loss:US", *, scenario: str | None = None) -> int:
        """See `supplyshock.nearest`."""
        return nearest(self.run, quantile, measure, scenario=scenario)

    def typical(self, measure: str = "loss:US", *, scenario: str | None = None) -> int:
        """See `supplyshock.typical`."""
        return typical(self.run, measure, scenario=scenario)

    def rank(self, path: int, measure: str = "loss:US", *, scenario: str | None = None) -> Rank:
        """See `supplyshock.rank`."""
        return rank(self.run, path, measure, scenario=scenario)

    def to_dataframe(self, *measures: str, scenario: str | None = None) -> pd.DataFrame:
        """See `supplyshock.to_dataframe`."""
        return to_dataframe(self.run, *measures, scenario=scenario)


xr.register_datatree_accessor(NAME)(Accessor)  # type: ignore[no-untyped-call]
xr.register_dataset_accessor(NAME)(Accessor)  # type: ignore[no-untyped-call]
