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
SHOWN, LONG = 2, 245
"""Scenarios in a headline, at most, beside the first one; and characters."""
OWN = ("today", "today_se", "draws_mean", "draws_sd", "noise", "parameter_sd")
"""Figures of a row; those of a difference have ``difference_`` in front."""


def size(results: xr.Dataset) -> str:
    """One sentence on what was computed: numbers of scenarios, draws, paths and weeks."""
    about, n = results.attrs, results.sizes
    return (
        f"{n['scenario']} scenario{'s' if n['scenario'] > 1 else ''} under today's parameters and {n['draw']} draws, "
        f"{about['paths']:,} paths of {about['weeks']} weeks each on the same random numbers, seed {about['seed']}"
    )


def headline(results: xr.Dataset) -> str:
    """What the study is, in one sentence."""
    varied = int((~results["kept"]).any("scenario").sum())
    return (
        f"How far means move with what the calibration leaves open: {results.sizes['draw']} draws of {varied} market "
        "parameters around their best values."
    )


def uncertainty_finding(results: xr.Dataset) -> str:
    """The result for the first outcome: where the mean of the first scenario lies, and the sign of the next ones."""
    base, *others = list(rows(results))[: results.sizes["scenario"]]
    titles, draws = [str(t) for t in results["scenario_title"].values], results.sizes["draw"]
    outcome = str(results["outcome_title"].values[0])
    low, high = (number(base[q], float("nan")) for q in ("q05", "q95"))
    parts = [f"{titles[0]} {low} to {high} {base['unit']}"]
    for title, row in list(zip(titles[1:], others, strict=True))[:SHOWN]:
        parts.append(f"{title} {side(row, draws)}")
    whole = f"{outcome[0].upper()}{outcome[1:]}, 5 to 95 % of the draws: {'; '.join(parts)}."
    return shorten(whole, LONG, placeholder=" …")


def side(row: dict[str, Any], draws: int) -> str:
    """On which side of the first scenario another one lies."""
    if is_open(row):
        return "the same today" if row["difference_today"] == 0 else "not surely apart today"
    return f"{'higher' if row['difference_today'] > 0 else 'lower'} in {row['same_sign']} of {draws}"


def keepers(results: xr.Dataset) -> Iterator[str]:
    """A sentence for every scenario whose config sets parameters itself."""
    for title, row in zip(results["scenario_title"].values, results["kept"].values, strict=True):
        names = [str(n) for n in results["parameter"].values[row]]
        if len(names) == results.sizes["parameter"]:
            yield f"{title} sets every one of these parameters itself: no draw changes it"
        elif names:
            yield f"{title} keeps what it sets itself: {', '.join(names)}"


def rows(results: xr.Dataset) -> Iterator[dict[str, Any]]:
    """A row per outcome and scenario: figures of the scenario, then of its difference to the first one."""
    quantiles = results["quantile"].values
    for outcome in results["outcome"].values:
        for s, scenario in enumerate(results["scenario"].values):
            at = results.sel(outcome=outcome).isel(scenario=s)
            row: dict[str, Any] = {"outcome": str(outcome), "unit": str(at["outcome_unit"].item())}
            row |= {"scenario": str(scenario), **_figures(at, "", quantiles)}
            yield row | _difference(at, quantiles, first=not s)


def _figures(at: xr.Dataset, before: str, quantiles: Any) -> dict[str, float]:
    own = {before + name: float(at[before + name]) for name in OWN}
    table = at[f"{before}draws_quantile"].to_numpy()
    return own | {f"{before}q{100 * q:02.0f}": float(x) for q, x in zip(quantiles, table, strict=True)}


def _difference(at: xr.Dataset, quantiles: Any, *, first: bool) -> dict[str, Any]:
    """Nothing but names for the first scenario."""
    figures = _figures(at, "difference_", quantiles) | {"same_sign": int(at["same_sign"])}
    return dict.fromkeys(figures, None) if first else figures


def is_open(row: dict[str, Any]) -> bool:
    """Whether today's difference is within two Monte Carlo errors of none."""
    return not abs(row["difference_today"]) > 2 * row["difference_today_se"]
