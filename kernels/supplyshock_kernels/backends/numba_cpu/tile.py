"""A tile of paths from the first week to the last."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import njit

from ...ops import real
from ...params import quarter
from . import at_risk, industry, markets, negotiation, random_inputs, record, start, supply, weekly
from .compile_options import LOOP
from .layout import PAD, RATIO, L, U


class Fixed(NamedTuple):
    """What does not change from tile to tile, beside the parameters."""

    rules: Any
    other: Any
    """the policy that paths are weighed against; the same one where they are not."""
    weighed: Any
    at: Any
    shown: Any
    """offsets of the weekly rows among the markets' rows."""
    losses: Any
    """offsets of the weekly losses among the path's rows."""
    totals: Any
    """(offsets among the markets' rows, row of the outcomes) of the totals that live with a market."""
    bins: Any
    imports: Any
    """(M,) baseline import of the rest of the world."""
    compute: Any
    """(M,) weight of a market in China's compute, over the weeks of the run."""
    list_weight: Any
    odds: Any
    """(J, 2) part of the unit interval on which a source has an accident."""
    elasticity: Any
    """(J,) of utilisation to the basket price."""
    materials: Any
    lists: Any
    regimes: Any
    thetas: Any
    floor: Any


class Now(NamedTuple):
    """The week of the schedule."""

    week: Any
    materials: Any
    lists: Any
    demand: Any
    quota: Any
    purchase: Any
    imports: Any
    compute: Any


class Tile(NamedTuple):
    """Memory of one tile; see `layout`."""

    path: Any
    market: Any
    source: Any
    lists: Any
    sector: Any
    out: Any


class Sink(NamedTuple):
    """Where results go, for all tiles of a call."""

    total: Any
    square: Any
    regime: Any
    histogram: Any
    codes: Any
    """(T x V x (lanes of a group and PAD),) uint16 bins that are yet to be counted."""
    series: Any
    outcomes: Any
    log_ratio: Any


@njit(**LOOP)
def clear(tile: Any) -> None:
    """Zero what a previous tile left."""
    tile.path[:] = 0
    tile.market[:] = 0
    tile.lists[:] = 0


@njit(**LOOP)
def begin(tile: Any, prm: Any, fix: Any, path0: Any, key: Any, one: Any, inverse: Any) -> None:
    """Every path of the tile at its start."""
    clear(tile)
    random_inputs.fill_theta(tile.path, prm.priors, path0, key, one, inverse)
    start.start_path(tile.path, prm.initial)
    start.start_lists(tile.lists, prm.initial.control)
    start.start_sources(tile.source, prm.sources)
    start.start_sectors(tile.sector, prm.sectors.buffer)
    start.start_materials(
        tile.market, tile.path, tile.lists, prm.markets, prm.material, prm.initial, fix.imports, fix.materials
    )
    start.start_chips(tile.market, tile.path, tile.lists, prm.markets, prm.chip, prm.initial, fix.materials)
    record.start_totals(tile.out, fix.at, tile.path, prm.sectors.buffer.shape[0], fix.thetas)


@njit(**LOOP)
def week(tile: Any, prm: Any, fix: Any, t: Any, path0: Any, key: Any, one: Any, inverse: Any) -> None:
    """One week, in the order of docs/model.md."""
    p, mk, lists, out, sch = tile.path, tile.market, tile.lists, tile.out, prm.schedule
    now = Now(
        real(t, one),
        fix.materials,
        fix.lists,
        sch.demand[t],
        sch.quota[t],
        sch.purchase[t],
        fix.imports,
        fix.compute,
    )
    random_inputs.fill_week(p, mk, prm.markets.group.shape[0], path0, U(t + 1), key, one, inverse)
    q = quarter(t, sch.regime.shape[0])
    negotiation.ease_shares(lists, p, prm.policy.list_party, fix.list_weight, fix.floor)
    if fix.weighed:
        negotiation.remember(p)
    negotiation.negotiate(p, fix.rules, real(sch.regime[t], one), sch.clock[t], sch.approval[t])
    if fix.weighed:
        negotiation.weigh(p, fix.rules, fix.other.rules, real(sch.regime[t], one))
        negotiation.weigh_lists(p, prm.policy, fix.other.lists, q)
    negotiation.set_controls(lists, p, prm.policy, fix.rules, sch.control[t], sch.announcement[t], q)
    supply.strait(p, fix.rules)
    tools = prm.policy.tools_list
    supply.run_sources(
        tile.source,
        mk,
        p,
        lists,
        prm.sources,
        fix.elasticity,
        fix.odds,
        tools,
        prm.initial.control[tools],
        sch.capacity[t],
        sch.availability[t],
    )
    supply.supply_markets(mk, tile.source, prm.sources, sch.recycled[t])
    markets.run_materials(mk, p, lists, prm.markets, prm.material, prm.industry, now)
    markets.run_chips(mk, p, lists, prm.markets, prm.chip, prm.industry, now)
    at_risk.run_at_risk(mk, p, prm.markets, prm.industry, now.materials)
    industry.run_sectors(tile.sector, mk, p, out, prm.sectors, prm.industry, now, fix.at)
    record.add_policy(p, out, fix.at, now.week, fix.regimes)


@njit(**LOOP)
def run(
    tile: Any,
    prm: Any,
    fix: Any,
    sink: Any,
    key: Any,
    one: Any,
    inverse: Any,
    path0: Any,
    count: Any,
    kept: Any,
) -> None:
    """Tiles of consecutive paths from ``path0``; the last may be part full."""
    shown, losses, sector_count = fix.shown, fix.losses, prm.sectors.buffer.shape[0]
    weeks, markets_count = prm.schedule.regime.shape[0], prm.markets.lead.shape[0]
    group = sink.codes.shape[0] // sink.total.size - int(PAD)
    for done in range(0, count, int(L)):
        lane = done % group
        n, keep = min(count - done, int(L)), min(max(kept - done, 0), int(L))
        first = path0 + U(done)
        begin(tile, prm, fix, first, key, one, inverse)
        for t in range(weeks):
            week(tile, prm, fix, t, first, key, one, inverse)
            at = U(t) * U(sink.codes.shape[0] // weeks) + U(lane)
            weekly.add_rows(tile.market, shown, 0, sink.codes, at, fix.bins, sink.total, sink.square, t, n)
            weekly.add_rows(tile.path, losses, shown.shape[0], sink.codes, at, fix.bins, sink.total, sink.square, t, n)
            weekly.add_regime(tile.path, sink.regime[t], n)
            if keep > 0:
                weekly.keep_series(
                    tile.market,
                    tile.path,
                    tile.lists,
                    shown,
                    losses,
                    sink.series,
                    fix.lists,
                    U(done),
                    keep,
                    t,
                )
        record.end_supply(tile.market, tile.source, tile.out, prm.sources.basket, fix.at)
        record.end_markets(tile.market, tile.out, fix.totals[0], fix.totals[1], fix.at, fix.materials, markets_count)
        record.write_totals(tile.out, sink.outcomes, fix.at, sector_count, U(done), n)
        if fix.weighed:
            weekly.keep_row(tile.path, RATIO, sink.log_ratio, U(done), n)
        if lane + int(L) == group or done + n == count:
            weekly.count_group(sink.codes, sink.histogram, fix.bins.start, lane + n)
