"""Tiles of paths from the first week to the last."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import path_state, path_totals, paused, random_inputs, start, week, weekly_statistics
from .compile_options import compiled_loop
from .layout import PAD, RATIO, L, U


class Tile(NamedTuple):
    """Memory of one tile; see `layout`."""

    path: Any
    market: Any
    source: Any
    lists: Any
    sector: Any
    out: Any


class Outputs(NamedTuple):
    """Memory that results go to, for all tiles of a call."""

    total: Any
    square: Any
    nonfinite: Any
    regime: Any
    histogram: Any
    codes: Any
    """(T x V x (lanes of a group and PAD),) uint16 bins that are yet to be counted."""
    series: Any
    place: Any
    """(rows,) int64: where a row of `outputs.series_rows` goes in the series; -1: nowhere."""
    outcomes: Any
    log_ratio: Any
    state: Any
    """(R, paths), or empty unless asked for."""
    paused: Any
    """(tiles, numbers) that paths go on from, or stop in (`paused.CarriedRows`); empty for all weeks at once."""


class Span(NamedTuple):
    """The weeks of a call: all of them, or those to a pause or since one."""

    first: Any
    stop: Any


@compiled_loop
def _clear(tile: Any) -> None:
    """Zero what a previous tile left."""
    tile.path[:] = 0
    tile.market[:] = 0
    tile.lists[:] = 0


@compiled_loop
def _start_tile(tile: Any, params: Any, constants: Any, draws: Any) -> None:
    """Every path of the tile at its start."""
    _clear(tile)
    members, rows = params.initial.members, constants.state
    random_inputs.draw_theta(tile.path, params.priors, draws)
    if members.shape[0] > 0:
        path_state.choose_members(tile.path, params.initial, draws)
        path_state.put_theta(tile, members, rows)
    start.start_paths(tile, params, constants)
    if members.shape[0] > 0:
        path_state.choose_members(tile.path, params.initial, draws)
        path_state.put_state(tile, members, rows, params.markets.group.shape[0], constants.materials)
    path_totals.start_totals(tile.out, constants.totals, tile.path, constants.thetas)


@compiled_loop
def simulate_tiles(tile: Any, params: Any, constants: Any, outputs: Any, draws: Any, span: Any) -> None:
    """Tiles of as many paths as the outputs have room for, in the weeks of a span; the last may be part full."""
    count, kept = outputs.outcomes.shape[1], outputs.series.shape[2]
    weeks, codes, totals = params.schedule.regime.shape[0], outputs.codes, constants.totals
    group = codes.shape[0] // outputs.total.size - int(PAD)
    for done in range(0, count, int(L)):
        lane = done % group
        n, keep = min(count - done, int(L)), min(max(kept - done, 0), int(L))
        d = random_inputs.draws_of_tile(draws, done)
        if span.first == 0:
            _start_tile(tile, params, constants, d)
        else:
            _clear(tile)
            paused.carry(tile, constants.carried, outputs.paused, done // int(L), True)
        for t in range(span.first, span.stop):
            week.simulate_week(tile, params, constants, t, d)
            at = U(t) * U(codes.shape[0] // weeks) + U(lane)
            weekly_statistics.add_week(tile, constants, outputs, at, t, n)
            if keep > 0:
                weekly_statistics.gather_series(tile, constants, outputs, U(done), keep, t)
        if span.stop < weeks:
            paused.carry(tile, constants.carried, outputs.paused, done // int(L), False)
        else:
            path_totals.finish_totals(tile, totals, constants, params.sources, params.schedule.recycled[weeks - 1])
            path_totals.write_totals(tile.out, outputs.outcomes, totals.dated, U(done), n)
        if outputs.state.shape[0] > 0:
            path_state.copy_state(tile, constants.state, outputs.state, done, n)
        if constants.weighed:
            weekly_statistics.copy_row(tile.path, RATIO, outputs.log_ratio, U(done), n)
        if lane + int(L) == group or done + n == count:
            weekly_statistics.count_bins(codes, outputs.histogram, constants.bins.start, span, lane + n)
