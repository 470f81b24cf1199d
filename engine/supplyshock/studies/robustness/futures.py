"""Futures: sets of uncertain parameters, a Latin hypercube over the posterior of the calibration and over ranges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from supplyshock_kernels.params import Array

from ...calibration.parameter_posterior import Posterior, read_posterior, shipped_posterior
from ...scenarios.dataset.dataset import Dataset
from ...scenarios.parameter_words import parameter_words
from ...scenarios.robustness.schema import GROUPS
from ..design import at, latin_cube
from ..factors import Factor, parse_factors

JUDGED = "expert judgement"


@dataclass(frozen=True)
class Futures:
    """N sets of k parameters."""

    factors: tuple[Factor, ...]
    """Ends, keys and units; of a calibrated parameter the range of the calibration."""
    values: Array
    """(N, k)."""
    posterior: Posterior | None
    """Where calibrated parameters are drawn."""

    @property
    def names(self) -> list[str]:
        """(k,) what the parameters are, in words."""
        return [parameter_words(f.key) for f in self.factors]

    @property
    def calibrated(self) -> frozenset[str]:
        """Keys that are drawn from the posterior."""
        return frozenset(f.key for f in self.factors if f.distribution == POSTERIOR)

    def changes(self, future: int, kept: Collection[str]) -> dict[str, Any]:
        """The keys that a future sets in a config; keys in `kept` stay as the config has them.

        A calibrated prior has its centre set; another one is fixed at its value.
        """
        row = zip(self.factors, self.values[future], strict=True)
        return {_key(f): f.text(float(x)) for f, x in row if f.key not in kept}


POSTERIOR = "posterior"


def _key(factor: Factor) -> str:
    centre = factor.distribution == POSTERIOR and factor.key.startswith("priors.")
    return f"{factor.key}.center" if centre else factor.key


def draw_futures(vary: Sequence[str], dataset: Dataset, number: int, seed: int) -> Futures:
    """`number` futures of groups (`GROUPS`) and of texts such as ``priors.parts=3..8``.

    A key of its own comes before its group. Raises `UsageError`.
    """
    texts = [text for text in vary if text not in GROUPS]
    own = parse_factors(texts, dataset) if texts else []
    taken = {f.key for f in own}
    posterior = read_posterior(shipped_posterior()) if "calibrated" in vary else None
    calibrated = [f for f in _calibrated(posterior, dataset) if f.key not in taken]
    taken |= {f.key for f in calibrated}
    for group, keys in (("priors", _priors(dataset)), ("judged", _judged(dataset))):
        new = [key for key in keys if group in vary and key not in taken]
        own += parse_factors(new, dataset) if new else []
        taken |= set(new)
    size = len(own) + (len(posterior.names) if posterior else 0)
    cube = latin_cube(size, number, seed)
    values = at(cube[:, : len(own)], own) if own else np.empty((number, 0))
    if posterior is not None:
        drawn = posterior_values(posterior, cube[:, len(own) :])
        columns = [list(map(_posterior_key, posterior.names)).index(f.key) for f in calibrated]
        values = np.column_stack([values, drawn[:, columns]])
    return Futures((*own, *calibrated), values, posterior)


def posterior_values(posterior: Posterior, cube: Array) -> Array:
    """Values (N, F) at points of the unit cube, as `Posterior.draw` makes them of random numbers."""
    spread = np.linalg.cholesky(posterior.covariance + 1e-12 * np.diag((posterior.high - posterior.low) ** 2))
    return np.asarray(np.clip(posterior.best + norm.ppf(cube) @ spread.T, posterior.low, posterior.high))


def _posterior_key(name: str) -> str:
    return name if name.startswith("priors.") else f"parameters.{name}"


def _calibrated(posterior: Posterior | None, dataset: Dataset) -> list[Factor]:
    if posterior is None:
        return []
    ends = zip(posterior.names, posterior.low, posterior.high, strict=True)
    return [Factor(_posterior_key(n), "", float(low), float(high), POSTERIOR) for n, low, high in ends]


def _priors(dataset: Dataset) -> list[str]:
    return [f"priors.{name}" for name in dataset.prior]


def _judged(dataset: Dataset) -> list[str]:
    rows = dataset.parameter.items()
    return [f"parameters.{n}" for (n,), f in rows if f.low is not None and f.high is not None and f.mark == JUDGED]


def unit_of(factor: Factor, dataset: Dataset) -> str:
    """The unit of the values, for people: that of the text, else of the data set; empty for a pure number."""
    group, _, name = factor.key.partition(".")
    row = dataset.prior.get(name) if group == "priors" else dataset.parameter.get((name,))
    unit = factor.unit or (row.unit if row is not None and group in ("priors", "parameters") else "")
    return "" if unit == "1" else unit
