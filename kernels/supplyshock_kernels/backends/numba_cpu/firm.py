"""A firm on the weekly series of many paths: tiles of paths, all options of a tile before the next."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from ... import float32math as f32
from ...firm_outputs import (
    BINDING,
    DATED,
    EXTRA,
    FIRM_OUTCOMES,
    FIRST,
    GAIN,
    HOLDING,
    LOST,
    PER_INPUT,
    RATE_BINS,
    STOCK_BINS,
    TOTAL,
    WEEKS,
    FirmOutcomes,
)
from ...model import firm as physics
from ...numba_dialect import JIT
from ...ops import ONE, ZERO, maximum, minimum, where
from ...params import Array
from ...params.firm import Firm, stock_ends
from .compile_options import compiled_loop
from .layout import U

LANES = 128
"""Paths of a tile: prices and fill rates of all weeks stay in the cache while the options use them."""
_L = U(LANES)
_ROWS, _EACH = len(FIRM_OUTCOMES), len(PER_INPUT)
_NEVER = np.float32(-1)
_FULL = np.float32(RATE_BINS - 1)


class _Room(NamedTuple):
    """Memory of a tile; rows of LANES floats."""

    quote: Any
    """(M T)."""
    spare: Any
    """(M T) fill rate of orders for stocks."""
    fill: Any
    """(K T) fill rate of orders for use."""
    dearer: Any
    """(K T) what that costs above the base price."""
    agreed: Any
    """(1) price of a contract."""
    stock: Any
    """(I)."""
    have: Any
    """(I) stock and deliveries."""
    cover: Any
    """(I) of the week's need, at most 1."""
    drawn: Any
    """(I) share of the week's need that lines draw."""
    wait: Any
    """(L)."""
    line: Any
    """(4): least cover, its input, rate, and whether a line stands."""
    totals: Any
    """(R + 3 I)."""
    codes: Any
    """(1) int32 bins."""


class _Out(NamedTuple):
    outcomes: Any
    standing: Any
    stock: Any
    rate: Any
    finer: Any
    """(O, I) bins of a week of stock."""


def simulate_firm(firm: Firm, series: Array) -> FirmOutcomes:
    """A firm on n paths. `series` (3 M, T, n) float32: quote, paid price and share of use unmet of each market."""
    firm = _cast(firm)
    options, inputs, weeks = firm.options.need.shape
    lines, n = firm.lines.value.shape[1], series.shape[2]
    top = stock_ends(firm)
    out = _Out(
        outcomes=np.empty((options, _ROWS + _EACH * inputs, n), np.float32),
        standing=np.zeros((options, lines, weeks), np.int64),
        stock=np.zeros((options, inputs, weeks, STOCK_BINS), np.int64),
        rate=np.zeros((options, lines, weeks, RATE_BINS), np.int64),
        finer=(STOCK_BINS / top).astype(np.float32),
    )
    _simulate(firm, np.ascontiguousarray(series, np.float32), _new_room(firm, len(series) // 3, weeks), out)
    outcomes = out.outcomes
    for row in DATED:
        outcomes[:, row][outcomes[:, row] < 0] = np.nan
    return FirmOutcomes(outcomes, out.standing, out.stock, out.rate, top)


def _cast(firm: Firm) -> Firm:
    def convert(x: Any) -> Any:
        if isinstance(x, tuple):
            return type(x)(*map(convert, x))
        a = np.asarray(x)
        return np.ascontiguousarray(a, np.int64 if a.dtype.kind in "iu" else np.float32)

    cast: Firm = convert(firm)
    return cast


def _new_room(firm: Firm, markets: int, weeks: int) -> _Room:
    inputs, lines = len(firm.bill), firm.lines.value.shape[1]

    def rows(n: int) -> Array:
        return np.zeros(n * LANES, np.float32)

    return _Room(
        quote=rows(markets * weeks),
        spare=rows(markets * weeks),
        fill=rows(len(firm.supplies.market) * weeks),
        dearer=rows(len(firm.supplies.market) * weeks),
        agreed=rows(1),
        stock=rows(inputs),
        have=rows(inputs),
        cover=rows(inputs),
        drawn=rows(inputs),
        wait=rows(lines),
        line=rows(4),
        totals=rows(_ROWS + _EACH * inputs),
        codes=np.zeros(LANES, np.int32),
    )


@compiled_loop
def _simulate(firm: Any, series: Any, room: Any, out: Any) -> None:
    """Every tile; lanes beyond the last path compute on what they hold and are not read."""
    count = series.shape[2]
    for first in range(0, count, LANES):
        n = min(count - first, LANES)
        _read_markets(series, room, first, n)
        for k in range(firm.supplies.market.shape[0]):
            _price_supply(firm.supplies, k, series, room, first, n)
        for o in range(firm.options.start.shape[0]):
            _start(firm, o, room)
            for t in range(series.shape[1]):
                for i in range(firm.bill.shape[0]):
                    _buy(firm, o, i, t, room)
                _run_lines(firm, o, t, n, room, out)
                for i in range(firm.bill.shape[0]):
                    _draw(firm, o, i, t, n, room, out)
            _finish(firm, o, first, n, room, out)


@register_jitable(**JIT)
def _read_markets(series: Any, room: Any, first: Any, n: Any) -> None:
    """Quotes, and what is left for stocks."""
    weeks = series.shape[1]
    for m in range(series.shape[0] // 3):
        for t in range(weeks):
            to = U(m * weeks + t) * _L
            quote, short = series[3 * m, t], series[3 * m + 2, t]
            for l in range(n):
                room.quote[to + U(l)] = quote[first + l]
                room.spare[to + U(l)] = physics.stock_fill_rate(short[first + l])


@register_jitable(**JIT)
def _price_supply(supplies: Any, k: Any, series: Any, room: Any, first: Any, n: Any) -> None:
    """What of an order comes in each week, and what it costs above the base price."""
    weeks, m = series.shape[1], supplies.market[k]
    power, most, contract, premium = supplies.power[k], supplies.most[k], supplies.contract[k], supplies.premium[k]
    since = supplies.fixed_until[k]
    for l in range(n):
        room.agreed[l] = supplies.fixed[k]
    for t in range(weeks):
        to = U(k * weeks + t) * _L
        quote, paid, short = series[3 * m, t], series[3 * m + 1, t], series[3 * m + 2, t]
        second = supplies.second[k] if t >= supplies.second_from[k] else ZERO
        if t >= since and (t - since) % supplies.reset[k] == 0:
            for l in range(n):
                room.agreed[l] = paid[first + l]
        for l in range(n):
            fill = physics.fill_rate(short[first + l], power, most)
            room.fill[to + U(l)] = physics.delivered(fill, second)
            room.dearer[to + U(l)] = physics.dearer(fill, second, contract, room.agreed[l], quote[first + l], premium)


@register_jitable(**JIT)
def _start(firm: Any, o: Any, room: Any) -> None:
    """The first day: stocks are there, and what of them is new is paid at the first quote."""
    room.totals[:] = 0
    room.wait[:] = 0
    weeks = firm.options.need.shape[2]
    for l in range(_L):
        room.totals[U(FIRST) * _L + l] = _NEVER
        room.totals[U(BINDING) * _L + l] = _NEVER
    for i in range(firm.bill.shape[0]):
        start, bought = firm.options.start[o, i], firm.options.at_once[o, i] * firm.bill[i]
        at, quote = U(i) * _L, U(firm.supplies.market[firm.options.supply[o, i]] * weeks) * _L
        for l in range(_L):
            room.stock[at + l] = start
            room.totals[U(EXTRA) * _L + l] += bought * (room.quote[quote + l] - ONE)


@register_jitable(**JIT)
def _buy(firm: Any, o: Any, i: Any, t: Any, room: Any) -> None:
    """Deliveries of the week, and how far they and the stock cover the need."""
    options, k = firm.options, firm.options.supply[o, i]
    weeks = options.need.shape[2]
    need, target, extra = options.need[o, i, t], options.target[o, i, t], options.buy[o, i, t]
    close, bill = options.close[o, i], firm.bill[i]
    at = U(i) * _L
    supply, market = U(k * weeks + t) * _L, U(firm.supplies.market[k] * weeks + t) * _L
    cost, bought = U(EXTRA) * _L, U(_ROWS + _EACH * i) * _L
    for l in range(_L):
        gap = (target - room.stock[at + l]) * close
        used = physics.order_for_use(need, gap)
        stored = (maximum(gap, ZERO) + extra) * room.spare[market + l]
        got = used * room.fill[supply + l] + stored
        room.totals[cost + l] += bill * (used * room.dearer[supply + l] + stored * (room.quote[market + l] - ONE))
        room.totals[bought + l] += got
        have = room.stock[at + l] + got
        room.have[at + l] = have
        room.cover[at + l] = minimum(have / need, ONE)
        room.drawn[at + l] = ZERO


@register_jitable(**JIT)
def _run_lines(firm: Any, o: Any, t: Any, n: Any, room: Any, out: Any) -> None:
    """Every line at the least of its inputs, and what the firm loses by it."""
    lines, inputs = firm.lines, firm.bill.shape[0]
    least, which, rate, stands = U(0), _L, U(2) * _L, U(3) * _L
    for l in range(_L):
        room.line[stands + l] = ZERO
    for k in range(lines.value.shape[1]):
        value, low, restart, wait = lines.value[o, k], lines.minimum[o, k], lines.restart[o, k], U(k) * _L
        for l in range(_L):
            room.line[least + l] = ONE
            room.line[which + l] = _NEVER
        for i in range(inputs):
            if lines.share[o, k, i] > 0:
                at, number = U(i) * _L, np.float32(i)
                for l in range(_L):
                    tighter = room.cover[at + l] < room.line[least + l]
                    room.line[which + l] = where(tighter, number, room.line[which + l])
                    room.line[least + l] = minimum(room.cover[at + l], room.line[least + l])
        for l in range(_L):
            x, w = room.line[least + l], room.wait[wait + l]
            r = physics.rate(x, w, low)
            room.line[rate + l] = r
            room.wait[wait + l] = physics.wait_on(x, w, low, restart)
            room.totals[U(LOST) * _L + l] += value * (ONE - r)
            room.line[stands + l] = where(r > ZERO, room.line[stands + l], ONE)
            known = room.totals[U(BINDING) * _L + l]
            room.totals[U(BINDING) * _L + l] = where(known < ZERO, room.line[which + l], known)
        for i in range(inputs):
            share, at = lines.share[o, k, i], U(i) * _L
            if share > 0:
                for l in range(_L):
                    room.drawn[at + l] += share * room.line[rate + l]
        out.standing[o, k, t] += _count_standing(room.line, rate, n)
        _count(room.line, rate, _FULL, out.rate[o, k, t], room.codes, n)
    now = np.float32(t)
    for l in range(_L):
        stopped, since = room.line[stands + l], room.totals[U(FIRST) * _L + l]
        room.totals[U(WEEKS) * _L + l] += stopped
        never = where(since < ZERO, ONE, ZERO)
        room.totals[U(FIRST) * _L + l] = since + never * stopped * (now + ONE)


@register_jitable(**JIT)
def _count(a: Any, at: Any, finer: Any, counts: Any, codes: Any, n: Any) -> None:
    """Count the first n lanes of a row by bin; those of a quiet week, which share one, at once."""
    last = np.int32(counts.shape[0] - 1)
    low, high = last, np.int32(0)
    for l in range(U(n)):
        b = minimum(f32.to_int(a[at + l] * finer), last)
        codes[l] = b
        low, high = minimum(low, b), maximum(high, b)
    if low == high:
        counts[low] += n
        return
    for l in range(U(n)):
        counts[codes[l]] += 1


@register_jitable(**JIT)
def _count_standing(line: Any, at: Any, n: Any) -> Any:
    """Of the first n lanes, how many stand."""
    standing = np.int32(0)
    for l in range(U(n)):
        standing += np.int32(line[at + l] <= ZERO)
    return standing


@register_jitable(**JIT)
def _draw(firm: Any, o: Any, i: Any, t: Any, n: Any, room: Any, out: Any) -> None:
    """What lines draw leaves the stock, which is counted and costs."""
    need, weeks = firm.options.need[o, i, t], firm.options.need.shape[2]
    at, used = U(i) * _L, U(_ROWS + _EACH * i + 1) * _L
    market = U(firm.supplies.market[firm.options.supply[o, i]] * weeks + t) * _L
    hold, holding = U(HOLDING) * _L, firm.bill[i] * firm.holding[0]
    for l in range(_L):
        drawn = minimum(need * room.drawn[at + l], room.have[at + l])
        left = room.have[at + l] - drawn
        room.totals[used + l] += drawn
        room.totals[hold + l] += holding * left * room.quote[market + l]
        room.stock[at + l] = left
    _count(room.stock, at, out.finer[o, i], out.stock[o, i, t], room.codes, n)


@register_jitable(**JIT)
def _finish(firm: Any, o: Any, first: Any, n: Any, room: Any, out: Any) -> None:
    """What the stocks grew by counts; then the totals leave the tile."""
    weeks, totals = firm.options.need.shape[2], room.totals
    for i in range(firm.bill.shape[0]):
        at, left = U(i) * _L, U(_ROWS + _EACH * i + 2) * _L
        quote = U(firm.supplies.market[firm.options.supply[o, i]] * weeks) * _L
        last = quote + U(weeks - 1) * _L
        bill, book = firm.bill[i], firm.book[i]
        for l in range(_L):
            totals[left + l] = room.stock[at + l]
            growth = room.stock[at + l] - book
            totals[U(GAIN) * _L + l] += bill * physics.stock_gain(growth, room.quote[quote + l], room.quote[last + l])
    once = firm.options.once[o]
    for l in range(_L):
        cost = totals[U(LOST) * _L + l] + totals[U(EXTRA) * _L + l] + totals[U(HOLDING) * _L + l]
        totals[U(TOTAL) * _L + l] = cost + once - totals[U(GAIN) * _L + l]
    for r in range(out.outcomes.shape[1]):
        row, at = out.outcomes[o, r], U(r) * _L
        for l in range(n):
            row[first + l] = totals[at + U(l)]
