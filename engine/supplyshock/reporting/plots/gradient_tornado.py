"""A tornado: the effects of small steps, the largest on top, with their standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...scenarios.display_names import factor_name
from ...studies.gradients.effects import Effect
from .style import BLUE, save
from .tornado import MOST, Side, bars, panels


def tornado(answers: Sequence[Effect], path: str | Path, *, title: str, note: str, tail: float = 0.05) -> Path:
    """Draws the effects on the mean and on the worst paths into a file; raises as `save`."""
    answers = answers[:MOST]
    first = answers[0]
    name, effect = factor_name(first.name), f"{first.mean:+.2g} ± {first.mean_se:.1g} {first.unit}"
    headline = f"{title}. Largest: {name}: {first.step} changes the mean by {effect}"
    figure, axes = panels(len(answers), (1, 1), headline, f"{note}; whiskers: two standard errors")
    worst = f"worst {100 * tail:g} % of paths"
    for ax, what, name in ((axes[0], "mean", "mean"), (axes[1], worst, "cvar")):
        effects, errors = (np.array([getattr(a, field) for a in answers]) for field in (name, f"{name}_se"))
        side = Side("", effects, errors, BLUE)
        unit = f"change of {first.title}, {first.unit}"
        bars(ax, [a.name for a in answers], [a.step for a in answers], [side], unit, f"A step changes the {what} by")
    return save(figure, path)
