"""Display names of markets, sources, sectors, lists and parameters; results keep the short ids."""

from __future__ import annotations

MARKETS = {
    "Sc": "Scandium", "Y": "Yttrium", "La": "Lanthanum", "Ce": "Cerium", "Pr": "Praseodymium",
    "Nd": "Neodymium", "Sm": "Samarium", "Eu": "Europium", "Gd": "Gadolinium", "Tb": "Terbium",
    "Dy": "Dysprosium", "Ho": "Holmium", "Er": "Erbium", "Tm": "Thulium", "Yb": "Ytterbium",
    "Lu": "Lutetium", "Ga": "Gallium", "Ge": "Germanium", "leading_logic": "Advanced logic chips",
    "mature_logic": "Mature logic chips", "dram_hbm": "Memory chips (DRAM, HBM)",
    "nand": "Flash memory chips", "analog_power_discrete": "Analogue and power chips",
    "compound_rf_opto": "Radio and optical chips",
}  # fmt: skip


def market_name(market: str) -> str:
    """``Dysprosium`` for ``Dy``; for an id without a name here, the id in words."""
    return MARKETS.get(market, market.replace("_", " "))


SECTORS = {
    "ev_auto": "cars", "wind_motors": "wind turbines and motors", "consumer_elec": "consumer electronics",
    "computing_dc": "computing", "aero_defence": "aerospace and defence", "chip_making": "chip making",
    "catalyst_glass_med": "catalysts, glass and medical",
}  # fmt: skip

LISTS = {
    "mature_chips": "mature chips", "cn_tariffs": "tariffs", "advanced_chips": "advanced chips",
    "chip_tools": "chip tools", "us_tariffs": "tariffs",
}  # fmt: skip


def sector_name(sector: str) -> str:
    """``cars`` for ``ev_auto``; for an id without a name here, the id in words."""
    return SECTORS.get(sector, sector.replace("_", " "))


def source_name(source: str) -> str:
    """``Bayan Obo`` for ``bayan_obo``; for an id without a name here, the id in words."""
    return SOURCES.get(source, source.replace("_", " "))


def list_name(control_list: str, members: list[str]) -> str:
    """``chip tools``; for a list of materials its elements: ``Ho, Er, Tm, Eu, Yb``; else the id in words."""
    if control_list in LISTS:
        return LISTS[control_list]
    return ", ".join(members) or control_list.replace("_", " ")


PARAMETERS = {
    "substitution": "how easily a missing input is replaced (substitution)",
    "use_elasticity": "how far use falls with the price (use_elasticity)",
    "criticality_scale": "how critical inputs are (criticality_scale)",
    "cover_scale": "how much stock is held (cover_scale)",
    "policy_level": "how often both sides restrict (policy_level)",
    "pain_us": "how pain moves the United States (pain_us)",
    "pain_cn": "how pain moves China (pain_cn)",
    "truce_pain": "how pain breaks a truce (truce_pain)",
    "relax_pain": "how pain eases controls (relax_pain)",
    "onset": "how acts bring escalation (onset)",
    "hazard_truce": "how soon escalation ends in a truce (hazard_truce)",
    "hazard_break": "how soon a truce breaks (hazard_break)",
    "hazard_deal": "how soon a truce becomes a deal (hazard_deal)",
    "hazard_lapse": "how often an expiring truce lapses (hazard_lapse)",
    "parts": "how hard one missing chip hits a product (parts)",
    "jump_scale": "how far quotes jump on an announcement (jump_scale)",
}
"""Uncertain parameters."""

SOURCES = {
    "bayan_obo": "Bayan Obo", "cn_light_other": "Sichuan and Shandong", "cn_ionic": "China's ionic clays",
    "mm_ionic": "Myanmar's ionic clays", "other_feed_cn": "foreign ore separated in China",
    "mountain_pass": "Mountain Pass", "mount_weld_my": "Mount Weld and its Malaysian plants",
    "other_xc": "other rare-earth plants outside China", "cn_sc": "China's scandium", "xc_sc": "scandium outside China",
    "cn_ga": "China's gallium", "xc_ga": "gallium outside China", "cn_ge": "China's germanium",
    "xc_ge": "germanium outside China", "fab_tw": "Taiwan's fabs", "fab_kr": "Korea's fabs", "fab_jp": "Japan's fabs",
    "fab_us": "fabs in the United States", "fab_eu_sea": "fabs in Europe and Southeast Asia", "fab_cn": "China's fabs",
}  # fmt: skip

PICTURES = (".png", ".pdf", ".svg")
"""File endings of the formats of pictures."""


def factor_name(key: str) -> str:
    """The display name of a key such as ``priors.parts`` or ``theta.parts``; other keys stay as they are."""
    group, _, name = key.partition(".")
    return PARAMETERS.get(name, key) if group in ("priors", "theta") else key
