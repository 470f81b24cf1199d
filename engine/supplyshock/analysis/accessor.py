"""``run.supplyshock``: the functions of `supplyshock.analysis` as methods of DataTrees and Datasets.

Importing this module gives xarray the attribute; `open_run` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import xarray as xr

from . import Rank, compare, cvar, exceedance, fan, measure, nearest, rank, scenarios_of, to_dataframe, typical, worst
from .run_groups import Run

if TYPE_CHECKING:
    import pandas as pd


NAME = "supplyshock"


class Accessor:
    """Methods of a run; each does what the function of its name does.

    >>> run.supplyshock.scenarios
    ['status_quo', 'swap_deal', 'breakdown']
    >>> run.supplyshock.fan(market="Dy", bloc="XC", scenario="swap_deal").dims
    ('quantile', 'time')
    >>> run["outcomes"].to_dataset().supplyshock.worst(2, by="loss:CN").index.name
    'path'
    """

    def __init__(self, run: Run) -> None:
        """Reads nothing."""
        self.run = run

    @property
    def scenarios(self) -> list[str]:
        """Names of the scenarios, the baseline first."""
        return scenarios_of(self.run)

    def fan(
        self,
        variable: str = "price_ratio",
        *,
        market: str | None = None,
        bloc: str | None = None,
        scenario: str | None = None,
        party: str | None = None,
        chip: str | None = None,
    ) -> xr.DataArray:
        """See `supplyshock.fan`."""
        return fan(self.run, variable, market=market, bloc=bloc, scenario=scenario, party=party, chip=chip)

    def measure(self, by: str, scenario: str | None = None) -> xr.DataArray:
        """See `supplyshock.measure`."""
        return measure(self.run, by, scenario)

    def exceedance(
        self, by: str = "loss:US", thresholds: Sequence[float] | None = None, *, scenario: str | None = None
    ) -> pd.DataFrame:
        """See `supplyshock.exceedance`."""
        return exceedance(self.run, by, thresholds, scenario=scenario)

    def cvar(self, by: str = "loss:US", level: float = 0.95, *, scenario: str | None = None) -> pd.DataFrame:
        """See `supplyshock.cvar`."""
        return cvar(self.run, by, level, scenario=scenario)

    def compare(self, *scenarios: str, by: str | Sequence[str] = ()) -> pd.DataFrame:
        """See `supplyshock.compare`."""
        return compare(self.run, *scenarios, by=by)

    def worst(self, n: int = 5, by: str = "loss:US", *, scenario: str | None = None) -> pd.DataFrame:
        """See `supplyshock.worst`."""
        return worst(self.run, n, by, scenario=scenario)

    def nearest(self, quantile: float, by: str = "loss:US", *, scenario: str | None = None) -> int:
        """See `supplyshock.nearest`."""
        return nearest(self.run, quantile, by, scenario=scenario)

    def typical(self, by: str = "loss:US", *, scenario: str | None = None) -> int:
        """See `supplyshock.typical`."""
        return typical(self.run, by, scenario=scenario)

    def rank(self, path: int, by: str = "loss:US", *, scenario: str | None = None) -> Rank:
        """See `supplyshock.rank`."""
        return rank(self.run, path, by, scenario=scenario)

    def to_dataframe(self, *by: str, scenario: str | None = None) -> pd.DataFrame:
        """See `supplyshock.to_dataframe`."""
        return to_dataframe(self.run, *by, scenario=scenario)


xr.register_datatree_accessor(NAME)(Accessor)  # type: ignore[no-untyped-call]
xr.register_dataset_accessor(NAME)(Accessor)  # type: ignore[no-untyped-call]
