"""What of the parameters the compiler must know, and what it may not.

Indices and switches decide the structure of the program (`params.Field.is_structural`): they are compiled
in, and two scenarios that share them share one compilation. All else is traced.
"""

from __future__ import annotations

from typing import Any, get_type_hints

import numpy as np

from ...params import FIELDS, Array, Params


class Structure:
    """The structural arrays of parameters by (group, name), compared and hashed by their values."""

    def __init__(self, arrays: dict[tuple[str, str], Array]) -> None:
        self.arrays = arrays
        self._key = tuple((name, a.shape, a.tobytes()) for name, a in sorted(arrays.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Structure) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def split(params: Params) -> tuple[Structure, dict[str, dict[str, Any]]]:
    """(structure, numbers by group and name)."""
    fixed: dict[tuple[str, str], Array] = {}
    traced: dict[str, dict[str, Any]] = {}
    for group, part in params._asdict().items():
        for name, value in part._asdict().items():
            if FIELDS[f"{group}.{name}"].is_structural:
                fixed[group, name] = np.asarray(value)
            else:
                traced.setdefault(group, {})[name] = value
    return Structure(fixed), traced


def join(structure: Structure, traced: dict[str, dict[str, Any]]) -> Params:
    """The parameters again."""
    groups = {}
    for group, kind in get_type_hints(Params).items():
        fixed = {name: a for (g, name), a in structure.arrays.items() if g == group}
        groups[group] = kind(**(traced.get(group, {}) | fixed))
    return Params(**groups)
