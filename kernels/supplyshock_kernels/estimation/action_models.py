"""Models of the actions: which of the process's 20 numbers are free, and how they depend on each other.

All share the form of `actions.py`; a simpler one leaves parts of it out, so that likelihoods compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ..params import CALM, DEAL, ESCALATION, REGIMES, RIFT, TALKS, TRUCE, WEEKS_PER_YEAR, Array
from .action_likelihood import ActionParams
from .objective import PLACES, SIZE

CROSS_DECAY = 50.0
"""a year: the trace of an act dies within about a week (docs/model.md)."""
GROUPS = (("calm", (CALM,)), ("talks", (TALKS, TRUCE)), ("escalation", (ESCALATION, RIFT)), ("deal", (DEAL,)))
"""Regimes that share a base rate: talks with truce, and rift, which has no record, with escalation."""
_OFF = -40.0
"""logarithm of a rate that is not there."""


class FreeNumber(NamedTuple):
    """One free number."""

    name: str
    low: float
    high: float
    """bounds of its logarithm, or of its logit for a share."""
    center: float
    sd: float
    """normal prior on the same scale, for fits that use one."""
    places: tuple[int, ...]
    """what it moves in ``z``."""
    is_share: bool = False


class Model(NamedTuple):
    """``z = matrix x + offset``."""

    name: str
    free: tuple[FreeNumber, ...]
    matrix: Array
    """(20, n)"""
    offset: Array
    """(20,)"""

    def z(self, x: Array) -> Array:
        """The process's numbers for free ones ``x`` (n,) or (n, draws)."""
        offset = self.offset if x.ndim == 1 else self.offset[:, None]
        z: Array = self.matrix @ x + offset
        return z


def _rate(name: str, places: Iterable[int], center: float = 3.0, sd: float = 1.0) -> FreeNumber:
    return FreeNumber(name=name, low=-7.0, high=6.0, center=float(np.log(center)), sd=sd, places=tuple(places))


def _share(name: str, place: int) -> FreeNumber:
    return FreeNumber(name=name, low=-9.0, high=9.0, center=0.0, sd=1.5, places=(place,), is_share=True)


def _place(name: str, party: int = 0) -> int:
    return int(PLACES[name].start) + party


def _base(party: int, regimes: Iterable[int] = range(len(REGIMES))) -> tuple[int, ...]:
    """Places of a party's base rates."""
    return tuple(_place("base") + len(REGIMES) * party + r for r in regimes)


_PARTIES = (_rate("base_rate.CN", _base(0)), _rate("base_rate.US", _base(1)))
_REGIMES = tuple(_rate(f"base_rate.CN.{name}", _base(0, regimes) + _base(1, regimes)) for name, regimes in GROUPS)
_RATIO = FreeNumber(name="us_over_cn", low=-4.0, high=4.0, center=0.0, sd=0.5, places=_base(1))
_MARKS = (_share("tariff_share.CN", _place("tariff_share", 0)), _share("tariff_share.US", _place("tariff_share", 1)))
_CROSS = _rate("cross", [_place("cross")], 3.0, 1.5)
_FADE = FreeNumber(
    name="cross_decay_rate", low=0.0, high=6.0, center=float(np.log(20.0)), sd=1.5, places=(_place("decay"),)
)
_REPLY = (
    _rate("reply_tariff", [_place("reply_tariff")], 0.7),
    _rate("reply_other", [_place("reply_other")], 0.7),
    _share("reply_tariff_to_tariff", _place("reply_tariff_to_tariff")),
    _share("reply_tariff_to_other", _place("reply_tariff_to_other")),
)


def model(name: str, free: Sequence[FreeNumber], decay: float = CROSS_DECAY) -> Model:
    """The model with these free numbers; what none of them moves is off, and the decay is fixed."""
    matrix, offset = np.zeros((SIZE, len(free))), np.zeros(SIZE)
    offset[[_place(name) for name in ("cross", "reply_tariff", "reply_other")]] = _OFF
    offset[_place("decay")] = np.log(decay)
    for j, one in enumerate(free):
        matrix[list(one.places), j] = 1.0
        offset[list(one.places)] = 0.0
    return Model(name=name, free=tuple(free), matrix=matrix, offset=offset)


def action_process(decay: float = CROSS_DECAY) -> Model:
    """The model that the simulations use."""
    return model("replies and cross lag", (*_REGIMES, _RATIO, *_MARKS, _CROSS, *_REPLY), decay)


def simpler_models() -> tuple[Model, ...]:
    """Models with parts left out, for the process to beat."""
    return (
        model("Poisson", (*_PARTIES, *_MARKS)),
        model("regime-Poisson", (*_REGIMES, _RATIO, *_MARKS)),
        model("lag-only Hawkes", (*_REGIMES, _RATIO, *_MARKS, _CROSS, _FADE)),
        model("replies, no lag", (*_REGIMES, _RATIO, *_MARKS, *_REPLY)),
    )


class Branching(NamedTuple):
    """How many acts one act causes on average."""

    cross: float
    """spectral radius of the lagged excitation of one party by the other"""
    radius: float
    """the same with same-week replies; an outbreak dies out below 1"""


def branching(params: ActionParams, severity: Sequence[float]) -> Branching:
    """The branching of acts with mean `severity` (2,) by party, in the linear regime.

    An act of a party raises the other's rate by ``eta v`` in the next week and by ``exp(-decay DT)`` of that in each
    week after. It is also answered at once with some probability, and the answer excites the party itself.
    """
    last = 1 / -np.expm1(-float(params.decay) / WEEKS_PER_YEAR)
    lag = [float(params.cross) * v / WEEKS_PER_YEAR * last for v in severity]  # acts of the other caused by one of a
    reply = [
        -(s * np.expm1(-params.reply_tariff * v) + (1 - s) * np.expm1(-params.reply_other * v))
        for s, v in zip(params.tariff_share, severity, strict=True)
    ]
    causes = np.array([[reply[0] * lag[1], lag[0]], [lag[1], reply[1] * lag[0]]])
    return Branching(float(np.sqrt(lag[0] * lag[1])), float(np.abs(np.linalg.eigvals(causes)).max()))
