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

BEYOND = 1e-4
"""Share of the paths' forecasts on one side of an observation, below which it counts as beyond all."""
FAR = 10.0
"""Times the bands of the paths, from which on a mistaken unit is likely."""

HEAD = """# The states of the first day

`supplyshock nowcast --page docs/nowcast.md` generates this page.

Shipped scenarios do not start from a world at rest. They start from states that simulated paths
reached by following the dated record of what happened. {paths:,} paths follow the record of
`{record}` from {start} to {day}. A particle filter (Gordon, Salmond and Smith, "Novel
approach to nonlinear/non-Gaussian Bayesian state estimation", 1993) weighs each path by how well it
forecast each observation of [observed_record.csv](../configs/observed_record.csv) and each ratio of
the episodes of 2023 and 2025 of the [back-test](backtest.md). When fewer than half
of the paths count, systematic resampling repeats the likely ones and drops the others. {members}
states are kept.

Ratios are relative to the prices of the data set; ratios of the back-test are converted with both
prices. Errors of observation have Student's t distribution with {freedom:g} degrees of freedom in
logs. Their scale is the band of the table over 4.26. Rows without a band have a scale by expert
judgement (.10 in China, .35 outside, .20 for exports).

*Sharp observations.* Fifteen yearly averages of one day would leave one path in ten thousand. So
they weigh whole paths only while 5 % of them count. The rest of their weight chooses among the
states of their own market (a local particle filter: Rebeschini and van Handel, "Can local
particle filters beat the curse of dimensionality?", 2015). This loses the link between that
market and the rest of a path. Resampled paths move their uncertain parameters a little, without
drift (Liu and West, "Combined parameter and state estimation in simulation-based filtering",
2001). [Decision 0044](decisions/0044-nowcast-from-2022.md) says what both steps are worth.
"""

COVERAGE = """## Forecast before it was used

The paths that all earlier observations had left forecast each observation before it weighed them.
*Position* is the share of these forecasts, errors of observation included, that lie below the
observed number. It should lie between .05 and .95 for nine of ten observations. The columns 5 and
95 % leave the errors of observation out. *Paths left* is the share of paths that count after the
observation has weighed them. The column *of* says which paths: whole ones, or the states of the
market where too few whole paths would be left.
"""

STATES = """## Where markets stand

The table has medians and 5-95 % ranges over the states. Quotes are ratios to the price of the
data set. Stocks are in weeks of the bloc's use at baseline.
"""

LIMITS = """## What this does not do

* Chips start at rest behind the gates of the first day. The record has no observation of chips
  that the model could use, and their prices count from the first day.
* The file of all paths (`--keep`) keeps what the paths learned about uncertain parameters. The
  shipped states leave these parameters to the priors of a config.
* Markets without observations are hardly narrowed. Their states come from the record and from
  markets that move with them.
* Most observations come from secondary texts, and several contradict each other. So their errors
  are wide.
* The number of licences granted is an input by expert judgement (configs/history.yaml), set with
  some of these observations in view. So the coverage above tests the markets given that
  judgement, and not the judgement itself.
* The baseline of the data set is the average of 2025 for most materials. So the data set knows
  those averages already. The paths, which start three years before, do not.
* Parameters of the markets are fitted to the episodes of 2023 and 2025
  ([calibration](calibration.md)). So 17 of these observations are no independent test of the
  parameters.
* Bands hold more observations than they claim. Without the errors of observation they hold about
  what they claim. These errors are judged and not measured, and are wide for averages of years
  and for customs figures. They were set before this page was seen, and stay so.
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


def unexplained(result: Nowcast) -> list[str]:
    """A sentence for each observation that lies beyond all paths: it cannot tell one of them from another."""
    names, sentences = result.scenario.labels.names, []
    for f in result.filtered.forecasts:
        if BEYOND < f.position < 1 - BEYOND or f.point.value is None:
            continue
        unit = " Check its unit." if not f.low / FAR < f.point.value < f.high * FAR else ""
        sentences.append(
            f"{point_label(f.point, names)} from {f.point.first}: {f.point.value:.3g} times the base value lies beyond "
            f"every path (90 % of them: {f.low:.3g} to {f.high:.3g}), so little is learned from it.{unit}"
        )
    return sentences


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
    lines = []
    for m, market in enumerate(states.names["material"]):
        quotes = [_spread(np.exp(states.values[name][:, m])) for name in ("china.p", "outside.p")]
        lines.append([market, *quotes, *(_spread(states.values[n][:, m]) for n in ("china.stock", "outside.stock"))])
    return lines


def _spread(x: Array) -> str:
    low, median, high = np.quantile(x, (0.05, 0.5, 0.95))
    return f"{median:.2f} ({low:.2f} to {high:.2f})"
