"""Sections of the nowcast's page: coverage by kind and horizon, paths left over time, parameters learned, rivals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from scipy.stats import norm

from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.params import Array, Priors

from ...calibration.backtest.observation_operators import OPERATORS, point_label
from ...calibration.nowcast.nowcast import Nowcast
from ...calibration.nowcast.observations import EPISODES
from ...calibration.nowcast.particle_filter import Forecast
from ...calibration.nowcast.rivals import Rival, last_known
from .markdown_table import table

BANDS = (50, 80, 90)
HORIZONS = ((0.25, "to 3 months"), (1.0, "3 to 12 months"), (np.inf, "a year and more"))
RECENT = 2025
_COSTLY = 5

KINDS = """### By kind and horizon

The table counts the observations that lie in the central band of their forecast. Bands include
errors of observation, except in the last column. The horizon is the time since the last
observation of the same series, from the middle of one window to the middle of the other. For the
first observation of a series it is the time since the start.
"""
LEFT = """## Paths left, and what they cost

*Left* is the share of the paths that count after all observations that end in the week, as far as
these weigh whole paths. *By market* counts the observations whose weight went to their market, in
whole or in part.
"""
LEARNED = """## What the record says of uncertain parameters

The table has medians and 5-95 % ranges of the prior and of the paths that are left. The
parameters of the negotiation (`policy_level` to `hazard_lapse`) cannot be learned here, because
the record forces what parties do. They move by chance alone: after four years the paths have few
ancestors. So they show how little the other rows can be trusted, and why the shipped states leave
all parameters to the priors.
"""
RIVALS = """## Against rivals

Log evidence is the sum of the logs of the probability densities that each forecast gave to the
observed numbers. If it is 5 larger, the observations are 150 times as probable. Two seeds of the
model differ by about 2. The model and its rivals run on at most 16,384 paths. Naive forecasts
start from the last observed number of the same series. The record forces all policy, so the model
runs without the negotiation; in one rival the parties also act by themselves. In the rival with
all trade open no Chinese list holds any trade back, so no licence is needed.
"""


def coverage_sections(result: Nowcast) -> list[str]:
    """Coverage by kind, by horizon, of those recent, fitted and not, and of all."""
    forecasts = result.filtered.forecasts
    points = [f.point for f in forecasts]
    kinds = {k: [f for f in forecasts if _kind(f) == k] for k in dict.fromkeys(map(_kind, forecasts))}
    years = {f.point: last_known(result.scenario, points, f.point)[2] for f in forecasts}
    groups = dict(kinds)
    low = 0.0
    for high, name in HORIZONS:
        groups[name] = [f for f in forecasts if low <= years[f.point] < high]
        low = high
    groups[f"from {RECENT} on"] = [f for f in forecasts if f.point.first.year >= RECENT]
    groups["in the fit of the markets"] = [f for f in forecasts if f.point.episode in EPISODES]
    groups["not in that fit"] = [f for f in forecasts if f.point.episode not in EPISODES]
    groups["all"] = list(forecasts)
    header = ["observations", "number", *(f"in {b} %" for b in BANDS), "in 90 % of the paths alone"]
    return [KINDS, table(header, [_row(name, fs) for name, fs in groups.items() if fs]), ""]


def _kind(f: Forecast) -> str:
    return OPERATORS[f.point.measure].kind_in(f.point.bloc)


def _row(name: str, forecasts: Sequence[Forecast]) -> list[str]:
    positions = np.array([f.position for f in forecasts])
    inside = [int((np.abs(positions - 0.5) <= b / 200).sum()) for b in BANDS]
    inside.append(sum(f.low <= (f.point.value or 0.0) <= f.high for f in forecasts))
    return [name, str(len(forecasts)), *(f"{n} ({n / len(forecasts):.0%})" for n in inside)]


def learning_sections(result: Nowcast) -> list[str]:
    """Effective number by day, the observations that cost most, and parameters before and after."""
    names = result.scenario.labels.names
    rows = []
    for end, group in groupby(result.filtered.forecasts, key=lambda f: f.point.end):
        forecasts = list(group)
        whole = [f for f in forecasts if f.whole > 0]
        parted = sum(f.whole < 1 for f in forecasts)
        left = min((f.effective for f in whole if f.whole == 1.0), default=1.0)
        rows.append([str(end), str(len(forecasts)), f"{left:.1%}", str(parted)])
    costly = sorted(result.filtered.forecasts, key=lambda f: f.log_evidence)[:_COSTLY]
    most = "\n".join(f"* {point_label(f.point, names)} from {f.point.first} ({f.log_evidence:.1f})" for f in costly)
    return [
        LEFT,
        table(["window ends", "observations", "left", "by market"], rows),
        f"\nThe least likely observations, with the log of their likelihood:\n\n{most}\n",
        LEARNED,
        table(["parameter", "prior", "posterior", "spread left"], _parameters(result)),
        "",
    ]


def _parameters(result: Nowcast) -> list[list[str]]:
    priors, after = result.scenario.params.priors, result.filtered.particles.theta(result.scenario.params)
    rows = []
    for i, name in enumerate(NAMES):
        before = prior_quantiles(priors, i)
        now = np.quantile(after[i], (0.05, 0.5, 0.95))
        ratio = (now[2] - now[0]) / max(before[2] - before[0], 1e-9)
        rows.append([f"`{name}`", _words(before), _words(now), f"{ratio:.0%}"])
    return rows


def prior_quantiles(priors: Priors, i: int) -> Array:
    """(3,) the 5, 50 and 95 % quantiles of an uncertain parameter."""
    x = priors.sd[i] * norm.ppf((0.05, 0.5, 0.95))
    values = priors.center[i] * np.exp(x) if priors.lognormal[i] > 0.5 else priors.center[i] + x
    within: Array = np.clip(values, priors.low[i], priors.high[i])
    return within


def _words(x: Array) -> str:
    return f"{x[1]:.3g} ({x[0]:.3g} to {x[2]:.3g})"


def rival_section(rivals: Sequence[Rival], model: Rival) -> list[str]:
    """The model and its rivals, the likeliest first."""
    ranked = sorted([model, *rivals], key=lambda r: -r.log_evidence)
    rows = [
        [r.name, f"{r.log_evidence:.1f}", f"{r.log_evidence - model.log_evidence:+.1f}", str(r.inside)] for r in ranked
    ]
    return [RIVALS, table(["forecast", "log evidence", "less the model's", "in 90 %"], rows), ""]
