"""The stories of three paths of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyshock_kernels.params import REGIMES

from ...common.errors import SupplyshockError
from ..story import PathChoice, Story, choose_paths, story
from ..story.prices import movers

if TYPE_CHECKING:
    import xarray as xr

MARKETS = 2
"""Quotes in the chart of a story."""

LINES = 12
"""Events of a story, besides its beginning and its end."""
CHOICES: tuple[tuple[str, PathChoice], ...] = (
    ("A path in the middle", PathChoice(middle=True)),
    ("One path in twenty is worse", PathChoice(quantile=0.95)),
    ("The worst path", PathChoice(worst_of=1)),
)


def stories(run: xr.DataTree, scenario: str) -> dict[str, Any]:
    """The typical, the bad and the worst path of a scenario by the loss of the United States."""
    paths = []
    try:
        for heading, choice in CHOICES:
            one = story(run, choose_paths(run, choice, scenario=scenario)[0], scenario=scenario)
            lines = [line.split(": ", 1) for line in one.lines(LINES)]
            text = {"heading": heading, "path": one.path, "place": one.rank_text(), "lines": lines}
            paths.append(text | {"chart": chart(one)})
    except SupplyshockError as error:
        return {"paths": paths, "note": f"The paths could not be replayed: {error}"}
    return {"paths": paths, "note": ""}


def chart(one: Story) -> dict[str, Any]:
    """The weeks of a path, for its chart: regime, the quotes that move most, and what the United States loses."""
    series, quotes = one.replayed.series, []
    for market, bloc in movers(one.replayed, MARKETS):
        values = series["price_ratio"].sel(market=market, bloc=bloc).to_numpy().astype(float)
        quotes.append({"name": one.replayed.names.of("market", market), "bloc": bloc, "values": values})
    return {
        "time": [str(t)[:10] for t in one.time.astype("datetime64[D]")],
        "regime": [REGIMES[int(code)] for code in series["regime"].to_numpy()],
        "quotes": quotes,
        "loss": series["loss_usd_bn"].sel(party="US").to_numpy().astype(float),
    }
