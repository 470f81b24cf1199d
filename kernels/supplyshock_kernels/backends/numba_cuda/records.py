"""Reading and writing the model's records as rows of a block, field by field."""

from __future__ import annotations

from typing import Any

from ...model.chips import Buyer, Maker
from ...model.industry import Depletion
from ...model.materials import Node, Trade
from ...model.negotiation import Move, Uniforms
from ...model.quota import Places, Quota
from ...model.supply import Source
from ...model.uncertain_parameters import Theta
from ...ops import scalar
from .layout import row


def _accessors(record: Any) -> tuple[Any, Any]:
    """(get, put) of a record whose first row's element is ``i``.

    Written out and executed, as `typing.NamedTuple` itself is: numba has no loop over the fields of a record.
    """
    names = record._fields
    read = ", ".join(f"{name}=rows[i + at_{name}]" for name in names)
    write = "\n".join(f"    rows[i + at_{name}] = x.{name}" for name in names)
    scope: dict[str, Any] = {f"at_{name}": row(k) for k, name in enumerate(names)} | {"record": record}
    exec(f"def get(rows, i):\n    return record({read})\ndef put(rows, i, x):\n{write}\n", scope)
    return scalar(scope["get"]), scalar(scope["put"])


get_node, put_node = _accessors(Node)
get_trade, put_trade = _accessors(Trade)
get_buyer, put_buyer = _accessors(Buyer)
get_maker, put_maker = _accessors(Maker)
get_source, put_source = _accessors(Source)
get_depletion, put_depletion = _accessors(Depletion)
get_quota, put_quota = _accessors(Quota)
get_places, put_places = _accessors(Places)
get_move, put_move = _accessors(Move)
get_uniforms, _ = _accessors(Uniforms)
get_theta, _ = _accessors(Theta)
