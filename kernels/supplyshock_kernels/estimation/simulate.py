"""Histories drawn from the action process by the model's own code, over a given sequence of regimes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..model import negotiation
from ..model.uncertain_parameters import Theta
from ..params import Array
from .action_likelihood import ActionParams, Weeks, fade

_USED = frozenset({"act_cn", "act_us", "severity_cn", "severity_us", "reply_cn", "reply_us", "list_cn", "list_us"})


def simulate(
    regime: Array, params: ActionParams, severity: Array, paths: int, rng: np.random.Generator, level: Any = 1.0
) -> Weeks:
    """(paths, T, ...) histories: `policy.moves` week by week, without relaxations.

    `regime` is (T,); entries of `params` are numbers, or arrays whose last axis is paths; `severity` is (2, 2): party,
    (a, b) of the Kumaraswamy distribution; `level` is the factor Z on all rates, a number or (paths,).
    """
    rules, theta = _rules(params, severity), Theta(**dict.fromkeys(Theta._fields, 0.0))._replace(policy_level=level)
    zero = np.zeros(paths)
    e_cn, e_us = zero, zero
    shape = (paths, len(regime), 2)
    out = Weeks(np.tile(regime, (paths, 1)), *(np.zeros(shape) for _ in range(3)))
    for t, r in enumerate(regime):
        uniforms = rng.random((len(_USED), paths))
        drawn = dict(zip(sorted(_USED), uniforms, strict=True))
        u = negotiation.Uniforms(**{k: drawn.get(k, zero + 0.5) for k in negotiation.Uniforms._fields})
        now = negotiation.Standing(
            regime=zero + r, clock=zero, e_cn=e_cn, e_us=e_us, pain_cn=zero, pain_us=zero, forced=zero - 1
        )
        moves = negotiation.moves(now, theta, u, rules)
        for a, move in enumerate(moves):
            out.acted[:, t, a] = move.acted + move.replied
            out.severity[:, t, a] = move.severity
            out.tariff[:, t, a] = move.tariff * out.acted[:, t, a]
        e_cn, e_us = (fade(e, m.severity, params.decay) for e, m in zip((e_cn, e_us), moves, strict=True))
    return out


def _rules(params: ActionParams, severity: Array) -> negotiation.Rules:
    off = negotiation.ByRegime(*[0.0] * 6)
    nothing = dict.fromkeys(negotiation.Rules._fields, 0.0)
    return negotiation.Rules(**nothing)._replace(
        endogenous=1.0,
        base_cn=negotiation.ByRegime(*params.base[0]),
        base_us=negotiation.ByRegime(*params.base[1]),
        relax_cn=off,
        relax_us=off,
        severity_cn=tuple(severity[0]),
        severity_us=tuple(severity[1]),
        relax_severity_cn=(1.0, 1.0),
        relax_severity_us=(1.0, 1.0),
        cross=params.cross,
        reply_tariff=params.reply_tariff,
        reply_other=params.reply_other,
        tariff_cn=params.tariff_share[0],
        tariff_us=params.tariff_share[1],
        reply_tariff_to_tariff=params.reply_tariff_to_tariff,
        reply_tariff_to_other=params.reply_tariff_to_other,
    )
