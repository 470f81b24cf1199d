"""Cumulative acts of each party: observed, over the band of the fitted process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplyshock_kernels.params import PARTIES

from ...calibration.policy.calibrate import PolicyFit
from ...calibration.policy.predictive_checks import Check
from .style import BLUE, DASHES, FAINT, INK, ORANGE, add_texts, new_figure, open_axes, save

if TYPE_CHECKING:
    from ...calibration.policy.predictive_checks import Predicted

NAMES = {"CN": "China", "US": "United States"}
LABEL = {"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1}
PARTY_COLOURS = {"CN": ORANGE, "US": BLUE}


def draw(fit: PolicyFit, path: str | Path) -> Path:
    """Draws the picture into a file and returns its path. Raises as `save`."""
    figure = new_figure(12.5, 7.6)
    grid = {"left": 0.06, "right": 0.985, "top": 0.88, "bottom": 0.12, "wspace": 0.12, "width_ratios": (1, 1, 0.95)}
    left, right, table = figure.subplots(1, 3, gridspec_kw=grid)
    right.sharey(left)
    for a, ax in enumerate((left, right)):
        _band(ax, fit.predicted, a)
        _split(ax, fit)
    left.set_ylabel("weeks with an act, cumulative", size=9, color=INK)
    _misses(table, fit.checks)
    add_texts(figure, headline(fit), caption(fit), (110, 190), edges=(0.97, 0.02))
    return save(figure, path)


def headline(fit: PolicyFit) -> str:
    """The checks in words."""
    outside = [c.name for c in fit.checks if not c.inside]
    if not outside:
        return f"All {len(fit.checks)} checks lie within the 90 % band of the fitted process."
    more = f", and {len(outside) - 2} more" if len(outside) > 2 else ""
    return f"{len(outside)} of {len(fit.checks)} checks lie outside the 90 % band: {'; '.join(outside[:2])}{more}."


def caption(fit: PolicyFit) -> str:
    """Sample and definitions."""
    return (
        f"{fit.events.name}: {fit.acts} acts fitted, {fit.first} to {fit.trained_to}. Line: observed. Band and dashes: "
        "5, 50 and 95 % points of histories that the model simulates over the same regimes, with parameters drawn "
        "from their posterior. Right: rank of the observed value among them, 0 below all and 1 above all."
    )


def _band(ax: Any, predicted: Predicted, a: int) -> None:
    party = PARTIES[a]
    days, colour = predicted.days, PARTY_COLOURS[party]
    ax.fill_between(days, predicted.low[:, a], predicted.high[:, a], color=colour, alpha=0.22, lw=0)
    ax.plot(days, predicted.median[:, a], color=colour, lw=1.2, ls=DASHES)
    ax.plot(days, predicted.observed[:, a], color=INK, lw=2)
    ax.set_title(NAMES[party], loc="left", size=11, weight="bold", color=colour)
    ax.annotate("observed", (days[-1], predicted.observed[-1, a]), xytext=(-4, 6), textcoords="offset points", size=9,
                color=INK, weight="bold", ha="right", bbox=LABEL)  # fmt: skip
    ax.set_ylim(0, 1.03 * predicted.high.max())
    open_axes(ax, size=8.5)


def _split(ax: Any, fit: PolicyFit) -> None:
    if fit.trained_to <= fit.last:
        ax.axvline(fit.trained_to, color=FAINT, lw=1, ls=":")
        ax.annotate("not fitted", (fit.trained_to, 0.02), xycoords=("data", "axes fraction"), xytext=(4, 0),
                    textcoords="offset points", size=8, color=FAINT)  # fmt: skip


def _misses(ax: Any, checks: list[Check]) -> None:
    """Each statistic's rank among the simulated histories."""
    for y, c in enumerate(checks):
        ink = INK if c.inside else ORANGE
        ax.plot(c.rank, y, "o" if c.inside else "D", color=ink, ms=5.5, zorder=3)
        band = f"{c.low:.3g}-{c.high:.3g}"
        ax.text(
            -0.06,
            y,
            f"{_short(c.name)}\nobserved {c.observed:.3g}, band {band}",
            size=7.2,
            color=ink,
            ha="right",
            va="center",
        )
    ax.axvspan(0.05, 0.95, color=FAINT, alpha=0.18, lw=0)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(len(checks) - 0.4, -0.6)
    ax.set_yticks([])
    ax.set_xticks([0, 0.5, 1])
    ax.set_title("rank", loc="left", size=11, weight="bold", color=INK)
    open_axes(ax, ("top", "right", "left"), size=8.5)
    box = ax.get_position()
    ax.set_position((box.x0 + 0.17, box.y0, box.width - 0.17, box.height))


def _short(name: str) -> str:
    return name.replace("share of weeks with an act in which both acted", "both acted, share of weeks with an act")
