"""Parameters: scalars of materials, chips and industry, the negotiation, and the uncertain parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import exp, lgamma

import numpy as np

from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.params import (
    PARTIES,
    QUARTERS,
    REGIMES,
    WEEKS_PER_YEAR,
    Array,
    Chip,
    Industry,
    Material,
    Policy,
    Priors,
)

from ..config.schema import Config
from ..dataset.dataset_labels import TOOLS
from ..dataset.parameter_names import EXPIRY, POLICY_SCALARS, is_tariff
from ..dataset.table_schemas import PriorRow
from .figures import Values


def build_material(values: Values) -> Material:
    """Scalars of every material market."""
    return Material(**{f: values.get(f"material.{f}") for f in Material._fields})


def build_chip(values: Values) -> Chip:
    """Scalars of every chip segment."""
    return Chip(**{f: values.get(f"chip.{f}") for f in Chip._fields})


def build_industry(values: Values) -> Industry:
    """Scalars of industry, and the GDP of both parties."""
    scalars = {f: values.get(f"industry.{f}") for f in Industry._fields if f != "gdp"}
    return Industry(**scalars, gdp=values.row([f"industry.gdp.{p}" for p in PARTIES]))


def kumaraswamy_moments(a: float, b: float) -> tuple[float, float]:
    """(mean, variance) of the distribution with cumulative distribution function ``1 - (1 - x^a)^b``.

    ``E[x^n] = b B(1 + n/a, b)`` (Jones, Statistical Methodology 6, 2009).
    """

    def moment(n: int) -> float:
        x = 1.0 + n / a
        return b * exp(lgamma(x) + lgamma(b) - lgamma(x + b))

    return moment(1), moment(2) - moment(1) ** 2


def build_policy(config: Config, values: Values, priors: Mapping[str, PriorRow]) -> Policy:
    """Rates are a year; see `Policy` for shapes."""
    lists = values.dataset.labels.control_lists
    base = _by_party_and_regime(values, "base_rate")
    severity = _by_party(values, "severity")
    moments = np.array([kumaraswamy_moments(a, b) for a, b in severity])
    anything = base.sum(0) * priors["policy_level"].center
    direct = {f: values.get(f"policy.{f}") for f in POLICY_SCALARS if f != "cross_decay_rate"}
    return Policy(
        **direct,
        endogenous=float(config.policy.endogenous),
        base_rate=base,
        cross_decay=exp(-values.get("policy.cross_decay_rate") / WEEKS_PER_YEAR),
        severity=severity,
        severity_relax=_by_party(values, "severity_relax"),
        tariff_share=values.row([f"policy.tariff_share.{p}" for p in PARTIES]),
        list_party=np.array([PARTIES.index(c.party) for c in lists], dtype=np.int64),
        list_is_tariff=np.array([float(is_tariff(c.id)) for c in lists]),
        list_cum=_list_shares(values),
        hit_cum=np.stack([_list_shares(values)] * QUARTERS),
        relax_rate=_by_party_and_regime(values, "relax_rate"),
        hazard=np.array([[values.get(f"policy.hazard.{a}.{b}", 0.0) for b in REGIMES] for a in REGIMES]),
        expiry=_expiry(config, values),
        clock_weeks=values.row([f"policy.clock_weeks.{e}" for e in ("short", "long")]),
        onset_mean=-np.expm1(-anything / WEEKS_PER_YEAR),
        severity_mean=float(moments[:, 0].mean()),
        severity_var=float(moments[:, 1].mean()),
        approval=values.row([f"policy.approval.{r}" for r in REGIMES]),
        pull=_pull(config, values),
        tools_list=values.dataset.labels.list_ids.index(TOOLS),
        strait_hazard=values.row([f"policy.strait_hazard.{r}" for r in REGIMES], 0.0),
    )


def _by_party_and_regime(values: Values, rate: str) -> Array:
    return np.stack([values.row([f"policy.{rate}.{p}.{r}" for r in REGIMES], 0.0) for p in PARTIES])


def _by_party(values: Values, distribution: str) -> Array:
    return np.stack([values.row([f"policy.{distribution}.{p}.{end}" for end in "ab"]) for p in PARTIES])


def _list_shares(values: Values) -> Array:
    """(C, 2) each list's interval on [0, 1] among its party's lists that are not tariffs."""
    lists = values.dataset.labels.control_lists
    ends = np.zeros((len(lists), 2))
    for party in PARTIES:
        own = [i for i, c in enumerate(lists) if c.party == party and not is_tariff(c.id)]
        shares = values.row([f"policy.list_share.{lists[i].id}" for i in own])
        top = np.cumsum(shares) / shares.sum()
        ends[own, 1] = top
        ends[own[1:], 0] = top[:-1]
    return ends


def _expiry(config: Config, values: Values) -> Array:
    chosen = config.policy.expiry
    if chosen is None:
        return values.row([f"policy.expiry.{e}" for e in EXPIRY])
    return np.array([getattr(chosen, e) for e in EXPIRY])


def _pull(config: Config, values: Values) -> Array:
    """(6, C) where a regime pulls the lists; -1: it does not."""
    lists = values.dataset.labels.list_ids
    targets = {"deal": config.policy.deal_targets, "rift": config.policy.rift_targets}
    rows = []
    for r in REGIMES:
        own = targets.get(r, {})
        rows.append([own.get(c, values.get(f"policy.pull.{r}.{c}", -1.0)) for c in lists])
    return np.array(rows, dtype=np.float64)


def changed_priors(config: Config, values: Values) -> dict[str, PriorRow]:
    """The data set's priors under the changes of a config, the lever on substitution included."""
    priors = dict(values.dataset.prior)
    for name, change in config.priors.items():
        priors[name] = replace(priors[name], **change.model_dump(exclude_none=True))
    scale, row = config.levers.substitution.scale, priors["use_elasticity"]
    priors["use_elasticity"] = replace(row, center=row.center * scale, low=row.low * scale, high=row.high * scale)
    return priors


def build_priors(priors: Mapping[str, PriorRow]) -> Priors:
    """In the order of `uncertain_parameters.NAMES`."""
    rows = [priors[name] for name in NAMES]

    def numbers(field: str) -> Array:
        return np.array([getattr(row, field) for row in rows], dtype=np.float64)

    return Priors(
        lognormal=np.array([float(row.distribution == "lognormal") for row in rows]),
        center=numbers("center"),
        sd=numbers("sd"),
        low=numbers("low"),
        high=numbers("high"),
        factor=np.array([NAMES.index(row.factor) for row in rows], dtype=np.int64),
        loading=numbers("loading"),
    )
