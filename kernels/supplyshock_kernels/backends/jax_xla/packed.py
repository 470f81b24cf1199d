"""Many small inputs as few arrays.

XLA makes one kernel of many steps only while its inputs and results are at most 96 arrays. The physics of a market has
about forty of each, and as many parameters, each an array of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def pack(record: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """(arrays of the same shape and type stacked, what makes the record of these again).

    Arrays of NumPy and those of a shape of their own stay as they are.
    """
    leaves, form = jax.tree.flatten(record)
    alike: dict[tuple[Any, Any], list[int]] = {}
    for place, leaf in enumerate(leaves):
        if isinstance(leaf, jax.Array):
            alike.setdefault((leaf.shape, leaf.dtype), []).append(place)
    groups = [places for places in alike.values() if len(places) > 1]

    def unpack(stacked: list[Any]) -> Any:
        whole = list(leaves)
        for places, rows in zip(groups, stacked, strict=True):
            for place, row in zip(places, rows, strict=True):
                whole[place] = row
        return jax.tree.unflatten(form, whole)

    return [jnp.stack([leaves[place] for place in places]) for places in groups], unpack
