"""Concessions in the model: the share of the trade on a side's control lists that it exempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplyshock_kernels.params import Array, Params

from ..common.errors import UsageError, did_you_mean
from ..scenarios.labels import Labels

LEAST = 1e-3
"""Coverage at a concession of 1: above 0, because the weights of delivered compute divide by it."""


@dataclass(frozen=True)
class Lists:
    """The control lists that each side opens, by their ids."""

    china: tuple[str, ...]
    us: tuple[str, ...]


def default_lists(labels: Labels, params: Params) -> Lists:
    """China's lists that gate a material (not its chips), and the lists of the United States that gate a market."""
    k, materials = params.markets, params.n_materials
    china = _gating(labels, k.cn_list[:materials], k.cn_coverage[:materials])
    return Lists(china, _gating(labels, k.us_list, k.us_coverage))


def choose_lists(labels: Labels, params: Params, china: Sequence[str] = (), us: Sequence[str] = ()) -> Lists:
    """The lists named, or the default ones.

    Raises `UsageError` for a name that is not a list of that side, or that gates no market.
    """
    k, usual = params.markets, default_lists(labels, params)
    known = (_gating(labels, k.cn_list, k.cn_coverage), _gating(labels, k.us_list, k.us_coverage))
    for option, names, choices in zip(("--china-lists", "--us-lists"), (china, us), known, strict=True):
        for name in names:
            if name not in choices:
                hint = did_you_mean(name, choices)
                raise UsageError(
                    "unknown control list", where=option, expected=", ".join(choices), got=repr(name), fix=hint
                )
    return Lists(tuple(china) or usual.china, tuple(us) or usual.us)


def _gating(labels: Labels, index: Array, coverage: Array) -> tuple[str, ...]:
    used = {int(c) for c, x in zip(index, coverage, strict=True) if c < len(labels.list) and x > 0}
    return tuple(name for i, name in enumerate(labels.list) if i in used)


def with_concession(params: Params, labels: Labels, lists: Lists, china: float, us: float) -> Params:
    """The parameters of a scenario in which each side exempts a share 0..1 of the trade on its lists.

    The coverage of the lists falls to ``1 - share``, from the first week to the last and whatever the
    negotiation does; at a share of 0 nothing changes.
    """
    k = params.markets
    return params._replace(
        markets=k._replace(
            cn_coverage=_open(k.cn_list, k.cn_coverage, labels, lists.china, china),
            us_coverage=_open(k.us_list, k.us_coverage, labels, lists.us, us),
        )
    )


def _open(index: Array, coverage: Array, labels: Labels, lists: Sequence[str], share: float) -> Array:
    opened = np.isin(index, [labels.list.index(name) for name in lists])
    return np.where(opened, coverage * max(1.0 - share, LEAST), coverage)
