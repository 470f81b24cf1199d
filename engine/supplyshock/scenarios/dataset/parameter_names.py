"""Dotted names of the parameters a scenario is built from: those it must have and those it may have."""

from __future__ import annotations

from collections.abc import Sequence

from supplyshock_kernels.params import PARTIES, REGIMES, Chip, Industry, Material

from .csv_table import Rule

EXPIRY = ("roll", "deal", "lapse", "talks")
POLICY_SCALARS = (
    "cross", "cross_decay_rate", "reply_tariff", "reply_other", "reply_tariff_to_tariff",
    "reply_tariff_to_other", "truce_clock", "truce_no_clock", "expiry_weekly", "short_roll",
    "pain_center", "pain_cap", "approval_weeks", "leniency_sd", "leniency_weeks", "pull_weeks", "strait_severity",
    "strait_recovery",
)  # fmt: skip

SHARE, WEEKS, GAIN, RATE = Rule(high=1.0), Rule(low=1.0, high=10_000.0), Rule(high=100.0), Rule(high=1000.0)
"""Shares; durations, of a week at least, for a week is the step; factors; rates a year."""

_RULES = {
    "policy.approval_weeks": WEEKS,
    "policy.approval.": SHARE,
    "policy.tariff_share.": SHARE,
    "policy.list_share.": SHARE,
    "policy.expiry.": SHARE,
    "policy.pull_weeks": WEEKS,
    "policy.pull.": SHARE,
    "policy.reply_tariff_to_": SHARE,
    "policy.strait_severity": SHARE,
    "policy.strait_recovery": WEEKS,
    "policy.short_roll": SHARE,
    "policy.expiry_weekly": SHARE,
    "policy.clock_weeks.": WEEKS,
    "policy.severity": Rule(low=0.01, high=1000.0),
    "policy.pain_cap": GAIN,
    "policy.leniency_weeks": WEEKS,
    "policy.leniency_sd": Rule(high=10.0),
    "policy.": RATE,
    "chip.deferred_share": SHARE,
    "chip.sole_share": SHARE,
    "chip.smooth_forecast": WEEKS,
    "chip.tau_": WEEKS,
    "chip.leakage": SHARE,
    "chip.use_elasticity": Rule(high=5.0),
    "chip.utilisation": Rule(low=0.01, high=1.0),
    "material.rho": SHARE,
    "material.phi": SHARE,
    "material.psi": SHARE,
    "material.omega": SHARE,
    "material.leakage": SHARE,
    "material.quota_switch": SHARE,
    "material.common_weight": SHARE,
    "material.group_weight": SHARE,
    "material.node_weight": SHARE,
    "material.eta": Rule(low=0.001, high=10.0),
    "material.es_": Rule(low=0.001, high=5.0),
    "material.tau_": WEEKS,
    "material.licence_rate": Rule(low=0.001, high=1.0),
    "material.scarce_cover": Rule(low=0.001, high=100.0),
    "industry.share_": Rule(low=0.0001, high=1.0),
    "industry.alike": SHARE,
    "industry.first_plant_threshold": SHARE,
    "industry.stop_threshold": SHARE,
    "industry.shortage_threshold": SHARE,
    "industry.gdp.": Rule(low=1.0, high=1_000_000.0),
    "sector.gated.": SHARE,
    "source.tools_growth.": Rule(high=1.0),
}
"""Allowed values by the beginning of a name: bounds under which every equation stays finite, which
tests/engine/test_parameter_bounds.py simulates. The first that fits counts."""


def parameter_rule(name: str) -> Rule:
    """What the value of a parameter must be."""
    by_name = next((rule for start, rule in _RULES.items() if name.startswith(start)), None)
    return by_name or (WEEKS if name.endswith("_weeks") else GAIN)


def is_tariff(control_list: str) -> bool:
    """A tariff list gates no market; its id ends in ``tariffs``."""
    return control_list.endswith("tariffs")


def required_parameters(lists: Sequence[str]) -> tuple[str, ...]:
    """Names without which no scenario can be built."""
    scalars = [
        *(f"material.{f}" for f in Material._fields),
        *(f"chip.{f}" for f in Chip._fields),
        *(f"industry.{f}" for f in Industry._fields if f != "gdp"),
        *(f"industry.gdp.{p}" for p in PARTIES),
        *(f"policy.{f}" for f in POLICY_SCALARS),
    ]
    parts = [
        *(f"policy.{kind}.{p}.{end}" for kind in ("severity", "severity_relax") for p in PARTIES for end in "ab"),
        *(f"policy.tariff_share.{p}" for p in PARTIES),
        *(f"policy.list_share.{c}" for c in lists if not is_tariff(c)),
        *(f"policy.expiry.{e}" for e in EXPIRY),
        *(f"policy.clock_weeks.{e}" for e in ("short", "long")),
        *(f"policy.approval.{r}" for r in REGIMES),
    ]
    return tuple(scalars + parts)


def optional_parameters(lists: Sequence[str], sources: Sequence[str], sectors: Sequence[str]) -> tuple[str, ...]:
    """Names that count as 0, or for `policy.pull` as "does not pull", when missing."""
    return (
        *(f"policy.{rate}.{p}.{r}" for rate in ("base_rate", "relax_rate") for p in PARTIES for r in REGIMES),
        *(f"policy.hazard.{a}.{b}" for a in REGIMES for b in REGIMES if a != b),
        *(f"policy.strait_hazard.{r}" for r in REGIMES),
        *(f"policy.pull.{r}.{c}" for r in REGIMES for c in lists),
        *(f"source.tools_growth.{j}" for j in sources),
        *(f"sector.gated.{k}" for k in sectors),
    )
