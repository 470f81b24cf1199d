"""Firms to test with: their parameters from a few keywords, made-up markets, and a second simulation of a firm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from supplyshock_kernels.firm_outputs import FIRM_OUTCOMES
from supplyshock_kernels.params import Array
from supplyshock_kernels.params.firm import Firm, Lines, Options, Supplies


def firm(weeks: int = 52, inputs: int = 1, options: int = 1, **changes: Any) -> Firm:
    """A firm of one line that needs every input, holds nothing, and buys all of it at the quote."""

    def of(name: str, shape: tuple[int, ...], default: float, kind: Any = float) -> Array:
        return np.broadcast_to(np.asarray(changes.pop(name, default), kind), shape).copy()

    supplies = Supplies(
        market=np.arange(inputs),
        power=of("power", (inputs,), 1),
        most=of("most", (inputs,), 1000),
        contract=of("contract", (inputs,), 0),
        reset=of("reset", (inputs,), 13, int),
        fixed=of("fixed", (inputs,), 1),
        fixed_until=of("fixed_until", (inputs,), 0, int),
        second=of("second", (inputs,), 0),
        premium=of("premium", (inputs,), 0),
        second_from=of("second_from", (inputs,), 0, int),
    )
    start = of("start", (options, inputs), 0)
    of_weeks = (options, inputs, weeks)
    chosen = Options(
        supply=np.broadcast_to(np.arange(inputs), (options, inputs)).copy(),
        start=start,
        at_once=of("at_once", (options, inputs), 0),
        need=of("need", of_weeks, 1),
        target=np.broadcast_to(changes.pop("target", start[:, :, None]), of_weeks).astype(float),
        buy=of("buy", of_weeks, 0),
        close=of("close", (options, inputs), 0.25),
        once=of("once", (options,), 0),
    )
    count = np.atleast_1d(changes.get("value", 1.0)).shape[-1]
    lines = Lines(
        share=of("share", (options, count, inputs), 1),
        value=of("value", (options, count), 1e6),
        minimum=of("minimum", (options, count), 0.2),
        restart=of("restart", (options, count), 0),
    )
    made = Firm(supplies, chosen, lines, of("bill", (inputs,), 1e4), start[0].copy(), of("holding", (1,), 0))
    assert not changes, changes
    return made


def markets(n: int, weeks: int = 52, inputs: int = 1, seed: int = 1) -> Array:
    """(3 M, T, n) quotes, paid prices and shortages that come and go."""
    rng = np.random.default_rng(seed)
    quote, paid = (np.exp(0.1 * rng.normal(size=(2, inputs, weeks, n)).cumsum(2))).astype(np.float32)
    short = np.clip(0.3 * rng.normal(size=(inputs, weeks, n)).cumsum(1) - 0.4, 0, 1).astype(np.float32)
    return np.stack([quote, paid, short], 1).reshape(3 * inputs, weeks, n)


def one_path(f: Firm, o: int, series: Array) -> dict[str, Any]:
    """Option `o` on one path, week by week in plain Python: series (3 M, T)."""
    inputs, weeks = len(f.bill), series.shape[1]
    lines = Lines(*(x[o] for x in f.lines))
    stock, wait = [float(x) for x in f.options.start[o]], [0.0] * len(lines.value)
    bought, used = [0.0] * inputs, [0.0] * inputs
    lost = holding = 0.0
    first, standing, binding = math.nan, 0, math.nan
    extra = sum(
        f.options.at_once[o, i] * f.bill[i] * (series[3 * f.supplies.market[f.options.supply[o, i]], 0] - 1)
        for i in range(inputs)
    )
    agreed = [float(f.supplies.fixed[k]) for k in f.options.supply[o]]
    for t in range(weeks):
        have, cover, quotes = [0.0] * inputs, [0.0] * inputs, [0.0] * inputs
        for i in range(inputs):
            s, k = f.supplies, f.options.supply[o, i]
            quote, paid, short = (float(x) for x in series[3 * s.market[k] : 3 * s.market[k] + 3, t])
            if t >= s.fixed_until[k] and (t - s.fixed_until[k]) % s.reset[k] == 0:
                agreed[i] = paid
            met = 1 - short
            fill = min(met ** float(s.power[k]) if met > 0 else 0.0, met * float(s.most[k]), 1.0)
            second = float(s.second[k]) if t >= s.second_from[k] else 0.0
            need, gap = f.options.need[o, i, t], (f.options.target[o, i, t] - stock[i]) * f.options.close[o, i]
            for_use = max(min(need + gap, need), 0.0)
            for_stock = (max(gap, 0.0) + f.options.buy[o, i, t]) * max(0.0, 1 - 100 * short)
            regular, other = for_use * (1 - second) * fill, for_use * second
            blend = s.contract[k] * agreed[i] + (1 - s.contract[k]) * quote
            costs = regular * (blend - 1) + other * (quote * (1 + s.premium[k]) - 1) + for_stock * (quote - 1)
            extra += f.bill[i] * costs
            bought[i] += regular + other + for_stock
            have[i], quotes[i] = stock[i] + regular + other + for_stock, quote
            cover[i] = min(have[i] / need, 1.0)
        rates = []
        for k in range(len(lines.value)):
            needed = [i for i in range(inputs) if lines.share[k, i] > 0]
            tightest = min(needed, key=lambda i: cover[i])
            least = cover[tightest]
            rate = 0.0 if least < lines.minimum[k] else least * (1 - min(wait[k], 1))
            wait[k] = float(lines.restart[k]) if least < lines.minimum[k] else max(wait[k] - 1, 0)
            if math.isnan(binding) and least < 1:
                binding = tightest
            lost += lines.value[k] * (1 - rate)
            rates.append(rate)
        if min(rates) <= 0:
            standing += 1
            first = t if math.isnan(first) else first
        for i in range(inputs):
            draw = f.options.need[o, i, t] * sum(lines.share[k, i] * r for k, r in enumerate(rates))
            stock[i] = have[i] - draw
            used[i] += draw
            holding += f.holding[0] * f.bill[i] * stock[i] * quotes[i]
    gain = 0.0
    for i in range(inputs):
        at_first = float(series[3 * f.supplies.market[f.options.supply[o, i]], 0])
        price = quotes[i] if stock[i] <= f.book[i] else min(quotes[i], at_first)
        gain += f.bill[i] * (stock[i] - f.book[i]) * (price - 1)
    total = lost + extra + holding + f.options.once[o] - gain
    values = (first, standing, lost, extra, holding, gain, total, binding)
    names = [row.name for row in FIRM_OUTCOMES]
    return dict(zip(names, values, strict=True)) | {"bought": bought, "used": used, "left": stock}


TINY_BOOK = """
inputs: [{market: Dy, use: 3 t/year, stock: 1 week}]
holding_cost: 12 %/year
lines: [{title: Motors, needs: [Dy], value_added: 1 M USD/year}]
options: [{sweep: Dy.stock, values: [0, 2]}]
"""
"""For the tiny world of `synthetic`."""
