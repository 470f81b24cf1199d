"""Boxes of failure in words: parameters by their names, ends in their units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...analysis.scenario_discovery import CHANCE

if TYPE_CHECKING:
    import xarray as xr


class Restriction(NamedTuple):
    """One side of a box."""

    parameter: int
    words: str
    """``harm of one missing chip to a product above 5.3``."""
    quasi_p: float
    repeated: float


def policies_with_box(results: xr.Dataset) -> list[int]:
    """Numbers of the policies whose failures have a box."""
    ends = np.isfinite(results["box_low"].values) | np.isfinite(results["box_high"].values)
    return [int(p) for p in np.flatnonzero(ends.any(1))]


def described_policy(results: xr.Dataset) -> int | None:
    """The policy with a box that fails most often; the first one, which is as it is, only where no other has one."""
    found = policies_with_box(results)
    others = [p for p in found if p] or found
    return max(others, key=lambda p: float(results["failing_share"][p])) if others else None


def restrictions(results: xr.Dataset, policy: int) -> list[Restriction]:
    """The restrictions of a policy's box, the one that keeps out most futures without a failure first."""
    low, high = (results[f"box_{end}"].values[policy] for end in ("low", "high"))
    rows = [
        Restriction(
            int(k),
            f"{results['parameter_name'].values[k]} {range_text(results, int(k), low[k], high[k])}",
            float(results["quasi_p"].values[policy, k]),
            float(results["repeated"].values[policy, k]),
        )
        for k in np.flatnonzero(np.isfinite(low) | np.isfinite(high))
    ]
    return sorted(rows, key=lambda r: r.quasi_p)


def range_text(results: xr.Dataset, parameter: int, low: float, high: float) -> str:
    """``above 0.21 1/year``, ``below 5.3``, ``0.2 to 0.4``."""
    unit = f" {results['parameter_unit'].values[parameter]}".rstrip()
    if np.isfinite(low) and np.isfinite(high):
        return f"{low:.3g} to {high:.3g}{unit}"
    return f"above {low:.3g}{unit}" if np.isfinite(low) else f"below {high:.3g}{unit}"


def box_words(results: xr.Dataset, policy: int) -> str:
    """All restrictions as a part of a sentence."""
    *words, last = [r.words for r in restrictions(results, policy)]
    return f"{', '.join(words)} and {last}" if words else last


def why_no_box(results: xr.Dataset, policy: int) -> str:
    """What the search says where it found nothing."""
    one = results.isel(policy=policy)
    failing, chance, n = float(one["failing_share"]), float(one["chance"]), results.sizes["future"]
    if np.isnan(failing):
        return "not searched"
    text = f"fails in {round(failing * n)} of {n} futures"
    if np.isnan(chance):
        return f"{text}: too {'few' if failing < 0.5 else 'many'} to search"
    if chance > CHANCE:
        return f"{text}; nothing found: shuffled failures give as good a box in {100 * chance:.0f} % of searches"
    return f"{text}; they gather more than chance would have them, but no single parameter surely carries it"


def box_facts(results: xr.Dataset) -> list[dict[str, Any]]:
    """The results of the search for each policy, for JSON: keys, ends and figures; NaN if it was not searched."""
    names = ("failing_share", "chance", "coverage", "density", "held_out_coverage", "held_out_density")
    facts = []
    for p, policy in enumerate(results["policy"].values):
        one = results.isel(policy=p)
        box = {
            str(results["parameter"].values[r.parameter]): {
                "low": _end(one["box_low"], r.parameter),
                "high": _end(one["box_high"], r.parameter),
                "unit": str(results["parameter_unit"].values[r.parameter]),
                "quasi_p": r.quasi_p,
                "repeated": r.repeated,
            }
            for r in restrictions(results, p)
        }
        facts.append({"policy": str(policy), **{n: float(one[n]) for n in names}, "box": box})
    return facts


def _end(ends: xr.DataArray, parameter: int) -> float | None:
    x = float(ends.values[parameter])
    return x if np.isfinite(x) else None
