"""Names of the axes of a scenario, in the order of its arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields

from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.params import ACTION_KINDS, BLOCS, PARTIES, REGIMES


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
    regime: tuple[str, ...] = REGIMES
    kind: tuple[str, ...] = ACTION_KINDS
    parameter: tuple[str, ...] = NAMES
    """Uncertain parameters."""

    def of(self, axis: str) -> tuple[str, ...]:
        """Names along `axis`. Raises `KeyError` for an axis without names, such as ``time``."""
        if axis not in (f.name for f in fields(self)):
            raise KeyError(f"no labels for the axis {axis!r}; axes: {', '.join(f.name for f in fields(self))}")
        names: tuple[str, ...] = getattr(self, axis)
        return names
