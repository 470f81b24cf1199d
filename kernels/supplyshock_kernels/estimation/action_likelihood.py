"""How likely a history of weekly actions is under the action process (docs/model.md, "Actions and replies").

The record says who acted in a week, how hard and whether on the tariff list; it does
not say whether the second of two acts was a reply or was coming anyway. So a week in
which both acted is a sum of three cases: both by themselves, China first and a reply,
the United States first and a reply. The density of severities is the same in all
three and is left out here (`severity.py` fits it alone). Marks of calm weeks are left
out too: in the calm years of the record rare earths were the only list there was.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..model import negotiation
from ..ops import HALF, ONE, clip, const, exp, log, space, where
from ..params import CALM, Array

_LEAST, _MOST = const(1e-30), const(1.0)


class Weeks(NamedTuple):
    """T weeks of a history; arrays of floats, parties China then the United States."""

    regime: Array
    """(T,) index into REGIMES."""
    acted: Array
    """(T, 2) 1 if the party acted."""
    severity: Array
    """(T, 2) of the severest act of the week, 0 without one."""
    tariff: Array
    """(T, 2) 1 if that act is on the tariff list."""


class ActionParams(NamedTuple):
    """Parameters of the action process; rates a year."""

    base: Array
    """(2, 6) by party and regime, ``mu``."""
    cross: Any
    """``eta``."""
    decay: Any
    """a year."""
    reply_tariff: Any
    reply_other: Any
    """``rho``."""
    tariff_share: Array
    """(2,)"""
    reply_tariff_to_tariff: Any
    reply_tariff_to_other: Any


def fade(excitation: Any, severity: Any, decay: Any) -> Any:
    """The trace of a party's acts a week later."""
    return exp(-decay * negotiation.DT) * excitation + severity


def excitations(severity: Any, decay: Any) -> Any:
    """(T, 2) what each party's acts before a week left behind: `fade` over all weeks (T, 2), by doubling.

    After n rounds a week holds the sum over its last ``2**n`` weeks, so that ``log2 T`` rounds replace a loop over T.
    """
    xp, weeks = space(severity), severity.shape[0]
    left = xp.concatenate([xp.zeros_like(severity[:1]), severity[:-1]])
    span = 1
    while span < weeks:
        moved = xp.concatenate([xp.zeros_like(left[:span]), left[:-span]])
        left = left + exp(-decay * negotiation.DT * span) * moved
        span *= 2
    return left


def log_likelihood(weeks: Weeks, excitation: Any, params: ActionParams) -> Any:
    """(T,) log-probability of each week's acts and marks, after the traces (T, 2) that earlier weeks left."""
    h = negotiation.is_in(weeks.regime)
    rate = [
        negotiation.pick(h, negotiation.ByRegime(*params.base[a])) + params.cross * excitation[:, 1 - a] for a in (0, 1)
    ]
    p = [ONE - exp(-r * negotiation.DT) for r in rate]
    q = [_reply_probability(weeks.severity[:, 1 - a], weeks.tariff[:, 1 - a], params) for a in (0, 1)]
    calm, tariff = weeks.regime == CALM, weeks.tariff
    own = [where(calm, ONE, _mark(tariff[:, a], params.tariff_share[a])) for a in (0, 1)]
    answer = [where(calm, ONE, _mark(tariff[:, a], _reply_share(tariff[:, 1 - a], params))) for a in (0, 1)]
    alone = [p[a] * own[a] * (ONE - p[1 - a]) * (ONE - q[1 - a]) for a in (0, 1)]
    led = [p[a] * own[a] * (ONE - p[1 - a]) * q[1 - a] * answer[1 - a] for a in (0, 1)]
    both = p[0] * own[0] * p[1] * own[1] + led[0] + led[1]
    cn, us = weeks.acted[:, 0] > HALF, weeks.acted[:, 1] > HALF
    one = where(cn, alone[0], where(us, alone[1], (ONE - p[0]) * (ONE - p[1])))
    return log(clip(where(cn & us, both, one), _LEAST, _MOST))


def _reply_probability(severity: Any, tariff: Any, params: ActionParams) -> Any:
    """That a party answers an act of the other side."""
    return ONE - exp(-where(tariff > HALF, params.reply_tariff, params.reply_other) * severity)


def _reply_share(tariff: Any, params: ActionParams) -> Any:
    return where(tariff > HALF, params.reply_tariff_to_tariff, params.reply_tariff_to_other)


def _mark(tariff: Any, share: Any) -> Any:
    """Probability of the mark on record."""
    return where(tariff > HALF, share, ONE - share)
