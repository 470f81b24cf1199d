"""The scenarios at the ends of what a study varies: sizes that a base does not have may be out of reason there."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..scenarios.scenario import Scenario
from .config_template import Template
from .factors import Factor

WITHOUT_SIZE = ("parameters.", "priors.")
"""Keys that have a range in the data set, and are no size of anything."""


def scenarios_at_ends(template: Template, factors: Sequence[Factor], kept: Collection[str] = ()) -> list[Scenario]:
    """The base with each factor at its lowest and its highest value, one factor at a time; without those in `kept`.

    Raises `ConfigError` for a value that the config cannot have.
    """
    sized = [f for f in factors if not f.key.startswith(WITHOUT_SIZE) and f.key not in kept]
    ends = [(f, float(x)) for f in sized for x in (min(f.levels(2)), max(f.levels(2)))]
    return [template.scenario({factor.key: factor.text(x)}) for factor, x in ends]
