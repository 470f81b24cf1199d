"""Declares the axes, units and range of each parameter, beside its field.

An array is annotated ``Annotated[Array, axes("time", "market")]``. Stores, replays and gradients read the
declarations through `params.FIELDS`, so that a new array is declared here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from ..model.uncertain_parameters import NAMES
from .constants import BLOCS, ECONOMIES, PARTIES, QUARTERS, REGIMES

Array = npt.NDArray[Any]

AXIS_LABELS: dict[str, tuple[str, ...]] = {
    "origin": BLOCS,
    "to_regime": REGIMES,
    "input": ("material", "chip"),
    "law": ("a", "b"),
    "end": ("lower", "upper"),
    "expiry": ("roll", "deal", "lapse", "talks"),
    "clock": ("short", "long"),
    "quarter": tuple(str(q + 1) for q in range(QUARTERS)),
}
"""Labels of the axes that only parameters have."""

FIXED_SIZES = {
    "bloc": len(BLOCS),
    "party": len(PARTIES),
    "economy": len(ECONOMIES),
    "regime": len(REGIMES),
    "parameter": len(NAMES),
    "group": 4,
    **{axis: len(labels) for axis, labels in AXIS_LABELS.items()},
}
"""Lengths that no data set changes."""

SIZED_BY = {
    "market": ("markets.group", 0),
    "recipe": ("recipes.product", 0),
    "source": ("sources.bloc", 0),
    "sector": ("sectors.gated", 0),
    "list": ("policy.list_party", 0),
    "time": ("schedule.regime", 0),
    "member": ("initial.members", 0),
    "state": ("initial.members", 1),
}
"""The field, and which of its axes, whose length is the length of the axis."""


@dataclass(frozen=True)
class Field:
    """One number, or one array, of the parameters."""

    axes: tuple[str, ...] = ()
    units: str = "1"
    into: str = ""
    """A whole number (int64): an index into this axis."""
    or_none: bool = False
    """The index may also be one past the end: none of them."""
    traced: bool = False
    """An index that is data; other indices decide the structure of a compiled program."""
    switch: bool = False
    """1 or 0, and decides the structure of a compiled program."""
    smooth: bool = True
    """A derivative exists; see `has_gradient`."""
    neutral: float | None = None
    """The value that changes nothing, for dated inputs."""
    may_lack: bool = False
    """NaN stands for a value that is not given."""

    @property
    def is_structural(self) -> bool:
        """Whether a compiled program depends on the values."""
        return self.switch or bool(self.into and not self.traced)

    @property
    def has_gradient(self) -> bool:
        """Whether outcomes have a derivative with respect to it."""
        return self.smooth and not self.switch and not self.into

    def index_range(self, size: dict[str, int]) -> tuple[int, int]:
        """First and last value of an index, given the lengths of the axes."""
        low = -1 if self.neutral == -1 else 0
        return low, size[self.into] - 1 + self.or_none


def axes(*names: str, **more: Any) -> Field:
    """The declaration of a field: its axes, and what `Field` says besides. Raises TypeError for an unknown axis."""
    for name in filter(None, (*names, more.get("into", ""))):
        if name not in FIXED_SIZES and name not in SIZED_BY:
            raise TypeError(f"{name!r} is not an axis of the parameters; known: {', '.join((*FIXED_SIZES, *SIZED_BY))}")
    return Field(names, **more)


def declared_fields(params: type) -> dict[str, Field]:
    """The declarations of all fields by ``group.field``. Raises TypeError for an array without axes."""
    return {
        f"{group}.{name}": _declared(f"{group}.{name}", annotation)
        for group, kind in get_type_hints(params).items()
        for name, annotation in get_type_hints(kind, include_extras=True).items()
    }


def _declared(key: str, annotation: Any) -> Field:
    fields = [x for x in get_args(annotation) if isinstance(x, Field)]
    if fields:
        return _checked(key, fields[0])
    if annotation is Any:
        return Field()
    raise TypeError(f'{key}: an array without axes; declare it as Annotated[Array, axes("time", "market")]')


def _checked(key: str, field: Field) -> Field:
    if key.startswith("schedule.") and (field.axes[:1] != ("time",) or field.neutral is None):
        raise TypeError(f'{key}: a dated input has "time" as its first axis and a `neutral` value')
    return field


def all_values(params: Any) -> Iterator[tuple[str, Array]]:
    """Every field by ``group.field``, as an array."""
    for group, fields in params._asdict().items():
        for name, value in fields._asdict().items():
            yield f"{group}.{name}", np.asarray(value)
