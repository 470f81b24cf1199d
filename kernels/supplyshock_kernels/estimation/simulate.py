"""Histories drawn from the action process by the model's own code, over a given sequence of regimes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..model import negotiation
from ..model.uncertain_parameters import Theta
from ..params import Array
from .action_likelihood import Law, Weeks, faded

_USED = frozenset({"act_cn", "act_us", "severity_cn", "severity_us", "reply_cn", "reply_us", "list_cn", "list_us"})


def simulate(regime: Array, law: Law, severity: Array, paths: int, rng: np.random.Generator, level: Any = 1.0) -> Weeks:
    """(paths, T, ...) histories: `policy.moves` week by week, without relaxations.

    `regime` is (T,); entries of `law` are numbers, or arrays whose last axis is paths; `severity` is (2, 2): party,
    (a, b) of the Kumaraswamy law; `level` is the factor Z on all rates, a number or (paths,).
    """
    rules, theta = _rules(law, severity), Theta(**dict.fromkeys(Theta._fields, 0.0))._replace(policy_level=level)
    zero = np.zeros(paths)
    e_cn, e_us = zero, zero
    shape = (paths, len(regime), 2)
    out = Weeks(np.tile(regime, (paths, 1)), *(np.zeros(shape) for _ in range(3)))
    for t, r in enumerate(regime):
        luck = rng.random((len(_USED), paths))
        drawn = dict(zip(sorted(_USED), luck, strict=True))
        u = negotiation.Uniforms(**{k: drawn.get(k, zero + 0.5) for k in negotiation.Uniforms._fields})
        made = negotiation.moves(negotiation.is_in(zero + r), e_cn, e_us, zero, zero, theta, u, rules)
        for a, move in enumerate(made):
            out.acted[:, t, a] = move.acted + move.replied
            out.severity[:, t, a] = move.severity
            out.tariff[:, t, a] = move.tariff * out.acted[:, t, a]
        e_cn, e_us = (faded(e, m.severity, law.decay) for e, m in zip((e_cn, e_us), made, strict=True))
    return out


def _rules(law: Law, severity: Array) -> negotiation.Rules:
    off = negotiation.ByRegime(*[0.0] * 6)
    nothing = dict.fromkeys(negotiation.Rules._fields, 0.0)
    return negotiation.Rules(**nothing)._replace(
        endogenous=1.0,
        base_cn=negotiation.ByRegime(*law.base[0]),
        base_us=negotiation.ByRegime(*law.base[1]),
        relax_cn=off,
        relax_us=off,
        severity_cn=tuple(severity[0]),
        severity_us=tuple(severity[1]),
        relax_severity_cn=(1.0, 1.0),
        relax_severity_us=(1.0, 1.0),
        cross=law.cross,
        reply_tariff=law.reply_tariff,
        reply_other=law.reply_other,
        tariff_cn=law.tariff_share[0],
        tariff_us=law.tariff_share[1],
        reply_tariff_to_tariff=law.reply_tariff_to_tariff,
        reply_tariff_to_other=law.reply_tariff_to_other,
    )
