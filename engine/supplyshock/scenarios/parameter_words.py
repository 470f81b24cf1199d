"""What parameters are, in words a reader of a result understands."""

from __future__ import annotations

from .display_names import PARAMETERS

WORDS = {
    "material.eta": "how use learns to do without a dear material",
    "material.tau_orders": "time over which buyers close a gap in stock",
    "material.eps_cover": "how far dear material lowers wanted stock",
    "material.chi": "how far hoarding raises wanted stock",
    "material.rho": "how long hoarding lasts",
    "material.hoard_gain": "how far rising prices bring hoarding",
    "material.news_gain": "how far missing deliveries bring hoarding",
    "material.omega": "how far sellers hold back in a rising market",
    "material.leakage": "smuggling for a gap of prices",
    "material.alpha": "how far tightness moves the price",
    "material.delta": "how far a glut moves the price",
    "material.theta": "how far scarce stock moves the price",
    "material.scarce_cover": "stock below which material is scarce",
    "material.k_up": "how soon a high price falls back",
    "material.k_down": "how soon a low price recovers",
    "material.arbitrage": "pull between quotes in China and outside",
    "material.phi": "momentum of prices",
    "material.sigma_cn": "volatility of prices in China",
    "material.sigma_xc": "volatility of prices outside China",
    "material.nu": "how far hoarding raises volatility",
    "material.jump": "jump of quotes on an announcement",
    "material.supply_elasticity": "how far plants run harder at a high price",
    "material.quota_switch": "exporters under a quota who ship what pays best",
    "chip.chi": "double ordering of chips",
    "chip.smooth_forecast": "smoothing of forecasts of chip demand",
    "chip.tau_inventory": "time over which chip makers close a gap in stock",
    "chip.tau_backlog": "time over which chip makers work off orders",
    "chip.sole_share": "chip parts with a single qualified maker",
    "chip.replace_weeks": "time in which China replaces withheld parts",
    "chip.regain_weeks": "time in which China takes up chips let through",
    "chip.leakage": "withheld chips that pass for a gap of prices",
    "chip.use_elasticity": "how far use of chips falls with their price",
    "chip.shortage_gain": "how far unmet need tightens the chip market",
    "industry.alike": "part of a shortage that falls on all users alike",
    "policy.leniency_sd": "how far approval of licences varies",
    "policy.cross_decay_rate": "how soon an act is forgotten",
    "policy.base_rate.CN.rift": "acts of China in a rift",
    "policy.base_rate.US.rift": "acts of the United States in a rift",
    "source.tools_growth.fab_cn": "growth of Chinese fabs that lost tools cost",
}
"""By name in the data set."""


def parameter_words(key: str) -> str:
    """``how hard one missing chip hits a product`` of ``priors.parts``; a key without words is given as it is."""
    group, _, name = key.partition(".")
    if group == "priors" and name in PARAMETERS:
        return PARAMETERS[name].partition(" (")[0]
    return WORDS.get(name if group == "parameters" else key, key)
