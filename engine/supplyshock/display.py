"""Names of markets for people. The ids in a run are short; this is only for headings."""

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
