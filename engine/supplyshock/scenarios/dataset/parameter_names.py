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

_SHARES = (
    "policy.approval.", "policy.tariff_share.", "policy.list_share.", "policy.expiry.", "policy.pull.",
    "policy.reply_tariff_to_", "policy.strait_severity", "policy.short_roll", "policy.expiry_weekly",
    "chip.deferred_share", "material.rho", "material.phi", "material.psi", "material.leakage", "material.quota_switch",
    "material.common_weight", "material.group_weight", "material.node_weight", "industry.share_",
    "industry.stop_threshold", "industry.shortage_threshold",
)  # fmt: skip
_POSITIVE = (
    "material.eta", "material.es_", "material.tau_", "material.licence_rate", "material.scarce_cover",
    "chip.smooth_forecast", "chip.tau_", "chip.utilisation", "industry.gdp.", "policy.severity",
    "policy.clock_weeks.", "policy.strait_recovery",
)  # fmt: skip


def parameter_rule(name: str) -> Rule:
    """What the value of a parameter must be: shares stay in 0..1, divisors above 0, all else at least 0."""
    if name.startswith(_POSITIVE) or name.endswith("_weeks"):
        return Rule(positive=True)
    return Rule(high=1.0) if name.startswith(_SHARES) else Rule()


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
