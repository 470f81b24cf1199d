"""Names of the columns of the tables that a block reads."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from .layout import U

NONE = np.uint32(0xFFFFFFFF)
"""In place of a row that is not there."""

_RECORD: Any = namedtuple


def _columns(*names: str) -> Any:
    """A record of the numbers of columns, by name."""
    return _RECORD("Columns", names)(*map(U, range(len(names))))


MARKET_COLUMN = _columns(
    "use_c", "use_x", "per_use_c", "per_use_x", "cover_c", "cover_x", "value", "us_value", "coverage",
    "imports", "per_flow", "price_scale", "direct_c", "direct_x", "made_c", "made_x", "spared", "reach", "usd",
    "tonnage", "flow_cc", "flow_cx", "flow_xc", "flow_xx", "us_coverage", "packaging", "lead", "fab", "assembly",
    "gated_use", "volatility", "sigma", "per_china", "first_price_c", "first_price_x", "first_dear_c", "first_dear_x",
    "p_c", "p_x", "held_c", "held_x", "counted_c", "counted_x", "reserve",
    "open_cc", "open_cx", "open_xc", "open_xx",
)  # fmt: skip
"""Of a market. ``per_flow`` is one over the flow that exports are compared with, ``per_china`` the weight of a delivery
in China's compute, ``reach`` how far news of a list moves the quote outside. From ``p_c`` on: the first day."""

MARKET_ROW = _columns("cn_list", "us_list", "american", "group", "link", "product", "input", "quota")
"""Of a market, whole numbers: first rows of its lists and of its link, and what it is (1 or 0). ``american`` is whether
a US list gates it; ``quota`` whether an export quota ever does."""

SOURCE_COLUMN = _columns(
    "elasticity", "lead", "ramp", "hurdle", "recovery", "tools_growth", "low", "high", "severity", "strait", "hazard"
)
LIST_COLUMN = _columns(
    "party", "tariff", "weight", "start", "calm", "talks", "escalation", "truce", "deal", "rift",
    "low", "low1", "low2", "low3", "high", "high1", "high2", "high3", "ratio", "ratio1", "ratio2", "ratio3",
)  # fmt: skip
"""Of a control list; from ``calm`` on where each regime pulls it; ``low``, ``high`` and ``ratio`` by quarter."""

SECTOR_COLUMN = _columns(
    "value_added_c", "value_added_x", "materials", "chips", "chip_making", "many_parts", "gated", "abroad"
)
"""Of a sector; ``materials`` and ``chips`` are mean stocks; from ``abroad`` on value added of the other economies."""

RECIPE_COLUMN = _columns("taken", "needed", "spared", "cost")
RECIPE_ROW = _columns("product", "input", "product_link", "input_link", "product_rows", "input_rows")
"""Of a recipe, whole numbers: its two markets, and their first rows."""

PRIOR_COLUMN = _columns("loading", "lognormal", "center", "sd", "low", "high")
