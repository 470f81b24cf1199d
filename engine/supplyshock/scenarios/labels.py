"""Names of the axes of a scenario, in the order of its arrays."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.params import ACTION_KINDS, BLOCS, ECONOMIES, PARTIES, REGIMES

from .display_names import DisplayNames


@dataclass(frozen=True)
class Labels:
    """One tuple of names per axis."""

    market: tuple[str, ...]
    chip: tuple[str, ...]
    """The last markets."""
    source: tuple[str, ...]
    sector: tuple[str, ...]
    list: tuple[str, ...]
    """Control lists."""
    bloc: tuple[str, ...] = BLOCS
    party: tuple[str, ...] = PARTIES
    economy: tuple[str, ...] = ECONOMIES
    regime: tuple[str, ...] = REGIMES
    kind: tuple[str, ...] = ACTION_KINDS
    parameter: tuple[str, ...] = NAMES
    """Uncertain parameters."""
    names: DisplayNames = field(default=DisplayNames(), repr=False, compare=False)
    """The names that people read in place of ids; no number depends on them."""

    def of(self, axis: str) -> tuple[str, ...]:
        """Names along `axis`. Raises `KeyError` for an axis without names, such as ``time``."""
        axes = [f.name for f in fields(self) if f.name != "names"]
        if axis not in axes:
            raise KeyError(f"no labels for the axis {axis!r}; axes: {', '.join(axes)}")
        names: tuple[str, ...] = getattr(self, axis)
        return names
