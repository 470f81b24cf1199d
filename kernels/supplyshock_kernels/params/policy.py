"""The negotiation, and the distributions of the uncertain parameters."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from .fields import Array, axes


class Policy(NamedTuple):
    """The negotiation (docs/model.md, policy). Party axes are China, United States."""

    endogenous: Any
    """1: parties act and regimes change by themselves; 0: only the schedule acts."""
    base_rate: Annotated[Array, axes("party", "regime", units="year-1")]
    """(2, 6) restrictions a year by party and regime, ``mu``."""
    cross: Any
    """``eta``: added rate a year per unit of the other side's excitation."""
    cross_decay: Any
    """Share of the excitation left after a week."""
    reply_tariff: Any
    reply_other: Any
    severity: Annotated[Array, axes("party", "law")]
    """(2, 2) party, (a, b) of the Kumaraswamy distribution of restrictions."""
    severity_relax: Annotated[Array, axes("party", "law")]
    """(2, 2) the same for relaxations."""
    tariff_share: Annotated[Array, axes("party")]
    """(2,) share of a party's own actions that are tariffs."""
    reply_tariff_to_tariff: Any
    reply_tariff_to_other: Any
    list_party: Annotated[Array, axes("list", into="party")]
    """(C,) int64 party that owns the list."""
    list_is_tariff: Annotated[Array, axes("list", switch=True)]
    """(C,) 1 for the party's tariff list, else 0."""
    list_cum: Annotated[Array, axes("list", "end")]
    """(C, 2) lower and upper end of the list on [0, 1] among its party's lists that are not tariffs."""
    hit_cum: Annotated[Array, axes("quarter", "list", "end")]
    """(4, C, 2) ends of the list for actions and replies that are not tariffs, by quarter of the run. Importance
    sampling changes them; relaxations always use ``list_cum``."""
    relax_rate: Annotated[Array, axes("party", "regime", units="year-1")]
    """(2, 6) relaxations a year by party and regime, ``nu``."""
    hazard: Annotated[Array, axes("regime", "to_regime", units="year-1")]
    """(6, 6) regime changes a year, from row to column; the diagonal is 0."""
    truce_clock: Any
    """Factor on truce to escalation while the clock runs."""
    truce_no_clock: Any
    expiry: Annotated[Array, axes("expiry")]
    """(4,) at the end of a clock: roll, deal, lapse, talks; sums to 1."""
    expiry_weekly: Any
    """Weekly probability that a clock in its last two weeks is resolved early."""
    short_roll: Any
    """Probability that a new clock is the short one."""
    clock_weeks: Annotated[Array, axes("clock", units="weeks")]
    """(2,) short and long clock."""
    onset_mean: Annotated[Array, axes("regime")]
    """(6,) mean weekly probability of any action by regime, and the first two moments of its severity (see policy)."""
    severity_mean: Any
    severity_var: Any
    pain_center: Any
    pain_cap: Any
    approval: Annotated[Array, axes("regime")]
    """(6,) share of licence applications approved, by regime."""
    approval_weeks: Any
    leniency_sd: Any
    leniency_weeks: Any
    pull_weeks: Any
    pull: Annotated[Array, axes("regime", "list")]
    """(6, C) target of each control under a regime that pulls; negative: does not pull."""
    tools_list: Annotated[Any, axes(into="list")]
    """int64 index of the control on chip tools."""
    strait_hazard: Annotated[Array, axes("regime", units="year-1")]
    """(6,) a year, by regime."""
    strait_severity: Any
    strait_recovery: Annotated[Any, axes(units="weeks")]


class Priors(NamedTuple):
    """Uncertain parameters, drawn once per path: (H,) each; see `model.uncertain_parameters.Theta` for their order."""

    lognormal: Annotated[Array, axes("parameter", smooth=False)]
    """1: ``center * exp(sd * z)``; 0: ``center + sd * z``."""
    center: Annotated[Array, axes("parameter")]
    sd: Annotated[Array, axes("parameter")]
    low: Annotated[Array, axes("parameter")]
    high: Annotated[Array, axes("parameter")]
    factor: Annotated[Array, axes("parameter", into="parameter")]
    """int64: which of the H shared latent normals the parameter leans on."""
    loading: Annotated[Array, axes("parameter", smooth=False)]
    """Correlation with that latent normal, 0..1; 1 makes the two parameters one draw, and has no finite derivative."""
