"""Designs: which points of the unit cube, and so which values of the factors, are simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from supplyshock_kernels.params import Array

from ..common.errors import UsageError
from .factors import Factor

DESIGNS = ("grid", "latin", "sobol")
MOST = 20_000
"""Points of a design: a number beyond is a slip of the keyboard."""


@dataclass(frozen=True)
class Design:
    """Which points of the factors are simulated."""

    kind: str = "grid"
    """grid, latin or sobol."""
    points: int = 64
    """The number of points of a Latin hypercube; a power of 2 for Sobol indices."""
    levels: int = 5
    """Of each range in a grid."""
    seed: int = 1


def design_points(design: Design, factors: Sequence[Factor]) -> Array:
    """(N, k) values of the factors: every combination, a Latin hypercube, or Saltelli's scheme for Sobol indices.

    Raises `UsageError` for an unknown kind, too many points, and `points` that a Sobol sequence cannot have.
    """
    kind, points, levels, seed = design.kind, design.points, design.levels, design.seed
    makers = {
        "grid": lambda: grid(factors, levels),
        "latin": lambda: latin(factors, points, seed),
        "sobol": lambda: saltelli(factors, points, seed),
    }
    if kind not in makers:
        raise UsageError("unknown design", where="--design", expected=" or ".join(DESIGNS), got=repr(kind))
    return makers[kind]()


def grid(factors: Sequence[Factor], levels: int) -> Array:
    """Every combination of the levels; the last factor moves fastest."""
    axes = [f.levels(levels) for f in factors]
    _bound(int(np.prod([len(a) for a in axes])))
    return np.array(list(product(*axes)), np.float64)


def latin(factors: Sequence[Factor], points: int, seed: int) -> Array:
    """Each factor has one point in each of `points` slices of equal probability (McKay and others, 1979)."""
    _bound(points)
    return at(latin_cube(len(factors), points, seed), factors)


def latin_cube(k: int, points: int, seed: int) -> Array:
    """(points, k) of the unit cube: in each column one point in each of `points` slices."""
    random = np.random.Generator(np.random.Philox(seed))
    slices = np.stack([random.permutation(points) for _ in range(k)], axis=1)
    return np.asarray((slices + random.random(slices.shape)) / points)


def saltelli(factors: Sequence[Factor], points: int, seed: int) -> Array:
    """``points (k + 2)`` rows for first-order and total indices (Saltelli and others, 2010), by SALib."""
    if points & (points - 1):
        raise UsageError("not a power of 2", where="--points", expected="64, 128, 256, ...", got=str(points))
    _bound(points * (len(factors) + 2))
    sampler = salib("sample.sobol")
    cube = sampler.sample(problem(factors), points, calc_second_order=False, scramble=True, seed=seed % 2**32)
    return at(np.asarray(cube, np.float64), factors)


def at(cube: Array, factors: Sequence[Factor]) -> Array:
    """Values of the factors at points of the unit cube (N, k)."""
    return np.stack([f.quantile(cube[:, i]) for i, f in enumerate(factors)], axis=1)


def problem(factors: Sequence[Factor]) -> dict[str, Any]:
    """SALib's description of the unit cube."""
    names = [f.key for f in factors]
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def salib(module: str) -> Any:
    """A module of SALib. Raises `UsageError` if it is not installed."""
    from importlib import import_module

    try:
        return import_module(f"SALib.{module}")
    except ImportError as error:
        fix = 'pip install "supplyshock[sensitivity]"'
        raise UsageError("SALib is not installed", where="sobol", got=str(error), fix=fix) from error


def _bound(points: int) -> None:
    if not 0 < points <= MOST:
        raise UsageError(
            "too many points", expected=f"1 to {MOST:,}", got=f"{points:,}", fix="fewer levels or --points"
        )
