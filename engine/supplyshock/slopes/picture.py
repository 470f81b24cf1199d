"""A tornado: the effects of small steps, the largest on top, with their standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..figure import COLOURS, DPI, FAINT, INK
from .answers import Answer

UP, DOWN = COLOURS["CN"], COLOURS["XC"]


def tornado(answers: Sequence[Answer], path: str | Path, *, title: str, note: str) -> Path:
    """Draws the effects on the expectation into a PNG file, and returns its path; whiskers are one standard error."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 0.32 * len(answers) + 1.9), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    shown = list(reversed(answers))
    rows = range(len(shown))
    colours = [UP if a.mean > 0 else DOWN for a in shown]
    axis.barh(rows, [a.mean for a in shown], color=colours, height=0.65)
    axis.errorbar(
        [a.mean for a in shown], rows, xerr=[a.mean_se for a in shown], fmt="none", ecolor=INK, capsize=2, lw=1
    )
    axis.set_yticks(rows, [f"{a.name}  {a.step}" for a in shown])
    axis.axvline(0, color=INK, lw=0.8)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(left=False)
    axis.set_xlabel(f"change of the expectation: {answers[0].words}")
    figure.suptitle(title, x=0.01, ha="left", size=12, weight="bold", color=INK)
    figure.supxlabel(note, x=0.01, ha="left", size=8, color=FAINT)
    figure.savefig(path, format="png")
    return Path(path)
