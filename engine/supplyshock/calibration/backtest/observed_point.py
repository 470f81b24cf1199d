"""An observed point: measure, time and source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ObservedPoint:
    """One observed number, or a bound that is known of it."""

    episode: str
    scenario: str
    """Shipped name, or name of a config file, of the simulation it belongs to."""
    target: str
    """T1 to T7 where parameters may be fitted to it (docs/model.md), else empty."""
    measure: str
    market: str
    """As written: a market, a weighted sum such as ``La*.5 Ce*.5``, a regime, or empty."""
    bloc: str
    """A bloc or a party, or empty."""
    first: date
    end: date
    """First day after it."""
    value: float | None
    """None if all that is known is a bound."""
    low: float | None
    """Band of a target, or a bound."""
    high: float | None
    unit: str
    mark: str
    source: str
    note: str
    where: str
    """file:line"""

    @property
    def weights(self) -> tuple[tuple[str, float], ...]:
        """Markets and their weights."""
        parts = (part.partition("*") for part in self.market.split())
        return tuple((name, float(weight or 1.0)) for name, _, weight in parts)

    @property
    def short_market(self) -> str:
        """A market, or ``La, Ce, Pr, Nd`` for a sum; ``all chips`` for a sum over many."""
        names = [name for name, _ in self.weights]
        return ", ".join(names) if len(names) < 5 else "all chips"
