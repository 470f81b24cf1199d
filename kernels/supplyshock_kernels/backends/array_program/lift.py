"""Array functions that NumPy and JAX share, and sums whose order is written down.

A sum over markets or sources is taken row by row: a matrix product or a tree
would round a path differently in different company.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import add
from typing import Any, TypeVar

from ...ops import space
from ...params import Array

Record = TypeVar("Record")

HOLDERS: dict[Any, Callable[[Any], Any]] = {}
"""What keeps a record as it is, by array library, of those that would compute it again for each of its readers."""


def once(record: Record) -> Record:
    """A tuple of arrays, or of such tuples, each computed once."""
    leaf: Any = record
    while isinstance(leaf, tuple):
        leaf = leaf[0]
    hold = HOLDERS.get(space(leaf))
    return hold(record) if hold else record


def column(a: Any) -> Any:
    """A per-entity array beside arrays of paths."""
    return a[..., None]


def stack(parts: Sequence[Any], axis: int = 0) -> Array:
    """Arrays of one shape along a new axis."""
    whole: Array = space(*parts).stack(parts, axis)
    return whole


def concatenate(parts: Sequence[Any]) -> Array:
    """Arrays one after the other along their first axis."""
    whole: Array = space(*parts).concatenate(parts)
    return whole


def added(rows: Iterable[Any]) -> Any:
    """The sum of the rows, in their order."""
    return reduce(add, rows)


def weighted(weights: Array, rows: Array) -> Array:
    """Sum over j of ``weights[j] rows[j]``, in the order of j. Weights are (J,) or (J, M), rows (J, N)."""
    total: Array = space(rows).zeros((*weights.shape[1:], rows.shape[-1]), rows.dtype)
    for w, row in zip(weights, rows, strict=True):
        total = total + column(w) * row
    return total
