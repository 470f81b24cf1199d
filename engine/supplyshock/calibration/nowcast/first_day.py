"""States of a day for forward runs: the parts of the filtered paths from which they start."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from supplyshock_kernels.params import BLOCS, Array
from supplyshock_kernels.params.path_state import Place, locate_parts

from ...scenarios.scenario import Scenario
from ...scenarios.state_file import DECIDED_BY_CONFIG, StateFile
from .particle_filter import Filtered
from .resampling import resample

AT_REST = ("quota", "buyers", "makers", "standing", "theta", "depletion.0.chips", "depletion.1.chips")
"""Quantities that start at rest, or from their priors: the record has no usable observation of chips, and parameters
stay those of the path."""


def states_of(scenario: Scenario, filtered: Filtered, members: int, seed: int) -> StateFile:
    """The ensemble of the day after the last week."""
    chosen = resample(np.zeros(filtered.state.shape[1]), members, np.random.default_rng((seed, 0)).random())
    labels, materials = scenario.labels, scenario.params.n_materials
    fabs = scenario.params.sources.basket[:, materials:].sum(1) > 0
    values = {
        place.part.name: _without_chips(_block(filtered.state, place, chosen), place, materials, fabs)
        for place in locate_parts(scenario.params)
        if not _left_out(place.part.name)
    }
    return StateFile(
        day=scenario.start + timedelta(weeks=scenario.weeks),
        names={
            "material": labels.market[:materials],
            "market": labels.market,
            "source": labels.source,
            "sector": labels.sector,
            "bloc": BLOCS,
        },
        values=values,
        about={
            "record": scenario.name,
            "paths": filtered.state.shape[1],
            "seed": seed,
            "observations": len(filtered.forecasts),
        },
    )


def _left_out(name: str) -> bool:
    return name in (*DECIDED_BY_CONFIG, *AT_REST) or name.split(".")[0] in AT_REST


def _block(state: Array, place: Place, chosen: Array) -> Array:
    """The values (S, axes...) of one quantity in S chosen paths, float32."""
    return np.asarray(state[place.start : place.stop, chosen].T.reshape(len(chosen), *place.shape), np.float32)


def _without_chips(block: Array, place: Place, materials: int, fabs: Array) -> Array:
    """NaN for chip segments and for the fabs that make them."""
    if place.part.axes[:1] == ("market",):
        block[:, materials:] = np.nan
    if place.part.axes == ("source",):
        block[:, fabs] = np.nan
    return block
