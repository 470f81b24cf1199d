"""The results of a bargain in words and as a table; no drawing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..analysis.summary_tables.rows import COUNTRIES
from ..common.number_format import number

if TYPE_CHECKING:
    import xarray as xr

SURE = 0.9
"""Share of resamples above which the Nash point counts as certain."""
SHOWN = ("Dy", "Nd", "Ga")
"""Markets whose share of supply is in the table."""


class Place(NamedTuple):
    """A cell with a name, for the table."""

    name: str
    china: int
    us: int


def places(bargain: xr.Dataset) -> list[Place]:
    """The corners of the square, its middle cell if there is one, and the Nash point."""
    last = bargain.sizes["china"] - 1
    cells = [
        Place("only China concedes", last, 0),
        Place("only the United States concedes", 0, last),
        *([Place(_middle(bargain), last // 2, last // 2)] if last > 1 else []),
        Place("both concede all", last, last),
    ]
    best = nash_at(bargain)
    return [*cells, Place("Nash point", *best)] if best else cells


def _middle(bargain: xr.Dataset) -> str:
    share = float(bargain["china"][(bargain.sizes["china"] - 1) // 2])
    return "both concede half" if share == 0.5 else f"both concede {100 * share:.0f} %"


def nash_at(bargain: xr.Dataset) -> tuple[int, int] | None:
    """(china, us) indices of the Nash point."""
    cells = np.argwhere(bargain["nash"].transpose("china", "us").to_numpy())
    return (int(cells[0, 0]), int(cells[0, 1])) if len(cells) else None


def bargain_rows(bargain: xr.Dataset) -> Iterator[dict[str, Any]]:
    """A row per named place: concessions, gains and changes in leverage, each with its standard error."""
    markets = [str(m) for m in bargain["market"].values]
    hold, hold_se = world_hold(bargain)
    for place in places(bargain):
        at = {"china": place.china, "us": place.us}
        cell = bargain.isel(at)
        row: dict[str, Any] = {"place": place.name, "china": float(cell["china"]), "us": float(cell["us"])}
        for party in ("US", "CN"):
            for name in ("gain", "loss_gain", "bill_gain"):
                row[f"{name}:{party}"] = float(cell[name].sel(party=party))
                row[f"{name}:{party}:se"] = float(cell[f"{name}_se"].sel(party=party))
        row["compute"] = float(bargain["base_compute"] + cell["compute_change"])
        row["compute_change"], row["compute_change:se"] = (float(cell[f"compute_change{e}"]) for e in ("", "_se"))
        row["hold_change"] = float(hold.isel(at))
        row["hold_change:se"] = float(hold_se.isel(at))
        for market in (m for m in SHOWN if m in markets):
            row[f"hold_change:{market}"] = float(cell["hold_change"].sel(market=market))
            row[f"hold_change:{market}:se"] = float(cell["hold_change_se"].sel(market=market))
        row["both_gain"], row["nash_share"] = int(cell["both_gain"]), float(cell["nash_share"])
        yield row


def world_hold(bargain: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Change of China's share of the supply of all materials, weighted by value, and a bound of its error.

    The bound is the sum of the errors of the markets, as if they were fully correlated.
    """
    materials = bargain["market"][bargain["is_material"].to_numpy()]
    weight = bargain["value_usd_bn_week"].sel(market=materials)
    weight = weight / weight.sum()
    change, se = (bargain[name].sel(market=materials) for name in ("hold_change", "hold_change_se"))
    return (weight * change).sum("market"), (weight * se).sum("market")


def bargain_headline(bargain: xr.Dataset) -> str:
    """The result in two or three sentences."""
    zone = bargain["both_gain"].to_numpy()
    best = nash_at(bargain)
    first = f"Both sides gain by more than two errors in {int((zone == 1).sum())} of {zone.size} swaps."
    if best is None:
        return f"{first} No swap benefits both."
    cell = bargain.isel(china=best[0], us=best[1])
    share = float(cell["nash_share"])
    doubt = "" if share >= SURE else f" ({100 * share:.0f}\u00a0% of resamples)"
    gains = ", ".join(f"{COUNTRIES[p]} {_money(cell, p)}" for p in ("US", "CN"))
    compute = 100 * float(cell["compute_change"])
    hold = 100 * float(world_hold(bargain)[0].isel(china=best[0], us=best[1]))
    return (
        f"{first} The Nash point{doubt}: China exempts {_percent(cell['china'])} of its gated trade, the "
        f"United States {_percent(cell['us'])}. {gains} bn USD. Not counted: the security cost of China's "
        f"compute, {_signed(compute)} points, and of its share of material supply, {_signed(hold)}."
    )


def _signed(x: float) -> str:
    text = f"{x:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def _money(cell: xr.Dataset, party: str) -> str:
    gain, se = (float(cell[name].sel(party=party)) for name in ("gain", "gain_se"))
    text = number(gain, se).replace("±", "± ").replace("-", "−")
    return text if gain < 0 else f"+{text}"


def _percent(x: Any) -> str:
    return f"{100 * float(x):.0f}\u00a0%"  # a space that does not break


def bargain_caption(bargain: xr.Dataset) -> str:
    """Sample, definitions and limits."""
    about = bargain.attrs
    world = f" Config of the swaps: {about['deal_title']}." if about["deal"] != about["base"] else ""
    share = float(bargain["nash_share"].max())
    return (
        f"Gains: lost output and price bill spared over {about['weeks']} weeks from {about['start']}, against no deal "
        f"({about['base_title']}).{world} Paired differences on N = {int(about['paths']):,} paths, seed "
        f"{about['seed']}. In brackets: within two standard errors of 0. Exempted trade stays exempt throughout: "
        f"{about['china_lists']}; {about['us_lists']}. The Nash point is the largest product of both gains; the cell "
        f"that resamples choose most often is the choice of {100 * share:.0f} % of them. Errors are Monte Carlo "
        "errors, not those of the model. The gains leave out what leverage is worth, to security and beyond the "
        "horizon, and the earnings of sellers from high prices."
    )


def cells(bargain: xr.Dataset) -> tuple[list[str], list[list[float]]]:
    """Header and a row per cell: concessions, gains, changes of compute and of shares, zone, frontier, Nash point."""
    n = bargain.sizes["china"]
    columns: dict[str, Any] = {
        "china": np.repeat(bargain["china"].to_numpy(), n),
        "us": np.tile(bargain["us"].to_numpy(), n),
    }
    for name in ("gain", "loss_gain", "bill_gain", "compute_change", "hold_change"):
        for ending in ("", "_se"):
            table = bargain[name + ending]
            (axis, *_) = [d for d in table.dims if d not in ("china", "us")] or [""]
            for label in bargain[axis].values if axis else [""]:
                column = f"{name}_{label}{ending}" if axis else name + ending
                columns[column] = (
                    (table.sel({axis: label}) if axis else table).transpose("china", "us").to_numpy().ravel()
                )
    for name in ("both_gain", "frontier", "frontier_share", "nash", "nash_share"):
        columns[name] = bargain[name].transpose("china", "us").to_numpy().astype(float).ravel()
    return list(columns), [list(map(float, row)) for row in zip(*columns.values(), strict=True)]
