"""A study of uncertain parameters in words and rows."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from ..common.number_format import number

if TYPE_CHECKING:
    import xarray as xr

IN_IT = (
    "The uncertain parameters that every path draws itself are in every mean already. Not in it: the form of the "
    "equations (the back-test shows what that misses), and parameters that the calibration of the markets left alone."
)
SAID, LONG = 2, 245
"""Scenarios in a headline, at most, beside the first one; and characters."""
OWN = ("today", "today_se", "draws_mean", "draws_sd", "noise", "parameter_sd")
"""Figures of a row; those of a difference have ``difference_`` in front."""


def size(found: xr.Dataset) -> str:
    """What was computed."""
    about, n = found.attrs, found.sizes
    return (
        f"{n['scenario']} scenario{'s' if n['scenario'] > 1 else ''} under today's parameters and {n['draw']} draws, "
        f"{about['paths']:,} paths of {about['weeks']} weeks each on the same random numbers, seed {about['seed']}"
    )


def headline(found: xr.Dataset) -> str:
    """What the study is, in one sentence."""
    varied = int((~found["kept"]).any("scenario").sum())
    return (
        f"How far means move with what the calibration leaves open: {found.sizes['draw']} draws of {varied} market "
        "parameters around their best values."
    )


def uncertainty_finding(found: xr.Dataset) -> str:
    """What it says of the first outcome: where the mean of the first scenario lies, and the sign of the next ones."""
    base, *others = list(rows(found))[: found.sizes["scenario"]]
    titles, draws = [str(t) for t in found["scenario_title"].values], found.sizes["draw"]
    outcome = str(found["outcome_title"].values[0])
    low, high = (number(base[q], float("nan")) for q in ("q05", "q95"))
    said = [f"{titles[0]} {low} to {high} {base['unit']}"]
    for title, row in list(zip(titles[1:], others, strict=True))[:SAID]:
        said.append(f"{title} {side(row, draws)}")
    whole = f"{outcome[0].upper()}{outcome[1:]}, 5 to 95 % of the draws: {'; '.join(said)}."
    return shorten(whole, LONG, placeholder=" …")


def side(row: dict[str, Any], draws: int) -> str:
    """On which side of the first scenario another one lies."""
    if is_open(row):
        return "the same today" if row["difference_today"] == 0 else "not surely apart today"
    return f"{'higher' if row['difference_today'] > 0 else 'lower'} in {row['same_sign']} of {draws}"


def keepers(found: xr.Dataset) -> Iterator[str]:
    """A sentence for every scenario whose config sets parameters itself."""
    for title, row in zip(found["scenario_title"].values, found["kept"].values, strict=True):
        names = [str(n) for n in found["parameter"].values[row]]
        if len(names) == found.sizes["parameter"]:
            yield f"{title} sets every one of these parameters itself: no draw changes it"
        elif names:
            yield f"{title} keeps what it sets itself: {', '.join(names)}"


def rows(found: xr.Dataset) -> Iterator[dict[str, Any]]:
    """A row per outcome and scenario: figures of the scenario, then of its difference to the first one."""
    quantiles = found["quantile"].values
    for outcome in found["outcome"].values:
        for s, scenario in enumerate(found["scenario"].values):
            at = found.sel(outcome=outcome).isel(scenario=s)
            row: dict[str, Any] = {"outcome": str(outcome), "unit": str(at["outcome_unit"].item())}
            row |= {"scenario": str(scenario), **_figures(at, "", quantiles)}
            yield row | _difference(at, quantiles, first=not s)


def _figures(at: xr.Dataset, before: str, quantiles: Any) -> dict[str, float]:
    own = {before + name: float(at[before + name]) for name in OWN}
    table = at[f"{before}draws_quantile"].to_numpy()
    return own | {f"{before}q{100 * q:02.0f}": float(x) for q, x in zip(quantiles, table, strict=True)}


def _difference(at: xr.Dataset, quantiles: Any, *, first: bool) -> dict[str, Any]:
    """Nothing but names for the first scenario."""
    found = _figures(at, "difference_", quantiles) | {"same_sign": int(at["same_sign"])}
    return dict.fromkeys(found, None) if first else found


def is_open(row: dict[str, Any]) -> bool:
    """Whether today's difference is within two Monte Carlo errors of none."""
    return not abs(row["difference_today"]) > 2 * row["difference_today_se"]
