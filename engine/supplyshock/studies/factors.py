"""The factors of a design: a key of the config and the values it may take, from text such as ``0..300 t``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from supplyshock_kernels.params import Array

from ..common.errors import UsageError, did_you_mean
from ..scenarios.dataset.dataset import Dataset
from ..scenarios.dataset.table_schemas import PriorRow

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"(log:)?\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(\D.*)?$")
_LIST = re.compile(rf"({_NUMBER}(?:\s*,\s*{_NUMBER})*)\s*(\D.*)?$")
_STANDARD = NormalDist()


@dataclass(frozen=True)
class Factor:
    """A key and its distribution."""

    key: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    distribution: str = "uniform"
    """uniform, log (uniform in the logarithm), values (each as likely), or prior (that of the data set)."""
    values: tuple[float, ...] = ()
    prior: PriorRow | None = None

    def quantile(self, u: Array) -> Array:
        """Values at probabilities `u` in [0, 1]."""
        u = np.asarray(u, np.float64)
        if self.distribution == "values":
            at = np.minimum((u * len(self.values)).astype(int), len(self.values) - 1)
            return np.asarray(np.asarray(self.values)[at])
        if self.distribution == "prior":
            return _prior_quantile(self.prior, u)
        if self.distribution == "log":
            return np.asarray(self.low * (self.high / self.low) ** u)
        return np.asarray(self.low + (self.high - self.low) * u)

    def levels(self, number: int) -> Array:
        """The values given, or `number` of them from end to end; of a prior, from its 5 % to its 95 % quantile."""
        if self.distribution == "values":
            return np.asarray(self.values)
        ends = (0.05, 0.95) if self.distribution == "prior" else (0.0, 1.0)
        return self.quantile(np.linspace(*ends, number))

    def text(self, x: float) -> str | float:
        """A value as a config file would have it."""
        return f"{x!r} {self.unit}" if self.unit else x

    def shown(self, x: float) -> str:
        """A value for people."""
        return f"{x:.4g} {self.unit}".strip()


def _prior_quantile(prior: PriorRow | None, u: Array) -> Array:
    """``center exp(sd z)`` or ``center + sd z`` within the bounds, as a path draws it."""
    assert prior is not None
    inside = np.clip(u, 1e-12, 1 - 1e-12)
    z = np.vectorize(_STANDARD.inv_cdf, otypes=[float])(inside)
    drawn = prior.center * np.exp(prior.sd * z) if prior.distribution == "lognormal" else prior.center + prior.sd * z
    return np.asarray(np.clip(drawn, prior.low, prior.high))


def parse_factors(texts: Sequence[str], dataset: Dataset) -> list[Factor]:
    """Factors of texts such as ``levers.stockpile.0.initial=0..300 t`` or ``priors.substitution``.

    Without a value a prior keeps its distribution and a parameter its range. Whether a key exists is for the
    config to say. Raises `UsageError`.
    """
    if not texts:
        raise UsageError("nothing to vary", where="--vary", expected="KEY=LOW..HIGH, such as priors.parts=3..8")
    factors = [_parse(text, dataset) for text in texts]
    for factor in factors:
        if [f.key for f in factors].count(factor.key) > 1:
            raise _refuse(factor.key, "each key once")
    return factors


def _parse(text: str, dataset: Dataset) -> Factor:
    key, equals, spec = (part.strip() for part in text.partition("="))
    if not equals:
        return _known(key, dataset)
    if match := _RANGE.match(spec):
        low, high = float(match[2]), float(match[3])
        if not low < high:
            raise _refuse(text, "LOW below HIGH")
        if match[1] and low <= 0:
            raise _refuse(text, "LOW above 0 for log:")
        return Factor(key, (match[4] or "").strip(), low, high, "log" if match[1] else "uniform")
    if match := _LIST.match(spec):
        values = tuple(float(v) for v in match[1].split(","))
        return Factor(key, (match[2] or "").strip(), min(values), max(values), "values", values)
    raise _refuse(text, "KEY=LOW..HIGH, KEY=log:LOW..HIGH or KEY=V1,V2,..., with a unit at the end where it has one")


def _known(key: str, dataset: Dataset) -> Factor:
    """The distribution of a prior or the range of a parameter, from the data set."""
    group, _, name = key.partition(".")
    if group == "priors" and name in dataset.prior:
        row = dataset.prior[name]
        return Factor(key, low=row.low, high=row.high, distribution="prior", prior=row)
    figure = dataset.parameter.get((name,)) if group == "parameters" else None
    if figure is not None and figure.low is not None and figure.high is not None:
        return Factor(key, low=figure.low, high=figure.high)
    known = [f"priors.{p}" for p in dataset.prior]
    known += [f"parameters.{n}" for (n,), f in dataset.parameter.items() if f.low is not None]
    raise _refuse(key, "a range, for the data set has none for this key", did_you_mean(key, known))


def _refuse(text: str, expected: str, fix: str = "") -> UsageError:
    return UsageError("cannot vary this", where="--vary", expected=expected, got=repr(text), fix=fix)
