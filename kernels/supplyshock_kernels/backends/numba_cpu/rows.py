"""Reading and writing the model's records as rows of a tile, field by field and by name."""

from __future__ import annotations

from typing import Any

from ...model.chips import Buyer, Maker
from ...model.industry import Depletion
from ...model.materials import Node, Trade
from ...model.negotiation import Move, Uniforms
from ...model.quota import Quota
from ...model.supply import Source
from ...model.uncertain_parameters import Theta
from ...ops import scalar
from .compile_options import compiled_loop
from .layout import BUYER, DEPLETION, FLOW, MAKER, MARKET, MOVE, NODE, QUOTA, SOURCE_STATE, THETA, UNIFORM, L, U


@compiled_loop
def set_rows(mk: Any, rows: Any, value: Any, markets: Any) -> None:
    """Set rows of some markets to a value."""
    for m in markets:
        for row in rows:
            a = U(m) * MARKET + row
            for l in range(L):
                mk[a + l] = value


@scalar
def get_node(a: Any, i: Any) -> Any:
    """A node whose first row's element is ``i``; likewise below."""
    return Node(
        p=a[i + NODE.p],
        ret=a[i + NODE.ret],
        slow=a[i + NODE.slow],
        hoard=a[i + NODE.hoard],
        thrift=a[i + NODE.thrift],
        stock=a[i + NODE.stock],
        backlog=a[i + NODE.backlog],
    )


@scalar
def put_node(a: Any, i: Any, n: Any) -> None:
    """Write a node; likewise below."""
    a[i + NODE.p] = n.p
    a[i + NODE.ret] = n.ret
    a[i + NODE.slow] = n.slow
    a[i + NODE.hoard] = n.hoard
    a[i + NODE.thrift] = n.thrift
    a[i + NODE.stock] = n.stock
    a[i + NODE.backlog] = n.backlog


@scalar
def get_quota(p: Any, l: Any) -> Any:
    """See `get_node`."""
    return Quota(
        left=p[QUOTA.left + l],
        premium=p[QUOTA.premium + l],
        offered=p[QUOTA.offered + l],
        chosen=p[QUOTA.chosen + l],
    )


@scalar
def put_quota(p: Any, l: Any, q: Any) -> None:
    """See `put_node`."""
    p[QUOTA.left + l] = q.left
    p[QUOTA.premium + l] = q.premium
    p[QUOTA.offered + l] = q.offered
    p[QUOTA.chosen + l] = q.chosen


@scalar
def get_trade(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Trade(
        withheld=a[i + FLOW.withheld],
        l1=a[i + FLOW.l1],
        l2=a[i + FLOW.l2],
        l3=a[i + FLOW.l3],
        restricted=a[i + FLOW.restricted],
        flow=a[i + FLOW.flow],
        paid=a[i + FLOW.paid],
        reserve=a[i + FLOW.reserve],
    )


@scalar
def put_trade(a: Any, i: Any, t: Any) -> None:
    """See `put_node`."""
    a[i + FLOW.withheld] = t.withheld
    a[i + FLOW.l1] = t.l1
    a[i + FLOW.l2] = t.l2
    a[i + FLOW.l3] = t.l3
    a[i + FLOW.restricted] = t.restricted
    a[i + FLOW.flow] = t.flow
    a[i + FLOW.paid] = t.paid
    a[i + FLOW.reserve] = t.reserve


@scalar
def get_buyer(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Buyer(
        forecast=a[i + BUYER.forecast],
        accustomed=a[i + BUYER.accustomed],
        sought=a[i + BUYER.sought],
        deferred=a[i + BUYER.deferred],
        stock=a[i + BUYER.stock],
        book_c=a[i + BUYER.book_c],
        book_x=a[i + BUYER.book_x],
        share_c=a[i + BUYER.share_c],
        received=a[i + BUYER.received],
        lead=a[i + BUYER.lead],
        broker=a[i + BUYER.broker],
        contract=a[i + BUYER.contract],
    )


@scalar
def put_buyer(a: Any, i: Any, b: Any) -> None:
    """See `put_node`."""
    a[i + BUYER.forecast] = b.forecast
    a[i + BUYER.accustomed] = b.accustomed
    a[i + BUYER.sought] = b.sought
    a[i + BUYER.deferred] = b.deferred
    a[i + BUYER.stock] = b.stock
    a[i + BUYER.book_c] = b.book_c
    a[i + BUYER.book_x] = b.book_x
    a[i + BUYER.share_c] = b.share_c
    a[i + BUYER.received] = b.received
    a[i + BUYER.lead] = b.lead
    a[i + BUYER.broker] = b.broker
    a[i + BUYER.contract] = b.contract


@scalar
def get_maker(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Maker(
        utilisation=a[i + MAKER.utilisation],
        fab=a[i + MAKER.fab],
        assembly=a[i + MAKER.assembly],
        finished=a[i + MAKER.finished],
    )


@scalar
def put_maker(a: Any, i: Any, m: Any) -> None:
    """See `put_node`."""
    a[i + MAKER.utilisation] = m.utilisation
    a[i + MAKER.fab] = m.fab
    a[i + MAKER.assembly] = m.assembly
    a[i + MAKER.finished] = m.finished


@scalar
def get_source(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Source(
        utilisation=a[i + SOURCE_STATE.utilisation],
        slow_value=a[i + SOURCE_STATE.slow_value],
        n1=a[i + SOURCE_STATE.n1],
        n2=a[i + SOURCE_STATE.n2],
        n3=a[i + SOURCE_STATE.n3],
        capacity=a[i + SOURCE_STATE.capacity],
        outage=a[i + SOURCE_STATE.outage],
    )


@scalar
def put_source(a: Any, i: Any, s: Any) -> None:
    """See `put_node`."""
    a[i + SOURCE_STATE.utilisation] = s.utilisation
    a[i + SOURCE_STATE.slow_value] = s.slow_value
    a[i + SOURCE_STATE.n1] = s.n1
    a[i + SOURCE_STATE.n2] = s.n2
    a[i + SOURCE_STATE.n3] = s.n3
    a[i + SOURCE_STATE.capacity] = s.capacity
    a[i + SOURCE_STATE.outage] = s.outage


@scalar
def get_depletion(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Depletion(
        materials=a[i + DEPLETION.materials],
        chips=a[i + DEPLETION.chips],
    )


@scalar
def put_depletion(a: Any, i: Any, b: Any) -> None:
    """See `put_node`."""
    a[i + DEPLETION.materials] = b.materials
    a[i + DEPLETION.chips] = b.chips


@scalar
def get_move(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Move(
        acted=a[i + MOVE.acted],
        replied=a[i + MOVE.replied],
        severity=a[i + MOVE.severity],
        tariff=a[i + MOVE.tariff],
        position=a[i + MOVE.position],
        relaxed=a[i + MOVE.relaxed],
    )


@scalar
def put_move(a: Any, i: Any, m: Any) -> None:
    """See `put_node`."""
    a[i + MOVE.acted] = m.acted
    a[i + MOVE.replied] = m.replied
    a[i + MOVE.severity] = m.severity
    a[i + MOVE.tariff] = m.tariff
    a[i + MOVE.position] = m.position
    a[i + MOVE.relaxed] = m.relaxed


@scalar
def get_uniforms(a: Any, i: Any) -> Any:
    """See `get_node`."""
    return Uniforms(
        act_cn=a[i + UNIFORM.act_cn],
        act_us=a[i + UNIFORM.act_us],
        severity_cn=a[i + UNIFORM.severity_cn],
        severity_us=a[i + UNIFORM.severity_us],
        reply_cn=a[i + UNIFORM.reply_cn],
        reply_us=a[i + UNIFORM.reply_us],
        list_cn=a[i + UNIFORM.list_cn],
        list_us=a[i + UNIFORM.list_us],
        relax_cn=a[i + UNIFORM.relax_cn],
        relax_us=a[i + UNIFORM.relax_us],
        relax_severity_cn=a[i + UNIFORM.relax_severity_cn],
        relax_severity_us=a[i + UNIFORM.relax_severity_us],
        change=a[i + UNIFORM.change],
        target=a[i + UNIFORM.target],
        expiry=a[i + UNIFORM.expiry],
        expiry_target=a[i + UNIFORM.expiry_target],
        clock=a[i + UNIFORM.clock],
    )


@scalar
def get_theta(p: Any, l: Any) -> Any:
    """The uncertain parameters of lane ``l``."""
    return Theta(
        substitution=p[THETA.substitution + l],
        use_elasticity=p[THETA.use_elasticity + l],
        criticality_scale=p[THETA.criticality_scale + l],
        cover_scale=p[THETA.cover_scale + l],
        policy_level=p[THETA.policy_level + l],
        pain_us=p[THETA.pain_us + l],
        pain_cn=p[THETA.pain_cn + l],
        truce_pain=p[THETA.truce_pain + l],
        relax_pain=p[THETA.relax_pain + l],
        onset=p[THETA.onset + l],
        hazard_truce=p[THETA.hazard_truce + l],
        hazard_break=p[THETA.hazard_break + l],
        hazard_deal=p[THETA.hazard_deal + l],
        hazard_lapse=p[THETA.hazard_lapse + l],
        parts=p[THETA.parts + l],
        jump_scale=p[THETA.jump_scale + l],
    )
