"""Models of the actions: which of the process's 20 numbers are free, and how they hang together.

All share the form of `actions.py`; a rival leaves parts of it out, so that likelihoods compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ..params import CALM, DEAL, ESCALATION, RIFT, TALKS, TRUCE, WEEKS_PER_YEAR, Array
from .action_likelihood import Law
from .objective import CROSS, DECAY, REPLY_OTHER, REPLY_TARIFF, SIZE

CROSS_DECAY = 50.0
"""a year: the trace of an act dies within about a week (docs/model.md)."""
GROUPS = (("calm", (CALM,)), ("talks", (TALKS, TRUCE)), ("escalation", (ESCALATION, RIFT)), ("deal", (DEAL,)))
"""Regimes that share a base rate: talks with truce, and rift, which was never seen, with escalation."""
_OFF = -40.0
"""logarithm of a rate that is not there."""


class Free(NamedTuple):
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
    free: tuple[Free, ...]
    matrix: Array
    """(20, n)"""
    offset: Array
    """(20,)"""

    def z(self, x: Array) -> Array:
        """The process's numbers for free ones ``x`` (n,) or (n, draws)."""
        offset = self.offset if x.ndim == 1 else self.offset[:, None]
        z: Array = self.matrix @ x + offset
        return z


def _rate(name: str, places: Iterable[int], center: float = 3.0, sd: float = 1.0) -> Free:
    return Free(name, -7.0, 6.0, float(np.log(center)), sd, tuple(places))


def _share(name: str, place: int) -> Free:
    return Free(name, -9.0, 9.0, 0.0, 1.5, (place,), True)


_PARTIES = (_rate("base_rate.CN", range(6)), _rate("base_rate.US", range(6, 12)))
_REGIMES = tuple(_rate(f"base_rate.CN.{n}", [r + 6 * a for a in (0, 1) for r in rs]) for n, rs in GROUPS)
_RATIO = Free("us_over_cn", -4.0, 4.0, 0.0, 0.5, tuple(range(6, 12)))
_MARKS = (_share("tariff_share.CN", 16), _share("tariff_share.US", 17))
_CROSS = _rate("cross", [CROSS], 3.0, 1.5)
_FADE = Free("cross_decay_rate", 0.0, 6.0, float(np.log(20.0)), 1.5, (DECAY,))
_REPLY = (
    _rate("reply_tariff", [REPLY_TARIFF], 0.7),
    _rate("reply_other", [REPLY_OTHER], 0.7),
    _share("reply_tariff_to_tariff", 18),
    _share("reply_tariff_to_other", 19),
)


def model(name: str, free: Sequence[Free], decay: float = CROSS_DECAY) -> Model:
    """The model with these free numbers; what none of them moves is off, and the decay is fixed."""
    matrix, offset = np.zeros((SIZE, len(free))), np.zeros(SIZE)
    offset[[CROSS, REPLY_TARIFF, REPLY_OTHER]] = _OFF
    offset[DECAY] = np.log(decay)
    for j, one in enumerate(free):
        matrix[list(one.places), j] = 1.0
        offset[list(one.places)] = 0.0
    return Model(name, tuple(free), matrix, offset)


def action_process(decay: float = CROSS_DECAY) -> Model:
    """The model that the simulations use."""
    return model("replies and cross lag", (*_REGIMES, _RATIO, *_MARKS, _CROSS, *_REPLY), decay)


def rivals() -> tuple[Model, ...]:
    """Simpler ones to beat."""
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


def branching(law: Law, severity: Sequence[float]) -> Branching:
    """Of acts of mean `severity` (2,) by party, in the linear regime.

    An act of a party raises the other's rate by ``eta v`` in the next week and by ``exp(-decay DT)`` of that in each
    week after. It is also answered at once with some chance, and the answer excites the party itself.
    """
    last = 1 / -np.expm1(-float(law.decay) / WEEKS_PER_YEAR)
    lag = [float(law.cross) * v / WEEKS_PER_YEAR * last for v in severity]  # acts of the other caused by one of a
    reply = [
        -(s * np.expm1(-law.reply_tariff * v) + (1 - s) * np.expm1(-law.reply_other * v))
        for s, v in zip(law.tariff_share, severity, strict=True)
    ]
    causes = np.array([[reply[0] * lag[1], lag[0]], [lag[1], reply[1] * lag[0]]])
    return Branching(float(np.sqrt(lag[0] * lag[1])), float(np.abs(np.linalg.eigvals(causes)).max()))
