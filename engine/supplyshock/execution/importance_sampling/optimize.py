"""From a pilot to the proposal that minimises the variance of a statistic.

The probabilities of control lists may differ by quarter of the run, change alike in all quarters, or stay. A freer form
also fits the pilot's own noise, and loses on other paths what it gained there. So each half of the pilot is fitted and
tried on the other half, and a freer form is taken only where it pays there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.params import QUARTERS, Array

from ...store.proposal import SHARE, Proposal
from .proposal import HAZARDS

RIDGE = 3e-3
"""Weight of the squares of the parameters beside the variance: a parameter that gains nothing stays."""
CLEAR = 0.99
"""Second moment over that of a simpler form below which a freer one is taken."""
MOST_LOG, MOST_SHIFT = 3.9, 2.0


class PilotSample(NamedTuple):
    """A pilot: n paths, K events, H normals."""

    values: Array
    """(n,) of the measure."""
    weight: Array
    """(n,) density under the parameters asked for over that drawn from, with a mean of 1."""
    happened: Array
    """(K, n) events, as a number that need not be whole: weeks are steps."""
    expected: Array
    """(K, n)."""
    normals: Array
    """(H, n)."""
    hits: Array
    """(L, n) actions and replies on each list among which a party chooses, in the order of the `ProposalChoice`s."""
    nearness: Array = np.empty((0, 0))
    """(M, n) how near paths of the same value come to a rare event: the first row counts before the next."""

    def part(self, which: slice) -> PilotSample:
        """Some of the paths."""
        return PilotSample(*(x[..., which] for x in self))


class ProposalChoice(NamedTuple):
    """Lists that one party chooses among when it acts otherwise than by a tariff, in one quarter of the run."""

    quarter: int
    lists: tuple[int, ...]
    chance: Array
    """Of each; they sum to 1."""


def best_proposal(
    sample: PilotSample, y: Array, shifted: tuple[int, ...], choices: tuple[ProposalChoice, ...] = (), lists: int = 0
) -> Proposal:
    """The proposal whose mixture has the least variance of the mean of ``y``; `lists`: the number of control lists."""
    free = len(sample.happened) + len(sample.normals)
    k, form = len(sample.happened), _form(sample, y, choices)
    x = form @ _least(sample, y, choices, form)
    factors = {name: round_to(float(np.exp(v))) for name, v in zip(HAZARDS, x[:k], strict=True)}
    shifts = {NAMES[i]: round(float(v), 2) for i, v in zip(shifted, x[k:free], strict=True)}
    list_factors = [[1.0] * lists for _ in range(QUARTERS)]
    for (q, i), v in zip(((c.quarter, i) for c in choices for i in c.lists), x[free:], strict=True):
        list_factors[q][i] = round_to(float(np.exp(v)))
    return Proposal.of(
        {
            "factors": {n: f for n, f in factors.items() if f != 1},
            "shifts": {n: s for n, s in shifts.items() if s},
            "lists": list_factors if any(f != 1 for quarter in list_factors for f in quarter) else [],
        }
    )


def _form(sample: PilotSample, y: Array, choices: tuple[ProposalChoice, ...]) -> Array:
    """The form that pays on halves of the sample that it was not fitted to; a freer one only if clearly so."""
    best, *freer = forms(len(sample.happened) + len(sample.normals), choices)
    least = _cross_fit(sample, y, choices, best) if freer else 0.0
    for form in freer:
        if (moment := _cross_fit(sample, y, choices, form)) < CLEAR * least:
            best, least = form, moment
    return best


def forms(free: int, choices: tuple[ProposalChoice, ...]) -> list[Array]:
    """(size, parameters) from a form's parameters to shifts and logs of factors, those of lists by quarter."""
    lists = [i for c in choices for i in c.lists]
    known = np.eye(free + len(lists), free)
    if not lists:
        return [known]
    same = np.array([[i == k for k in sorted(set(lists))] for i in lists], np.float64)
    shared = np.concatenate([np.zeros((free, same.shape[1])), same])
    return [known, np.concatenate([known, shared], 1), np.eye(free + len(lists))]


def _cross_fit(sample: PilotSample, y: Array, choices: tuple[ProposalChoice, ...], form: Array) -> float:
    """Second moment that a form reaches on halves of the sample that it was not fitted to."""
    halves, total = (slice(0, None, 2), slice(1, None, 2)), 0.0
    for here, there in (halves, halves[::-1]):
        x = form @ _least(sample.part(here), y[here], choices, form)
        other = sample.part(there)
        total += float((other.weight * y[there] ** 2 * _weight(_log_ratio(other, choices, x)[0])).mean())
    return total


def _least(sample: PilotSample, y: Array, choices: tuple[ProposalChoice, ...], form: Array) -> Array:
    """The parameters of a form with the least second moment."""
    yy = sample.weight * y * y
    yy = yy / yy.mean()

    def cost(z: Array) -> tuple[float, Array]:
        """Second moment over that of a plain run, and its derivative."""
        logs, along = _log_ratio(sample, choices, form @ z)
        w = _weight(logs)
        slope = -yy * w * (1 - SHARE * w)
        return float((yy * w).mean() + RIDGE * (z @ z)), form.T @ (along @ slope) / len(y) + 2 * RIDGE * z

    k, h = len(sample.happened), len(sample.normals)
    logs, shifts = [(-MOST_LOG, MOST_LOG)], [(-MOST_SHIFT, MOST_SHIFT)]
    bounds = logs * k + shifts * h + logs * (form.shape[1] - k - h)
    least: Array = minimize(cost, np.zeros(form.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds).x
    return least


def _weight(logs: Array) -> Array:
    weight: Array = 1 / (SHARE + (1 - SHARE) * np.exp(np.minimum(logs, 50.0)))
    return weight


def _log_ratio(sample: PilotSample, choices: tuple[ProposalChoice, ...], x: Array) -> tuple[Array, Array]:
    """((n,) log of how much likelier paths are under a proposal, (size, n) its derivative); all factors as logs."""
    k, h = len(sample.happened), len(sample.normals)
    factors, shifts, list_factors = x[:k], x[k : k + h], x[k + h :]
    f = np.exp(factors)
    logs = factors @ sample.happened - (f - 1) @ sample.expected + shifts @ sample.normals - (shifts @ shifts) / 2
    along = [sample.happened - f[:, None] * sample.expected, sample.normals - shifts[:, None]]
    at = 0
    for choice in choices:
        part = slice(at, at := at + len(choice.lists))
        hits, own = sample.hits[part], list_factors[part]
        every, after = hits.sum(0), choice.chance * np.exp(own)
        logs = logs + own @ hits - every * np.log(after.sum())
        along.append(hits - (after / after.sum())[:, None] * every)
    return logs, np.concatenate(along)


def round_to(x: float) -> float:
    """To three digits: more would say that a pilot knows more."""
    return float(f"{x:.3g}")
