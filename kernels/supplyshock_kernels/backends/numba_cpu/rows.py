"""Reading and writing the model's records as rows of a tile."""

from __future__ import annotations

from typing import Any

from ...model.chips import Buyer, Maker
from ...model.industry import Buffer
from ...model.materials import Node, Trade
from ...model.negotiation import Move, Uniforms
from ...model.supply import Source
from ...model.uncertain_parameters import Theta
from ...ops import scalar
from .layout import R

R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11, R12, R13, R14, R15, R16, *_ = R


@scalar
def get_node(a: Any, i: Any) -> Any:
    """A node whose first row's element is ``i``; likewise below."""
    return Node(a[i], a[i + R1], a[i + R2], a[i + R3], a[i + R4], a[i + R5], a[i + R6])


@scalar
def put_node(a: Any, i: Any, n: Any) -> None:
    """Write a node; likewise below."""
    a[i] = n.p
    a[i + R1] = n.ret
    a[i + R2] = n.slow
    a[i + R3] = n.hoard
    a[i + R4] = n.thrift
    a[i + R5] = n.stock
    a[i + R6] = n.backlog


@scalar
def get_trade(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Trade(a[i], a[i + R1], a[i + R2], a[i + R3], a[i + R4], a[i + R5], a[i + R6], a[i + R7])


@scalar
def put_trade(a: Any, i: Any, t: Any) -> None:
    """See `put_node`."""
    a[i] = t.withheld
    a[i + R1] = t.l1
    a[i + R2] = t.l2
    a[i + R3] = t.l3
    a[i + R4] = t.restricted
    a[i + R5] = t.flow
    a[i + R6] = t.paid
    a[i + R7] = t.reserve


@scalar
def get_buyer(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Buyer(
        a[i],
        a[i + R1],
        a[i + R2],
        a[i + R3],
        a[i + R4],
        a[i + R5],
        a[i + R6],
        a[i + R7],
        a[i + R8],
        a[i + R9],
    )


@scalar
def put_buyer(a: Any, i: Any, b: Any) -> None:
    """See `put_node`."""
    a[i] = b.forecast
    a[i + R1] = b.deferred
    a[i + R2] = b.stock
    a[i + R3] = b.book_c
    a[i + R4] = b.book_x
    a[i + R5] = b.share_c
    a[i + R6] = b.received
    a[i + R7] = b.lead
    a[i + R8] = b.broker
    a[i + R9] = b.contract


@scalar
def get_maker(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Maker(a[i], a[i + R1], a[i + R2], a[i + R3])


@scalar
def put_maker(a: Any, i: Any, m: Any) -> None:
    """See `put_node`."""
    a[i] = m.utilisation
    a[i + R1] = m.fab
    a[i + R2] = m.assembly
    a[i + R3] = m.finished


@scalar
def get_source(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Source(a[i], a[i + R1], a[i + R2], a[i + R3], a[i + R4], a[i + R5], a[i + R6])


@scalar
def put_source(a: Any, i: Any, s: Any) -> None:
    """See `put_node`."""
    a[i] = s.utilisation
    a[i + R1] = s.slow_value
    a[i + R2] = s.n1
    a[i + R3] = s.n2
    a[i + R4] = s.n3
    a[i + R5] = s.capacity
    a[i + R6] = s.outage


@scalar
def get_buffer(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Buffer(a[i], a[i + R1])


@scalar
def put_buffer(a: Any, i: Any, b: Any) -> None:
    """See `put_node`."""
    a[i] = b.materials
    a[i + R1] = b.chips


@scalar
def put_move(a: Any, i: Any, m: Any) -> None:
    """See `put_node`."""
    a[i] = m.acted
    a[i + R1] = m.replied
    a[i + R2] = m.severity
    a[i + R3] = m.tariff
    a[i + R4] = m.position
    a[i + R5] = m.relaxed


@scalar
def get_move(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Move(a[i], a[i + R1], a[i + R2], a[i + R3], a[i + R4], a[i + R5])


@scalar
def get_uniforms(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Uniforms(
        a[i],
        a[i + R1],
        a[i + R2],
        a[i + R3],
        a[i + R4],
        a[i + R5],
        a[i + R6],
        a[i + R7],
        a[i + R8],
        a[i + R9],
        a[i + R10],
        a[i + R11],
        a[i + R12],
        a[i + R13],
        a[i + R14],
        a[i + R15],
        a[i + R16],
    )


@scalar
def get_theta(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Theta(
        a[i],
        a[i + R1],
        a[i + R2],
        a[i + R3],
        a[i + R4],
        a[i + R5],
        a[i + R6],
        a[i + R7],
        a[i + R8],
        a[i + R9],
        a[i + R10],
        a[i + R11],
        a[i + R12],
        a[i + R13],
        a[i + R14],
    )
