"""The evidence of a nowcast: a table, and a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from supplyshock_kernels.params import Array

from ...calibration.backtest.observation_operators import point_label
from ...calibration.nowcast.nowcast import Nowcast
from ...calibration.nowcast.particle_filter import error_of
from ...calibration.nowcast.rivals import Rival
from ...calibration.student import FREEDOM, SCALES_IN_90_PERCENT
from ...scenarios.state_file import StateFile
from .markdown_table import table
from .nowcast_evidence import coverage_sections, learning_sections, rival_section

HEADER = ["observation", "from", "observed", "5 %", "median", "95 %", "position", "paths left", "of"]

HEAD = """# The states of the first day

`supplyshock nowcast --page docs/nowcast.md` generates this page.

Shipped scenarios start from states that a run of the dated record reached, not from a world at rest. {paths:,} paths
follow the record of `{record}` from {start} to {day}. Each observation of
[observed_record.csv](../configs/observed_record.csv), and each ratio of the episodes of 2023 and 2025 of the
[back-test](backtest.md), weighs them by how well they forecast it, and the likely ones go on: a particle filter
(Gordon, Salmond and Smith, "Novel approach to nonlinear/non-Gaussian Bayesian state estimation", 1993) with systematic
resampling where fewer than half of the paths count. {members} states are kept. Ratios count from the prices of the data
set; those of the back-test are taken over to these by the prices of both. Errors of observation have Student's t
distribution with {freedom:g} degrees of freedom in logs. Their scale is the band of the table over 4.26, or by
judgement where a row has none (.10 in China, .35 outside, .20 of exports).

*Sharp observations.* Fifteen yearly averages of one day would leave one path in ten thousand. So they weigh whole paths
only as long as 5 % of them count; the rest of their weight chooses among the states of their own market (a local
particle filter: Rebeschini and van Handel, "Can local particle filters beat the curse of dimensionality?", 2015). What
this loses is the tie between that market and the rest of a path. Paths that are resampled move their uncertain
parameters a little, without drift (Liu and West, "Combined parameter and state estimation in simulation-based
filtering", 2001). [Decision 0044](decisions/0044-nowcast-from-2022.md) says what both are worth.
"""

COVERAGE = """## Forecast before it was used

Every observation was forecast by the paths that all earlier ones had left, before it weighed them. *Position* is the
share of these forecasts, errors of observation included, that lie below the observed number: within .05 and .95 for
nine of ten. The columns 5 and 95 % leave those errors out. *Paths left* is the share of the paths that count after it
has weighed them: of whole paths, or of the states of its market where whole paths would be too few.
"""

STATES = """## Where markets stand

Medians and 5-95 % over the states: quotes as ratios to the price of the data set, stocks in weeks of the bloc's use at
baseline.
"""

LIMITS = """## What this does not do

* Chips start at rest behind the gates of the first day: the record holds no observation of them that the model could
  use, and their prices count from the first day.
* What is learned of uncertain parameters stays in the file of all paths (`--keep`); the shipped states leave them to
  the priors of a config.
* Markets without observations are hardly narrowed: their states are those of the record and of markets that move along.
* Most observations come through secondary texts, and several contradict each other, so the errors are wide.
* How many licences were granted is an input by judgement (configs/history.yaml), set with some of these observations
  in view. So the coverage above is no test of that judgement, only of the markets given it. The baseline of the data
  set is the average of 2025 for most materials, so those averages are no news to it, though they are to the paths,
  which start three years before.
* Parameters of the markets are fitted to the episodes of 2023 and 2025 ([calibration](calibration.md)), so 17 of these
  observations are no test of them.
* Bands hold more than they claim, and about what they claim where the errors of observation are left out: these errors,
  judged and not measured, are wide for averages of years and for customs figures. They stay as they were set, before
  this page was seen.
"""


def rows(result: Nowcast) -> list[list[str]]:
    """A row for each observation."""
    names = result.scenario.labels.names
    return [
        [
            point_label(f.point, names),
            str(f.point.first),
            f"{f.point.value:.3g} (x/ {np.exp(SCALES_IN_90_PERCENT / 2 * error_of(f.point)):.2g})",
            *(f"{x:.3g}" for x in (f.low, f.median, f.high)),
            f"{f.position:.2f}",
            f"{f.effective:.1%}",
            "whole paths" if f.whole == 1.0 else "its market",
        ]
        for f in result.filtered.forecasts
    ]


def page_text(result: Nowcast, rivals: Sequence[Rival], few: Rival) -> str:
    """The page; `few` is the model itself on as few paths as its rivals."""
    intro = HEAD.format(
        paths=result.settings.paths,
        record=result.scenario.name,
        start=result.scenario.start,
        day=result.states.day,
        members=result.states.members,
        freedom=FREEDOM,
    )
    return "\n".join(
        [
            intro,
            COVERAGE,
            f"{result}\n",
            table(HEADER, rows(result)),
            "",
            *coverage_sections(result),
            *learning_sections(result),
            *rival_section(rivals, few),
            STATES,
            table(["market", "quote in China", "outside", "stock in China", "outside"], _markets(result.states)),
            "",
            LIMITS,
        ]
    )


def _markets(states: StateFile) -> list[list[str]]:
    """Quotes and stocks of every material."""
    told = []
    for m, market in enumerate(states.names["material"]):
        quotes = [_spread(np.exp(states.values[name][:, m])) for name in ("china.p", "outside.p")]
        told.append([market, *quotes, *(_spread(states.values[n][:, m]) for n in ("china.stock", "outside.stock"))])
    return told


def _spread(x: Array) -> str:
    low, median, high = np.quantile(x, (0.05, 0.5, 0.95))
    return f"{median:.2f} ({low:.2f} to {high:.2f})"
