"""A run cut into phases: what each thread of a block does between two barriers.

A thread is a role (its warp) and a lane (its path). No row that one thread writes in a phase is read or written by
another thread in the same phase: the order of threads makes no difference (a test runs them in both orders). Within
a week:

* `open_week`: the table, work left over from the week before, normals, candidates for relaxation, costs of making;
* `run_lists`, `run_sources`, `run_supply`, `run_markets`;
* `run_sectors`: sectors, bills, output of makers, and the uniforms of the next week.
"""

from __future__ import annotations

from typing import Any

from ...ops import ZERO, scalar
from . import chips, industry, made_from, materials, negotiation, path_state, path_totals, quota, start, supply
from . import random_inputs as draws
from .block import U0, U1, U2, is_input, is_product
from .layout import L, U, W

_STREAMS = U(draws.STREAMS)
BEFORE, WEEKLY, AFTER = 8, 6, 3
"""Phases before the first week, of a week, and after the last."""


@scalar
def clear(b: Any, role: Any, lane: Any) -> None:
    """Rows and totals before anything."""
    i = role
    while i * L < b.plan.first.end:
        b.rows[i * L + lane.l] = ZERO
        i += W
    v = role
    while v < b.plan.number.outcomes:
        start.start_total(b, v, lane)
        v += W


@scalar
def draw_priors(b: Any, role: Any, lane: Any) -> None:
    """The normals behind the uncertain parameters; the member that a path starts from."""
    q = role
    while q * U(4) < b.plan.number.parameters:
        draws.draw_priors(b, q, lane)
        q += W
    if role == W - U1 and path_state.has_members(b):
        path_state.choose_member(b, lane)


@scalar
def draw_theta(b: Any, role: Any, lane: Any) -> None:
    """The uncertain parameters, or those that a member brings."""
    k, first = role, b.plan.number.states - b.plan.number.parameters
    while k < b.plan.number.parameters:
        draws.draw_theta(b, k, lane)
        if path_state.has_members(b):
            path_state.put_row(b, first + k, lane)
        k += W


@scalar
def start_parts(b: Any, role: Any, lane: Any) -> None:
    """The negotiation, lists and sources at rest, and the uniforms of the first week."""
    if role == U0:
        start.start_negotiation(b, lane)
    i = role
    while i < b.plan.number.lists:
        start.start_list(b, i, lane)
        i += W
    j = role
    while j < b.plan.number.sources:
        start.start_source(b, j, lane)
        j += W
    i = W - U1 - role
    while i < _STREAMS:
        draws.draw_uniforms(b, i, lane, U0)
        i += W


@scalar
def start_markets(b: Any, role: Any, lane: Any) -> None:
    """Markets at rest."""
    m = role
    while m < b.plan.number.markets:
        if m < b.plan.number.materials:
            start.start_material(b, m, lane)
            if is_product(b, m):
                made_from.start_handed(b, m, lane, start.CAPACITY)
        else:
            start.start_chip(b, m, lane)
        m += W


@scalar
def start_sectors(b: Any, role: Any, lane: Any) -> None:
    """Sectors at rest."""
    s = role
    while s < b.plan.number.sectors:
        industry.start_sector(b, s, lane)
        s += W


@scalar
def put_state(b: Any, role: Any, lane: Any) -> None:
    """The state that members bring, over that of rest."""
    if path_state.has_members(b):
        r = role
        while r < b.plan.number.states:
            path_state.put_row(b, r, lane)
            r += W


@scalar
def put_values(b: Any, role: Any, lane: Any) -> None:
    """Quotes of the markets of that state."""
    if path_state.has_members(b):
        m = role
        while m < b.plan.number.markets:
            path_state.put_value(b, m, lane)
            m += W


@scalar
def settle(b: Any, role: Any, lane: Any, t: Any) -> None:
    """What week ``t`` left to settle: its costs by the thread of the table, what of users runs, what is handed on."""
    if role == U0:
        industry.close_path(b, lane, t)
        return
    if role == U1:
        quota.close_quota(b, lane, t)
    i = role - U1
    while i < b.plan.number.economies:
        industry.lose_abroad(b, i, lane)
        i += W - U1
    m = role - U1
    while m < b.plan.number.markets:
        industry.run_users(b, m, lane)
        if is_product(b, m) or is_input(b, m):
            made_from.hand_on(b, m, lane)
        m += W - U1


@scalar
def open_week(b: Any, role: Any, lane: Any, t: Any) -> None:
    """The table is one warp, and what it does takes the longest: the others share the rest."""
    if t > U0:
        settle(b, role, lane, t - U1)
    if role == U0:
        negotiation.negotiate(b, lane, t)
        return
    if role == U1:
        quota.open_quota(b, lane, t)
    if role == U2:
        draws.draw_common(b, lane, t)
    if role > W - U(3):
        negotiation.share_easing(b, role + U2 - W, lane)
    m = role - U1
    while m < b.plan.number.materials:
        if is_product(b, m):
            made_from.find_cost(b, m, lane)
        m += W - U1
    q = role - U1
    while q * U2 < b.plan.number.markets:
        draws.draw_nodes(b, q, lane, t)
        q += W - U1


@scalar
def run_lists(b: Any, role: Any, lane: Any, t: Any) -> None:
    """Control lists after the moves."""
    i = role
    while i < b.plan.number.lists:
        negotiation.set_control(b, i, lane, t)
        i += W


@scalar
def run_sources(b: Any, role: Any, lane: Any, t: Any) -> None:
    """One week of every source."""
    j = role
    while j < b.plan.number.sources:
        supply.run_source(b, j, lane, t)
        j += W


@scalar
def run_supply(b: Any, role: Any, lane: Any, t: Any) -> None:
    """Supply of every market."""
    m = role
    while m < b.plan.number.markets:
        supply.supply_market(b, m, lane, t)
        m += W


@scalar
def run_markets(b: Any, role: Any, lane: Any, t: Any) -> None:
    """One week of every market."""
    m = role
    while m < b.plan.number.materials:
        materials.trade_material(b, m, lane, t)
        m += W
    while m < b.plan.number.markets:
        chips.trade_chip(b, m, lane, t)
        m += W


@scalar
def run_sectors(b: Any, role: Any, lane: Any, t: Any) -> None:
    """Sectors in both blocs, bills, what is made of products, and the uniforms of the next week."""
    i, sectors = role, b.plan.number.sectors
    while i < U2 * sectors:
        china = i < sectors
        industry.run_sector(b, i if china else i - sectors, U0 if china else U1, lane, t)
        i += W
    i = W - U1 - role
    if i < U2:
        industry.bill_party(b, i, lane)
    while i < _STREAMS:
        draws.draw_uniforms(b, i, lane, t + U1)
        i += W
    m = role
    while m < b.plan.number.materials:
        if is_product(b, m):
            made_from.make(b, m, lane, t)
        m += W


@scalar
def finish(b: Any, role: Any, lane: Any, t: Any) -> None:
    """Totals after the last week ``t``."""
    m = role
    while m < b.plan.number.markets:
        path_totals.finish_supply(b, m, lane, t)
        m += W
    if role == U0:
        path_totals.finish_path(b, lane)


@scalar
def write(b: Any, role: Any, lane: Any, ends: Any) -> None:
    """The outputs that are requested besides the totals, and "never" as NaN."""
    if U(ends.state.shape[0]) > U0:
        r = role
        while r < b.plan.number.states:
            ends.state[r, lane.column] = b.rows[U(b.tables.state[r]) + lane.l]
            r += W
    if role == U0 and U(ends.ratio.shape[0]) > U0:
        path_totals.write_ratio(b, lane, ends.ratio)
    v = role
    while v < b.plan.number.outcomes:
        path_totals.mark_never(b, v, lane)
        v += W
