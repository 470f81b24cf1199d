"""The posterior of the calibrated parameters without the targets of one episode, by a Gauss-Newton step.

A search for each episode would take too long. The calibration keeps every residual at its best point, and its
derivatives with respect to the parameters. On this linear model the sum of squares of the remaining residuals is
minimised within the ranges, with the prior of the search. So a parameter that only the episode identifies returns to
the middle of its range.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import lsq_linear

from supplyshock_kernels.params import Array

from ..common.csv_text import csv_text
from ..common.errors import DataError, reason
from ..scenarios.shipped import configs_dir
from .parameter_posterior import Posterior
from .student import SDS_IN_90_PERCENT

HEAD = ("residual", "episode", "sd_off")
ENDS = ("best", "low", "high")


@dataclass(frozen=True)
class Sensitivities:
    """Residuals at the best point of a calibration and how they answer the parameters."""

    names: tuple[str, ...]
    """F parameters."""
    best: Array
    low: Array
    high: Array
    """(F,) ends of the ranges."""
    rows: tuple[tuple[str, str], ...]
    """R residuals: name and episode, which is empty for what belongs to none."""
    residuals: Array
    """(R,) in standard deviations."""
    derivatives: Array
    """(R, F) by coordinate: a range is 1 long."""

    def episodes(self) -> tuple[str, ...]:
        """Episodes with a target."""
        return tuple(dict.fromkeys(episode for _, episode in self.rows if episode))

    def targets_of(self, episode: str) -> int:
        """Number of targets of an episode."""
        return sum(own == episode for _, own in self.rows)


def posterior_without(sensitivities: Sensitivities, episode: str | None) -> Posterior:
    """The posterior without the targets of an episode; None leaves nothing out.

    The mode minimises the linear model within the ranges; the covariance is the inverse of its curvature.
    """
    s, width = sensitivities, sensitivities.high - sensitivities.low
    keep = np.array([own != episode for _, own in s.rows])
    x, prior = (s.best - s.low) / width, SDS_IN_90_PERCENT * np.eye(len(s.names))
    slopes = np.vstack([s.derivatives[keep], prior])
    residuals = np.concatenate([s.residuals[keep], SDS_IN_90_PERCENT * (x - 0.5)])
    step = lsq_linear(slopes, -residuals, bounds=(np.minimum(-x, -1e-9), np.maximum(1.0 - x, 1e-9))).x
    covariance = np.linalg.inv(slopes.T @ slopes) * np.outer(width, width)
    return Posterior(s.names, s.low + np.clip(x + step, 0.0, 1.0) * width, s.low, s.high, covariance)


def shipped_sensitivities() -> Path:
    """The file of the sensitivities of the default parameters."""
    return configs_dir() / "calibration_sensitivities.csv"


def sensitivities_digest() -> str:
    """SHA-256 of the sensitivities of the default parameters."""
    return hashlib.sha256(shipped_sensitivities().read_bytes()).hexdigest()


def as_csv(s: Sensitivities) -> str:
    """Rows with the best values and the ranges, then a row per residual."""
    ends = [
        [name, "", "", *(f"{v:.6g}" for v in values)]
        for name, values in zip(ENDS, (s.best, s.low, s.high), strict=True)
    ]
    residuals = [
        [*row, f"{residual:.5g}", *(f"{v:.5g}" for v in slopes)]
        for row, residual, slopes in zip(s.rows, s.residuals, s.derivatives, strict=True)
    ]
    return csv_text([*HEAD, *s.names], [*ends, *residuals])


def read_sensitivities(file: Path) -> Sensitivities:
    """The sensitivities that `as_csv` wrote. Raises `DataError`."""
    try:
        head, *rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        ends, body = rows[: len(ENDS)], rows[len(ENDS) :]
        if tuple(head[: len(HEAD)]) != HEAD or tuple(r[0] for r in ends) != ENDS or not body:
            raise ValueError(f"columns or rows other than {', '.join((*HEAD, *ENDS))}")
        numbers = np.array([[float(v) for v in r[len(HEAD) :]] for r in rows])
        residuals = np.array([float(r[2]) for r in body])
        if not (np.isfinite(numbers).all() and np.isfinite(residuals).all()) or (numbers[1] >= numbers[2]).any():
            raise ValueError("a number that is not finite, or a range without width")
        named = tuple((r[0], r[1]) for r in body)
        best, low, high, *slopes = numbers
        names = tuple(head[len(HEAD) :])
        return Sensitivities(names, best, low, high, named, residuals, np.array(slopes))
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, IndexError) as error:
        raise DataError(
            "not a table of sensitivities",
            where=str(file),
            expected="the sensitivities.csv of `supplyshock calibrate markets`",
            got=reason(error),
        ) from None
