"""Severities of actions, and the lists they fall on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from supplyshock_kernels.estimation import conjugate
from supplyshock_kernels.estimation.severity import BetaFit, fit_beta
from supplyshock_kernels.params import CALM, PARTIES

from ...common.errors import DataError
from ...scenarios.dataset.parameter_names import is_tariff
from .estimate import Estimate
from .events import Event
from .regime_posteriors import Prior
from .regimes import Spell, regime_before

FEWEST_SEVERITIES = 3
"""What a Beta distribution can be fitted to."""


def severities(events: Sequence[Event], *, relaxed: bool) -> dict[str, BetaFit]:
    """The Beta distribution of each party's actions, or relaxations. Raises `DataError` if there are too few."""
    fits = {}
    for party in PARTIES:
        severity = [e.severity for e in events if party in e.parties and (e.kind == "relax" if relaxed else e.is_act)]
        if (different := len(set(severity))) < FEWEST_SEVERITIES:
            what = f"too few {'relaxations' if relaxed else 'actions'} of {party}"
            raise DataError(what, expected=f"{FEWEST_SEVERITIES} different severities", got=f"{different}")
        fits[party] = fit_beta(np.array(severity))
    return fits


def severity_estimates(fits: Mapping[str, BetaFit], parameter: str) -> Iterator[Estimate]:
    """As Kumaraswamy distributions, which the simulations draw from."""
    for party, fit in fits.items():
        note = (
            f"Kumaraswamy distribution with the mean and variance of Beta({fit.a:.2f}, {fit.b:.2f}), n {fit.n}, "
            f"standard errors {fit.se[0]:.2f} and {fit.se[1]:.2f}; gap {fit.gap:.3f}"
        )
        for end, value in zip("ab", fit.kumaraswamy, strict=True):
            yield Estimate(f"policy.{parameter}.{party}.{end}", value, None, None, "1", "beta", note)


def list_shares(
    events: Sequence[Event],
    spells: Sequence[Spell],
    lists: Mapping[str, str],
    tariff_share: Mapping[str, float],
    prior: Prior,
) -> list[Estimate]:
    """Which list an action falls on that gates a market, as shares of all of a party's own actions.

    `lists` gives the party of each list. Calm years do not count: rare earths were the only list then. An action
    on several lists counts a part for each. None if the record does not say which lists.
    """
    if any(e.lists is None for e in events):
        return []
    estimates = []
    for party in PARTIES:
        own_lists = [c for c, owner in lists.items() if owner == party and not is_tariff(c)]
        count = dict.fromkeys(own_lists, 0.0)
        for e in events:
            if e.is_act and party in e.parties and regime_before(spells, e.day) != CALM:
                for c in set(e.lists or ()) & count.keys():
                    count[c] += 1 / len(e.lists or ())
        own = 1 - tariff_share[party]
        for c, share in zip(
            own_lists, conjugate.shares(list(count.values()), [prior.events] * len(own_lists)), strict=True
        ):
            of = f"{count[c]:.3g} of {sum(count.values()):.3g} acts that gate a market"
            note = f"{of}, calm years left out; prior {prior.events:g} each"
            value, low, high = (own * v for v in share)
            estimates.append(Estimate(f"policy.list_share.{c}", value, low, high, "1", "counts", note))
    return estimates
