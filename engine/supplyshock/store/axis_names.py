"""Long names of the axes of a store."""

from __future__ import annotations

AXIS_NAMES = {
    "scenario": "scenario",
    "pair": "difference of two scenarios on the same path",
    "time": "first day of the week; values are those of the week that begins on it",
    "quantile": "probability of the quantile, over all paths",
    "market": "market: an element or a chip segment",
    "chip": "chip segment",
    "bloc": "bloc: China or the rest of the world",
    "party": "party: China or the United States",
    "economy": "economy outside China and the United States",
    "sector": "industrial sector",
    "list": "control list",
    "regime": "regime of the negotiation",
    "kind": "kind of action",
    "parameter": "uncertain parameter",
    "quantity": "weekly quantity",
    "source": "source of supply",
    "option": "option of the firm; the first is its book as it is",
    "input": "input",
    "line": "line of the firm, which stops when an input is missing",
}
