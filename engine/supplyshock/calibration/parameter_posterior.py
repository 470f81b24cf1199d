"""The posterior of the calibrated parameters, and draws from it, so that bands and means include its uncertainty.

The posterior is normal around the best values with the covariance of the fit; draws are clipped to the ranges.
Values that a config or an override sets are not drawn.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from supplyshock_kernels.params import Array, Params

from ..common.errors import DataError, reason
from ..scenarios.config.load import Loaded
from ..scenarios.config.schema import Prior
from ..scenarios.scenario import build_params
from ..scenarios.shipped import configs_dir

DRAWS = 32
"""Default number of draws, besides the best values."""
TOLERANCE = 0.01
"""Data sets hold best values with three digits."""
COLUMNS = ("name", "best", "low", "high")


@dataclass(frozen=True)
class Posterior:
    """A normal posterior of the free parameters."""

    names: tuple[str, ...]
    best: Array
    low: Array
    high: Array
    """(F,) ends of the ranges."""
    covariance: Array
    """(F, F)."""

    def draw(self, n: int, seed: int) -> list[dict[str, float]]:
        """n sets of values, the same for the same seed."""
        spread = np.linalg.cholesky(self.covariance + 1e-12 * np.diag((self.high - self.low) ** 2))
        z = np.random.default_rng(seed).standard_normal((n, len(self.names)))
        values = np.clip(self.best + z @ spread.T, self.low, self.high)
        return [dict(zip(self.names, map(float, row), strict=True)) for row in values]


def shipped_posterior() -> Path:
    """The file of the posterior of the default parameters."""
    return configs_dir() / "calibration_posterior.csv"


def posterior_digest() -> str:
    """SHA-256 of the posterior of the default parameters."""
    return hashlib.sha256(shipped_posterior().read_bytes()).hexdigest()


def as_csv(posterior: Posterior) -> str:
    """A row per parameter: name, best, low, high, and its covariance with each."""
    lines = [",".join((*COLUMNS, *posterior.names))]
    columns = np.column_stack([posterior.best, posterior.low, posterior.high, posterior.covariance])
    rows = zip(posterior.names, columns, strict=True)
    lines += [",".join([name, *(f"{x:.6g}" for x in row)]) for name, row in rows]
    return "\n".join(lines) + "\n"


def read_posterior(file: Path) -> Posterior:
    """The posterior that `as_csv` wrote. Raises `DataError`."""
    try:
        head, *rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        names = tuple(head[len(COLUMNS) :])
        numbers = np.array([[float(x) for x in row[1:]] for row in rows])
        if tuple(row[0] for row in rows) != names or not np.isfinite(numbers).all():
            raise ValueError("rows and columns do not name the same parameters")
        best, low, high, covariance = numbers[:, 0], numbers[:, 1], numbers[:, 2], numbers[:, 3:]
        if not np.allclose(covariance, covariance.T, rtol=1e-4):
            raise ValueError("the covariance is not symmetric")
        covariance = (covariance + covariance.T) / 2
        np.linalg.cholesky(covariance)
        return Posterior(names, best, low, high, covariance)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, IndexError, np.linalg.LinAlgError) as error:
        raise DataError(
            "not a posterior of parameters",
            where=str(file),
            expected="the posterior.csv of a calibration",
            got=reason(error),
        ) from None


def params_with(loaded: Loaded, values: Mapping[str, float]) -> Params:
    """The parameters of a scenario under other values of parameters and of centres of priors (``priors.NAME``)."""
    parameters, priors = dict(loaded.config.parameters), dict(loaded.config.priors)
    for name, value in values.items():
        kind, _, rest = name.partition(".")
        if kind == "priors":
            priors[rest] = Prior(center=value)
        else:
            parameters[name] = value
    config = loaded.config.model_copy(update={"parameters": parameters, "priors": priors})
    return build_params(replace(loaded, config=config))


def names_set_by_config(loaded: Loaded) -> set[str]:
    """Parameters and priors (``priors.NAME``) that a config or an override sets itself."""
    return {*loaded.config.parameters, *(f"priors.{name}" for name in loaded.config.priors)}


def drawn_params(loaded: Loaded, draws: list[dict[str, float]]) -> list[Params]:
    """The parameters of a scenario under each draw; what its config sets itself stays."""
    fixed = names_set_by_config(loaded)
    return [params_with(loaded, {k: v for k, v in values.items() if k not in fixed}) for values in draws]


def check_applies(posterior: Posterior, loaded: Loaded) -> None:
    """Raises `DataError` if the data set of a config has other best values than those the posterior is around.

    Values that the config sets are not drawn, so they may differ.
    """
    fixed = names_set_by_config(loaded)
    for name, best in zip(posterior.names, posterior.best, strict=True):
        if name in fixed:
            continue
        current = _value(loaded, name)
        if current is None or abs(current - best) > TOLERANCE * abs(best) + 1e-9:
            raise DataError(
                "the posterior was fitted with parameter values that differ from those of this data set",
                where=f"{loaded.path.name}, {name}",
                expected=f"about {best:.4g}, the calibrated value",
                got="none" if current is None else f"{current:.4g}",
                fix="set the parameter in the config, so that it is not drawn",
            )


def _value(loaded: Loaded, name: str) -> float | None:
    kind, _, rest = name.partition(".")
    if kind == "priors":
        return prior.center if (prior := loaded.dataset.prior.get(rest)) else None
    figure = loaded.dataset.parameter.get((name,))
    return figure.value if figure else None
