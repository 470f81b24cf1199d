"""Names of parameters, as nouns that a reader of a result understands: ``ease of replacing a missing input``."""

from __future__ import annotations

PRIORS = {
    "substitution": "ease of replacing a missing input",
    "use_elasticity": "fall of use with the price",
    "criticality_scale": "criticality of inputs",
    "cover_scale": "stock that users hold",
    "policy_level": "frequency of restrictions by both sides",
    "pain_us": "weight of pain in the United States",
    "pain_cn": "weight of pain in China",
    "truce_pain": "weight of pain in breaking a truce",
    "relax_pain": "weight of pain in easing controls",
    "onset": "weight of acts in bringing escalation",
    "hazard_truce": "pace at which escalation ends in a truce",
    "hazard_break": "pace at which a truce breaks",
    "hazard_deal": "pace at which a truce becomes a deal",
    "hazard_lapse": "lapses of expiring truces",
    "parts": "harm of one missing chip to a product",
    "jump_scale": "size of jumps on announcements",
}
"""Uncertain parameters, by name."""
WORDS = {
    "material.eta": "growth of elasticity with the price",
    "material.tau_orders": "time in which buyers close a gap in stock",
    "material.eps_cover": "fall of wanted stock with the price",
    "material.chi": "rise of wanted stock with hoarding",
    "material.rho": "persistence of hoarding",
    "material.hoard_gain": "hoarding when prices rise",
    "material.news_gain": "hoarding when deliveries fail",
    "material.omega": "holding back of sellers in a rising market",
    "material.leakage": "smuggling for a gap of prices",
    "material.alpha": "pull of tightness on the price",
    "material.delta": "pull of a glut on the price",
    "material.theta": "pull of scarce stock on the price",
    "material.scarce_cover": "share of stock below which material is scarce",
    "material.k_up": "return of a high price",
    "material.k_down": "return of a low price",
    "material.arbitrage": "pull between quotes in China and outside",
    "material.phi": "momentum of prices",
    "material.sigma_cn": "volatility of prices in China",
    "material.sigma_xc": "volatility of prices outside China",
    "material.nu": "rise of volatility with hoarding",
    "material.jump": "jump of quotes on an announcement",
    "material.supply_elasticity": "rise of output with the price",
    "material.quota_switch": "exporters under a quota who ship what pays best",
    "chip.chi": "double ordering of chips",
    "chip.smooth_forecast": "smoothing of forecasts of chip demand",
    "chip.tau_inventory": "time in which chip makers close a gap in stock",
    "chip.tau_backlog": "time in which chip makers work off orders",
    "chip.sole_share": "chip parts with a single qualified maker",
    "chip.replace_weeks": "time in which China replaces withheld parts",
    "chip.regain_weeks": "time in which China takes up chips let through",
    "chip.leakage": "withheld chips that pass for a gap of prices",
    "chip.use_elasticity": "fall of chip use with the price",
    "chip.shortage_gain": "pull of unmet need on the chip market",
    "industry.alike": "share of a shortage that falls on all users alike",
    "policy.leniency_sd": "spread of approval of licences",
    "policy.cross_decay_rate": "pace at which an act is forgotten",
    "policy.base_rate.CN.rift": "acts of China in a rift",
    "policy.base_rate.US.rift": "acts of the United States in a rift",
    "source.tools_growth.fab_cn": "growth of Chinese fabs that lost tools cost",
}
"""Parameters, by name in the data set."""


def parameter_words(key: str) -> str:
    """``harm of one missing chip to a product`` of ``priors.parts``; a key without words is given as it is."""
    group, _, name = key.partition(".")
    words = {"priors": PRIORS, "parameters": WORDS}.get(group, {})
    return words.get(name, key)
