"""What a simulation is given: plain arrays and numbers, no names, no files.

Units, everywhere in the kernels
    quantity    1 = baseline world use of a market in one week
    price       ratio to its baseline; `p` is its natural logarithm
    money       billion USD; sector rates are per year, flows per week
    hazards     per year; ``DT`` turns them into weeks
    control     0 (open) .. 1 (closed), the level of a control list

Axes
    M   markets, materials first (``n_materials`` of them), then chip segments
    J   sources    K  sectors    C  control lists    H  uncertain parameters
    T   weeks      2  blocs, China (0) then the rest of the world (1);
                      parties, China (0) then the United States (1)

Floating arrays have the precision of the run (float32 or float64), index
arrays are int64.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .ops import scalar

Array = npt.NDArray[Any]

WEEKS_PER_YEAR = 52
BLOCS = ("CN", "XC")
PARTIES = ("CN", "US")
REGIMES = ("calm", "talks", "escalation", "truce", "deal", "rift")
CALM, TALKS, ESCALATION, TRUCE, DEAL, RIFT = range(6)
ACTION_KINDS = ("restrict", "reply", "relax")
QUARTERS = 4
"""Parts of a run, in weeks as nearly equal as can be."""
NO_CLOCK = 1e6
"""Weeks on the clock of a truce that has no end date."""


class Markets(NamedTuple):
    """Per market; every array is (M,) unless said otherwise."""

    use: Array
    """(M, 2) baseline use by bloc; a row sums to 1."""
    supply: Array
    """(M, 2) baseline supply by the bloc that gates it; a row sums to 1."""
    price_scale: Array
    """``(u / 50 USD/kg) ** eta``: how the own-price elasticity grows with the dollar price."""
    cover: Array
    """(M, 2) normal inventory, weeks of the bloc's own use."""
    value: Array
    """Baseline value of world use, bn USD a week."""
    us_share: Array
    """Share of the United States in use outside China."""
    group: Array
    """int64: 0 light, 1 heavy, 2 minor, 3 chips: which shared price factor applies."""
    cn_list: Array
    """int64 index of the Chinese control list of the market; C (one past the end): none."""
    cn_coverage: Array
    us_list: Array
    """int64 index of the US control list of the market; C: none."""
    us_coverage: Array
    fab: Array
    """Chips: weeks in the fab; 1 for materials (unused). Likewise the next four."""
    assembly: Array
    lead: Array
    packaging: Array
    """Share of chips made outside China for buyers outside China that is packaged in China."""
    flow: Array
    """(M, 2, 2) chips: baseline flow from origin bloc to buyer bloc."""
    gated_use: Array
    """Share of the market's use by the sectors whose parts the US list gates; 0 without such a list."""


class Sources(NamedTuple):
    """Per source; every array is (J,) unless said otherwise."""

    bloc: Array
    """int64: which bloc gates the output."""
    basket: Array
    """(J, M) ``W``: share of the world supply of each market; columns sum to 1."""
    basket_value: Array
    """(J, M) share of each market in the source's revenue at baseline; rows sum to 1."""
    lead: Array
    """Weeks from the decision to invest to output."""
    ramp: Array
    """Fastest growth, multiples of baseline capacity a year."""
    hurdle: Array
    """Basket price, ratio to baseline, above which new capacity is started."""
    outage_hazard: Array
    outage_severity: Array
    outage_recovery: Array
    strait: Array
    """1 where a crisis in the Taiwan strait stops the source, else 0."""
    tools_growth: Array
    """Capacity growth a year that a full control of chip tools would take away."""


class Sectors(NamedTuple):
    """Per sector; every array is (K,) unless said otherwise."""

    value_added: Array
    """(K, 2) of China and the United States, bn USD a year."""
    criticality: Array
    """(K, M) share of a sector's output that stops when the market's input is wholly missing."""
    buffer: Array
    """(K, 2) weeks that stocks on site last when the inputs at risk are wholly missing: materials, chips."""
    many_parts: Array
    """1 where a product needs every one of its chips, else 0."""
    gated: Array
    """1 for sectors that use the parts a US list gates (advanced processors and memory), else 0."""
    chip_making: Array
    """1 for the sector whose shortages slow the fabs, else 0."""


class Material(NamedTuple):
    """Law of the material markets (docs/model.md, materials); all scalars."""

    eta: Any
    es_low: Any
    es_high: Any
    tau_orders: Any
    eps_cover: Any
    chi: Any
    rho: Any
    hoard_gain: Any
    news_gain: Any
    omega: Any
    leakage: Any
    alpha: Any
    delta: Any
    theta: Any
    scarce_cover: Any
    k_up: Any
    k_down: Any
    arbitrage: Any
    phi: Any
    sigma_cn: Any
    sigma_xc: Any
    nu: Any
    common_weight: Any
    group_weight: Any
    node_weight: Any
    psi: Any
    jump: Any
    licence_rate: Any
    thrift_gain: Any
    thrift_decay: Any
    supply_elasticity: Any
    sigma_demand: Any
    """weekly innovation of what a material is worth."""
    demand_weeks: Any
    """how long a surprise lasts."""


class Chip(NamedTuple):
    """Law of the chip markets (docs/model.md, chips); all scalars."""

    chi: Any
    smooth_forecast: Any
    tau_inventory: Any
    tau_backlog: Any
    deferred_share: Any
    deferred_weeks: Any
    utilisation: Any
    finished_weeks: Any
    requalify_weeks: Any
    replace_weeks: Any
    """the same for buyers in China and parts behind a US list."""
    broker_gain: Any
    broker_decay: Any
    contract_gain: Any
    contract_decay: Any
    shortage_gain: Any
    sigma_broker: Any
    sigma_demand: Any
    demand_weeks: Any
    common_weight: Any
    """loading of demand on the factor common to all markets."""
    node_weight: Any


class Industry(NamedTuple):
    """Law of the sectors and of losses (docs/model.md, industry); scalars but ``gdp``."""

    share_material: Any
    """CES share of rare earths."""
    share_minor: Any
    """CES share of gallium, germanium and chips."""
    multiplier: Any
    refill_weeks: Any
    stop_threshold: Any
    shortage_threshold: Any
    pain_weeks: Any
    gdp: Array
    """(2,) of China and the United States, bn USD a year."""


class Policy(NamedTuple):
    """The negotiation (docs/model.md, policy). Party axes are China, United States."""

    endogenous: Any
    """1: parties act and regimes change by themselves; 0: only the schedule acts."""
    base_rate: Array
    """(2, 6) restrictions a year by party and regime, ``mu``."""
    cross: Any
    """``eta``: added rate a year per unit of the other side's excitation."""
    cross_decay: Any
    """Share of the excitation left after a week."""
    reply_tariff: Any
    reply_other: Any
    severity: Array
    """(2, 2) party, (a, b) of the Kumaraswamy law of restrictions."""
    severity_relax: Array
    """(2, 2) the same for relaxations."""
    tariff_share: Array
    """(2,) share of a party's own actions that are tariffs."""
    reply_tariff_to_tariff: Any
    reply_tariff_to_other: Any
    list_party: Array
    """(C,) int64 party that owns the list."""
    list_is_tariff: Array
    """(C,) 1 for the party's tariff list, else 0."""
    list_cum: Array
    """(C, 2) lower and upper end of the list on [0, 1] among its party's lists that are not tariffs."""
    hit_cum: Array
    """(4, C, 2) where an action or reply that is no tariff falls, by quarter of the run: importance sampling makes it
    other than ``list_cum``, which what is eased goes by."""
    relax_rate: Array
    """(2, 6) relaxations a year by party and regime, ``nu``."""
    hazard: Array
    """(6, 6) regime changes a year, from row to column; the diagonal is 0."""
    truce_clock: Any
    """Factor on truce to escalation while the clock runs."""
    truce_no_clock: Any
    expiry: Array
    """(4,) at the end of a clock: roll, deal, lapse, talks; sums to 1."""
    expiry_weekly: Any
    """Weekly chance that a clock in its last two weeks is resolved early."""
    short_roll: Any
    """Chance that a new clock is the short one."""
    clock_weeks: Array
    """(2,) short and long clock."""
    onset_mean: Array
    """(6,) mean weekly chance of any action by regime, and the law's first two moments (see policy)."""
    severity_mean: Any
    severity_var: Any
    pain_center: Any
    pain_cap: Any
    approval: Array
    """(6,) share of licence applications approved, by regime."""
    approval_weeks: Any
    pull_weeks: Any
    pull: Array
    """(6, C) target of each control under a regime that pulls; negative: does not pull."""
    tools_list: Any
    """int64 index of the control on chip tools."""
    strait_hazard: Array
    """(6,) a year, by regime."""
    strait_severity: Any
    strait_recovery: Any


class Priors(NamedTuple):
    """Uncertain parameters, drawn once per path: (H,) each; see `theta.py` for their order."""

    lognormal: Array
    """1: ``center * exp(sd * z)``; 0: ``center + sd * z``."""
    center: Array
    sd: Array
    low: Array
    high: Array
    factor: Array
    """int64: which of the H shared latent normals the parameter leans on."""
    loading: Array
    """Correlation with that latent normal, 0..1; 1 makes the two parameters one draw."""


class Initial(NamedTuple):
    """Where every path starts."""

    regime: Any
    """int64 index into REGIMES."""
    clock: Any
    """Weeks until the running truce expires, or NO_CLOCK."""
    control: Array
    """(C,) level of each control list."""
    approval: Any
    log_price: Array
    """(M, 2)."""
    inventory: Array
    """(M, 2) as a multiple of the normal cover."""
    counted: Array
    """(M, 2) 1: a counted stock, of the centre of the normal cover; 0: of the normal cover that a path draws."""
    stockpile: Array
    """(M,) strategic stock outside China, weeks of that bloc's baseline use."""


class Schedule(NamedTuple):
    """Dated inputs, one row per week; what a scenario forces and what a lever does."""

    regime: Array
    """(T,) int64, -1: free."""
    clock: Array
    """(T,) weeks given to the clock that week, negative: leave."""
    control: Array
    """(T, C) forced level, negative: free."""
    approval: Array
    """(T,) forced approval share, negative: free."""
    announcement: Array
    """(T, C) severity of a forced announcement, 0: none."""
    quota: Array
    """(T, M) share by which an export quota cuts free trade."""
    demand: Array
    """(T, M, 2) factor on use."""
    availability: Array
    """(T, J) factor on a source's output."""
    capacity: Array
    """(T, J) capacity that comes on line that week (an increment), multiples of the source's baseline."""
    recycled: Array
    """(T, M) secondary supply outside China, share of the world's baseline use."""
    purchase: Array
    """(T, M) bought for the strategic stock outside China, share of the world's baseline use a week."""


class Params(NamedTuple):
    """Everything one scenario needs. Built by `supplyshock.scenarios.scenario`, read by the backends."""

    markets: Markets
    sources: Sources
    sectors: Sectors
    material: Material
    chip: Chip
    industry: Industry
    policy: Policy
    priors: Priors
    initial: Initial
    schedule: Schedule

    @property
    def n_materials(self) -> int:
        """Materials come first; chips are the markets of group 3."""
        return int((self.markets.group < 3).sum())

    @property
    def weeks(self) -> int:
        """Length of the schedule."""
        return int(self.schedule.regime.shape[0])


class Grid(NamedTuple):
    """How to run, as opposed to what: nothing here changes the law of a path."""

    precision: str = "float32"
    """float32 or float64."""
    normals: str = "box_muller"
    """box_muller, or inverse for the inverse of the normal distribution function."""
    keep: int = 0
    """Paths with an index below this one return their weekly series."""
    device: str = ""
    """cpu, gpu or tpu, for backends that run on several; empty: the best there is."""


@scalar
def quarter(week: Any, weeks: Any) -> Any:
    """The part of the run that a week lies in."""
    return week * QUARTERS // weeks


def cast(params: Params, precision: str) -> Params:
    """The same parameters with every floating number in the given precision."""
    dtype = np.dtype(precision)

    def convert(x: Any) -> Any:
        if isinstance(x, tuple):
            return type(x)(*(convert(v) for v in x))  # a NamedTuple
        a = np.asarray(x)
        kind = np.dtype(np.int64) if a.dtype.kind in "iu" else dtype
        return np.ascontiguousarray(a, dtype=kind) if a.ndim else a.astype(kind)[()]

    converted: Params = convert(params)
    return converted


def other_policy(params: Params, policy: Policy | None, precision: str) -> Policy | None:
    """The policy that paths are weighed against, in the given precision; None where there is none."""
    return policy and cast(params._replace(policy=policy), precision).policy
