"""Episodes left out one at a time: scores of each with parameters drawn from the posterior without its targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from supplyshock_kernels.params import Params

from ...scenarios.config.load import load_config
from ..leave_out import Sensitivities, posterior_without
from ..parameter_posterior import Posterior, check_applies, drawn_params
from .coverage import measure_coverage
from .observed_point import ObservedPoint
from .run import Episode
from .score_tables import records, summarise

Draw = Callable[[str], Sequence[Params]]
"""Sets of parameters by scenario."""
RunEpisode = Callable[[str, Sequence[ObservedPoint], Draw], Episode]


class LeftOut(NamedTuple):
    """One episode with the targets of all, and without its own."""

    episode: str
    targets: int
    """Residuals that are left out."""
    moved: str
    """The parameter that moves most, of its range."""
    by: float
    """How far, of a range of 1, signed."""
    scores: dict[str, dict[str, Any]]
    """``with`` and ``without``: points, inside50, inside, hits, bands (targets with a band), crps."""


def draw_without(
    sensitivities: Sensitivities, episode: str | None, count: int, seed: int, overrides: dict[str, Any] | None = None
) -> Draw:
    """Draws from the posterior without an episode's targets. A draw raises `DataError` if the data set has other
    values than the calibration ended with."""
    s, posterior = sensitivities, posterior_without(sensitivities, episode)
    draws = posterior.draw(count, seed)
    fitted = Posterior(s.names, s.best, s.low, s.high, posterior.covariance)

    def draw(name: str) -> Sequence[Params]:
        loaded = load_config(name, overrides or None)
        check_applies(fitted, loaded)
        return drawn_params(loaded, draws)

    return draw


def leave_out_each(
    chosen: Mapping[str, Sequence[ObservedPoint]],
    sensitivities: Sensitivities,
    run: RunEpisode,
    draw: Callable[[str | None], Draw],
) -> list[LeftOut]:
    """Every episode with targets, scored twice; `draw` gives the draws without an episode's targets."""
    every = posterior_without(sensitivities, None)
    rows = []
    for name in sensitivities.episodes():
        if name not in chosen:
            continue
        without = posterior_without(sensitivities, name)
        moves = (without.best - every.best) / (every.high - every.low)
        most = int(np.argmax(np.abs(moves)))
        scores = {
            key: _scores(run(name, chosen[name], draw(episode))) for key, episode in (("with", None), ("without", name))
        }
        rows.append(
            LeftOut(name, sensitivities.targets_of(name), sensitivities.names[most], float(moves[most]), scores)
        )
    return rows


def _scores(episode: Episode) -> dict[str, Any]:
    rows = records([episode])
    coverage, summary = measure_coverage(episode.name, rows), summarise(rows)
    return {
        "points": coverage.points,
        "inside50": coverage.inside[50],
        "inside": coverage.inside[90],
        "hits": summary.hits,
        "bands": summary.targets,
        "crps": summary.crps if summary.scored else None,
    }
