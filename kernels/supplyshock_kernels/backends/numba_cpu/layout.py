"""How the state of a tile of paths lies in memory.

A tile is LANES paths. Every number of the model is a row of LANES floats in a
flat array, the rows of one entity (market, source, list, sector) one after the
other; inner loops run along rows. The number of rows and LANES are constants,
so the compiler sees that rows do not overlap and vectorises without checks.
Indices are uint64: a signed index might be negative, and the test for that
turns loads into gathers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model.chips import Buyer, Maker
from ...model.industry import Buffer
from ...model.materials import Node, Trade
from ...model.supply import Source
from ...model.uncertain_parameters import NAMES

U = np.uint64
LANES = 128
L = U(LANES)
PAD = U(128)
"""Unused codes behind the lanes of a group: rows a power of two apart would share a few lines of the cache."""


def _row(k: int) -> Any:
    return U(k * LANES)


R = tuple(_row(k) for k in range(32))
"""Offsets of the first rows of an entity."""

# per market: the state of a material (c, x, trade) or of a chip segment (c, x, makers)
CHINA, OUTSIDE, TRADE = _row(0), _row(len(Node._fields)), _row(2 * len(Node._fields))
BUYER_C, BUYER_X = _row(0), _row(len(Buyer._fields))
MAKER_C, MAKER_X = _row(2 * len(Buyer._fields)), _row(2 * len(Buyer._fields) + len(Maker._fields))
_STATE = max(2 * len(Node._fields) + len(Trade._fields), 2 * (len(Buyer._fields) + len(Maker._fields)))
# what a market shares with the rest of the model: basket prices, supply, normals, output at risk in
# each bloc (also for products of many parts, and for gated sectors in China), share missing; what the week
# shows; totals; the surprise of demand
(
    VALUE_C,
    VALUE_X,
    MADE_C,
    MADE_X,
    Z_C,
    Z_X,
    OUT_C,
    OUT_X,
    PARTS_C,
    PARTS_X,
    GATED_C,
    GONE_C,
    GONE_X,
    GONE_GATED,
    PRICE_C,
    PRICE_X,
    STOCK_C,
    STOCK_X,
    SHORT_C,
    SHORT_X,
    PAID,
    EXPORTS,
    LEAD,
    BILL_C,
    BILL_X,
    PEAK_C,
    PEAK_X,
    PEAK_WEEK_C,
    PEAK_WEEK_X,
    PEAK_PAID,
    WEEKS_C,
    WEEKS_X,
    UNMET_C,
    UNMET_X,
    DRAWN,
    TO_CHINA,
    DEMAND,
) = (_row(_STATE + k) for k in range(37))
MARKET_ROWS = _STATE + 37
MARKET = _row(MARKET_ROWS)

OUTPUT = _row(len(Source._fields))
SOURCE_ROWS = len(Source._fields) + 1
SOURCE = _row(SOURCE_ROWS)

LEVEL, JUMP2, JUMP3, NOW, EASE_LOW, EASE_HIGH = (_row(k) for k in range(6))
LIST_ROWS = 6
LIST = _row(LIST_ROWS)

BUFFER_C, BUFFER_X = _row(0), _row(len(Buffer._fields))
SECTOR_ROWS = 2 * len(Buffer._fields)
SECTOR = _row(SECTOR_ROWS)

# per path
_PATH = [
    "regime",
    "clock",
    "e_cn",
    "e_us",
    "pain_cn",
    "pain_us",
    "approval",
    "strait",
    "input_c",
    "input_x",
    "acted_cn",
    "replied_cn",
    "severity_cn",
    "tariff_cn",
    "position_cn",
    "relaxed_cn",
    "acted_us",
    "replied_us",
    "severity_us",
    "tariff_us",
    "position_us",
    "relaxed_us",
    "loss_cn",
    "loss_us",
    "bill_cn",
    "bill_us",
    "gap_m",
    "gap_c",
    "missing_m",
    "missing_c",
    "at_risk",
    "scratch_a",
    "scratch_b",
    "rho",
    "per_rho",
    "ratio",
    "was_regime",
    "was_clock",
    "was_e_cn",
    "was_e_us",
]
(
    REGIME,
    CLOCK,
    E_CN,
    E_US,
    PAIN_CN,
    PAIN_US,
    APPROVAL,
    STRAIT,
    INPUT_C,
    INPUT_X,
    MOVE_CN,
    *_,
) = (_row(k) for k in range(len(_PATH)))
MOVE_US = _row(_PATH.index("acted_us"))
BILL_CN, BILL_US = _row(_PATH.index("bill_cn")), _row(_PATH.index("bill_us"))
LOSS_CN, LOSS_US = _row(_PATH.index("loss_cn")), _row(_PATH.index("loss_us"))
GAP_M, GAP_C = _row(_PATH.index("gap_m")), _row(_PATH.index("gap_c"))
MISS_M, MISS_C = _row(_PATH.index("missing_m")), _row(_PATH.index("missing_c"))
AT_RISK = _row(_PATH.index("at_risk"))
RHO, PER_RHO = _row(_PATH.index("rho")), _row(_PATH.index("per_rho"))
RATIO = _row(_PATH.index("ratio"))
WAS = _row(_PATH.index("was_regime"))
"""Four rows: regime, clock and excitations before the week, as they lie at REGIME."""
SUM_A, SUM_B = _row(_PATH.index("scratch_a")), _row(_PATH.index("scratch_b"))
THETA = _row(len(_PATH))
UNIFORMS = _row(len(_PATH) + len(NAMES))
N_UNIFORMS = 24
COMMON = _row(len(_PATH) + len(NAMES) + N_UNIFORMS)
PATH_ROWS = len(_PATH) + len(NAMES) + N_UNIFORMS + 4
