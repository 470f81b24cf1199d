"""What a scenario changes, path by path."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from supplyshock_kernels.params import DEAL, ESCALATION, RIFT

from ..path_values import Array
from ..risk_measures import Paired, cvar_influence, paired
from .losses import TAIL
from .rows import Row
from .totals import Totals

REGIME_ENDS = {"ends in a deal": (DEAL,), "ends in escalation or rift": (ESCALATION, RIFT)}


def differences_rows(base: Totals, other: Totals) -> Iterator[Row]:
    """``other - base`` of losses, their worst 5 %, compute and how the run ends, and the gain of pairing."""
    name, w = f"{other.scenario} - {base.scenario}", (base.weight, other.weight)
    for item, a in base.money.items():
        b = other.money[item]
        yield from _rows(name, item, paired(a, b, *w), "bn USD")
        if "lost" in item:
            tail = paired(cvar_influence(a, TAIL, w[0]), cvar_influence(b, TAIL, w[1]), *w)
            yield from _rows(name, f"{item}, worst 5 %", tail, "bn USD")
    yield from _rows(name, "China: compute delivered", paired(base.compute, other.compute, *w), "% points", 100)
    for item, regimes in REGIME_ENDS.items():
        d = paired(_hits(base.regime_end, regimes), _hits(other.regime_end, regimes), *w)
        yield from _rows(name, item, d, "% points", 100)


def _hits(regime: Array, regimes: tuple[int, ...]) -> Array:
    return np.isin(regime, regimes).astype(np.float32)


def _rows(name: str, item: str, d: Paired, unit: str, scale: float = 1.0) -> Iterator[Row]:
    yield Row("differences", name, item, "difference", d.value * scale, d.se * scale, unit, item)
    yield Row("differences", name, item, "unpaired se / paired se", d.gain, float("nan"), "times", item)
