"""How the state of a tile of paths lies in memory.

A tile is LANES paths. Every number of the model is a row of LANES floats in a
flat array, the rows of one entity (market, source, list, sector) one after the
other; inner loops run along rows. The number of rows and LANES are constants,
so the compiler sees that rows do not overlap and vectorises without checks.
Indices are uint64: a signed index might be negative, and the test for that
turns loads into gathers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from ...model import weekly_uniforms
from ...model.chips import Buyer, Maker
from ...model.industry import Depletion
from ...model.materials import Node, Trade
from ...model.negotiation import Move, Uniforms
from ...model.quota import Places, Quota
from ...model.supply import Source
from ...model.uncertain_parameters import Theta
from ...outputs import Rows
from ...params import Array, Params

U = np.uint64
LANES = 128
L = U(LANES)
PAD = U(128)
"""Unused codes behind the lanes of a group: rows a power of two apart would share a few lines of the cache."""


def _row(k: int) -> Any:
    return U(k * LANES)


Record = TypeVar("Record")


def offsets(record: type[Record], first: int = 0) -> Record:
    """The offset of each field's row, for a record whose fields lie row after row: ``offsets(Node).stock``."""
    names = record._fields  # type: ignore[attr-defined]
    return record(**{name: _row(first + k) for k, name in enumerate(names)})


NODE, BUYER, MAKER, DEPLETION = offsets(Node), offsets(Buyer), offsets(Maker), offsets(Depletion)
FLOW, SOURCE_STATE, MOVE, UNIFORM = offsets(Trade), offsets(Source), offsets(Move), offsets(Uniforms)

# per market: the state of a material (c, x, trade) or of a chip segment (c, x, makers)
CHINA, OUTSIDE, TRADE = _row(0), _row(len(Node._fields)), _row(2 * len(Node._fields))
BUYER_C, BUYER_X = _row(0), _row(len(Buyer._fields))
MAKER_C, MAKER_X = _row(2 * len(Buyer._fields)), _row(2 * len(Buyer._fields) + len(Maker._fields))
_STATE = max(2 * len(Node._fields) + len(Trade._fields), 2 * (len(Buyer._fields) + len(Maker._fields)))
_SHARED = 55
# what a market shares with the rest of the model: basket prices, supply, normals, output at risk in
# each bloc (also for products of many parts, and for gated sectors in China), share missing; what the week
# shows; totals; the surprise of demand; exports that a quota counts; cost of substitutes; share of use that runs;
# share of what runs that is not met; log cost of making, what makers would take and take, what last week's making
# hands over; output at risk in gated sectors behind gates that stand
(
    VALUE_C,
    VALUE_X,
    SUPPLY_C,
    SUPPLY_X,
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
    OFFERED,
    CHOSEN,
    FREE,
    INSTEAD_C,
    INSTEAD_X,
    RUNNING_C,
    RUNNING_X,
    LACKING_C,
    LACKING_X,
    COST_C,
    COST_X,
    MAKERS_C,
    MAKERS_X,
    TAKEN_C,
    TAKEN_X,
    HANDED_C,
    HANDED_X,
    STANDING,
) = (_row(_STATE + k) for k in range(_SHARED))
MARKET_ROWS = _STATE + _SHARED
MARKET = _row(MARKET_ROWS)

OUTPUT = _row(len(Source._fields))
SOURCE_ROWS = len(Source._fields) + 1
SOURCE = _row(SOURCE_ROWS)

LEVEL, JUMP2, JUMP3, ANNOUNCED, EASE_LOW, EASE_HIGH = (_row(k) for k in range(6))
LIST_ROWS = 6
LIST = _row(LIST_ROWS)

DEPLETION_C, DEPLETION_X = _row(0), _row(len(Depletion._fields))
STOOD = _row(2 * len(Depletion._fields))
"""Share of output that a sector in China goes without behind the gates of the first day."""
SECTOR_ROWS = 2 * len(Depletion._fields) + 1
SECTOR = _row(SECTOR_ROWS)

# per path
_REMEMBERED = ("regime", "clock", "e_cn", "e_us")
_PATH = (
    *_REMEMBERED,
    "pain_cn",
    "pain_us",
    "approval",
    "leniency",
    "granted",
    "strait",
    *(f"quota_{field}" for field in Quota._fields),
    *Places._fields,
    "input_c",
    "input_x",
    *(f"{field}_cn" for field in Move._fields),
    *(f"{field}_us" for field in Move._fields),
    "loss_cn",
    "loss_us",
    "bill_cn",
    "bill_us",
    "instead_cn",
    "instead_us",
    "gap_m",
    "gap_c",
    "missing_m",
    "missing_c",
    "at_risk",
    "lost",
    "idle",
    "scratch_a",
    "scratch_b",
    "scratch_c",
    "rho",
    "per_rho",
    "ratio",
    *(f"was_{name}" for name in _REMEMBERED),
)


def _path(name: str) -> Any:
    return _row(_PATH.index(name))


REGIME, CLOCK, E_CN, E_US = (_path(name) for name in _REMEMBERED)
WAS_REGIME, WAS_CLOCK, WAS_E_CN, WAS_E_US = (_path(f"was_{name}") for name in _REMEMBERED)
"""The same before the week."""
PAIN_CN, PAIN_US = _path("pain_cn"), _path("pain_us")
APPROVAL, STRAIT = _path("approval"), _path("strait")
LENIENCY, GRANTED = _path("leniency"), _path("granted")
QUOTA = offsets(Quota, _PATH.index("quota_left"))
PACE, PACE_CHOSEN, PER_PREMIUM = (_path(name) for name in Places._fields)
INPUT_C, INPUT_X = _path("input_c"), _path("input_x")
MOVE_CN, MOVE_US = _path("acted_cn"), _path("acted_us")
"""First rows of a `Move`."""
LOSS_CN, LOSS_US = _path("loss_cn"), _path("loss_us")
BILL_CN, BILL_US = _path("bill_cn"), _path("bill_us")
INSTEAD_CN, INSTEAD_US = _path("instead_cn"), _path("instead_us")
GAP_M, GAP_C = _path("gap_m"), _path("gap_c")
MISS_M, MISS_C = _path("missing_m"), _path("missing_c")
AT_RISK, LOST, IDLE = _path("at_risk"), _path("lost"), _path("idle")
SUM_A, SUM_B, SUM_C = (_path(f"scratch_{x}") for x in "abc")
RHO, PER_RHO = _path("rho"), _path("per_rho")
RATIO = _path("ratio")

THETA = offsets(Theta, len(_PATH))
"""The row of each uncertain parameter."""
_FIRST_UNIFORM = len(_PATH) + len(Theta._fields)


def uniform(name: str) -> Any:
    """The row of a uniform of `weekly_uniforms.NAMES`."""
    return _row(_FIRST_UNIFORM + weekly_uniforms.NAMES.index(name))


UNIFORMS = uniform(weekly_uniforms.NAMES[0])
COMMON = _row(_FIRST_UNIFORM + len(weekly_uniforms.NAMES))
GROUP_COMMON = COMMON + L
"""Normals that markets share: all of them, then one row for each group of materials."""
PATH_ROWS = _FIRST_UNIFORM + len(weekly_uniforms.NAMES) + 4


def market_offsets(params: Params, rows: Sequence[Rows], places: Mapping[str, tuple[Any, ...]]) -> Array:
    """uint64 offsets into the markets' rows of quantities by (market) or (market, bloc); ``places`` has a market's."""
    offsets = []
    for r in rows:
        first = params.n_materials if r.axes[:1] == ("chip",) else 0
        for m in range(r.shape[0]):
            offsets += [int(MARKET) * (first + m) + int(row) for row in places[r.name]]
    return np.array(offsets, np.uint64)
