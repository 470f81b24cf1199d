"""Cumulative acts of each party: observed, over the band of the fitted process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplyshock_kernels.params import PARTIES

from ...analysis.summary_tables.rows import COUNTRIES
from ...calibration.policy.calibrate import PolicyFit
from ...calibration.policy.predictive_checks import Check
from .style import (
    COLUMN,
    DASHES,
    FAINT,
    GREY,
    INK,
    NOTE,
    ORANGE,
    PAPER,
    PARTY_COLOURS,
    TEXT,
    add_texts,
    axis_titles,
    date_axis,
    new_figure,
    open_axes,
    panel_title,
    save,
)

if TYPE_CHECKING:
    from ...calibration.policy.predictive_checks import Predicted

LABEL = {"facecolor": PAPER, "alpha": 0.8, "lw": 0, "pad": 1}
ABOVE, ROW = 3.6, 0.36
"""Inches: the two upper panels, and a row of the checks."""


def draw(fit: PolicyFit, path: str | Path) -> Path:
    """Draws the picture into a file and returns its path. Raises as `save`."""
    below = ROW * (len(fit.checks) + 2)
    figure = new_figure(COLUMN, ABOVE + below + 1.6)
    grid = figure.add_gridspec(2, 1, height_ratios=(ABOVE, below))
    left, right = grid[0].subgridspec(1, 2).subplots(sharey=True)
    for a, ax in enumerate((left, right)):
        _band(ax, fit.predicted, a)
        _split(ax, fit)
    axis_titles(left, y="weeks with an act, cumulative")
    _checks(figure.add_subplot(grid[1]), fit.checks)
    add_texts(figure, headline(fit), caption(fit))
    return save(figure, path)


def headline(fit: PolicyFit) -> str:
    """The checks in words."""
    outside = [named(c.name) for c in fit.checks if not c.inside]
    if not outside:
        return f"All {len(fit.checks)} checks lie within the 90 % band of the fitted process."
    more = f", and {len(outside) - 2} more" if len(outside) > 2 else ""
    return f"{len(outside)} of {len(fit.checks)} checks lie outside the 90 % band: {'; '.join(outside[:2])}{more}."


def caption(fit: PolicyFit) -> str:
    """Sample and definitions."""
    return (
        f"{fit.events.name}: {fit.acts} acts fitted, {fit.first} to {fit.trained_to}. Line: observed. Band and dashes: "
        "5, 50 and 95 % points of histories that the model simulates over the same regimes, with parameters drawn "
        "from their posterior. Below: the place of the observed number among these histories, as the share of them "
        "with that many or fewer: at 50 % it is what the model expects, near 0 or 100 % hardly any history has it."
    )


def _band(ax: Any, predicted: Predicted, a: int) -> None:
    party = PARTIES[a]
    days, colour = predicted.days, PARTY_COLOURS[party]
    ax.fill_between(days, predicted.low[:, a], predicted.high[:, a], color=colour, alpha=0.22, lw=0)
    ax.plot(days, predicted.median[:, a], color=colour, lw=1.2, ls=DASHES)
    ax.plot(days, predicted.observed[:, a], color=INK, lw=2)
    panel_title(ax, COUNTRIES[party], colour=colour)
    ax.annotate("observed", (days[-1], predicted.observed[-1, a]), xytext=(-4, 6), textcoords="offset points",
                size=TEXT, color=INK, weight="bold", ha="right", bbox=LABEL)  # fmt: skip
    ax.set_ylim(0, 1.03 * predicted.high.max())
    date_axis(ax)
    open_axes(ax)


def _split(ax: Any, fit: PolicyFit) -> None:
    if fit.trained_to <= fit.last:
        ax.axvline(fit.trained_to, color=FAINT, lw=1, ls=":")
        ax.annotate("not fitted", (fit.trained_to, 0.02), xycoords=("data", "axes fraction"), xytext=(4, 0),
                    textcoords="offset points", size=NOTE, color=GREY)  # fmt: skip


def _checks(ax: Any, checks: list[Check]) -> None:
    """The place of each observed number among the simulated histories, in percent."""
    ax.axvspan(5, 95, color=FAINT, alpha=0.18, lw=0)
    labels = []
    for y, c in enumerate(checks):
        ink = INK if c.inside else ORANGE
        ax.plot(100 * c.rank, y, "o" if c.inside else "D", color=ink, ms=5.5, zorder=3, clip_on=False)
        labels.append(f"{named(c.name)}: {c.observed:.3g} (band {c.low:.3g} to {c.high:.3g})")
    ax.set_xlim(0, 100)
    ax.set_ylim(len(checks) - 0.4, -0.6)
    ax.set_yticks(range(len(checks)), labels)
    ax.set_xticks(
        [5, 50, 95], ["5 %\nfew histories\nhave less", "50 %\nas the model\nexpects", "95 %\nfew histories\nhave more"]
    )
    panel_title(ax, "The observed number among simulated ones:\nshare of histories with no more (grey: 90 %)")
    open_axes(ax, ("top", "right", "left"), size=NOTE)
    ax.tick_params(axis="y", length=0)
    for label, c in zip(ax.get_yticklabels(), checks, strict=True):
        label.set_color(INK if c.inside else ORANGE)
        label.set_weight("normal" if c.inside else "bold")


def named(check: str) -> str:
    """The name of a check with countries for parties."""
    for party, country in COUNTRIES.items():
        check = check.replace(f" of {party},", f" of {'the ' if party == 'US' else ''}{country},")
    return check.replace("share of weeks with an act in which both acted", "share of these weeks in which both acted")
