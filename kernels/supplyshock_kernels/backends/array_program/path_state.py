"""The state of paths as one array, and from it: the rows of `supplyshock_kernels.params.path_state`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...model.uncertain_parameters import Theta
from ...ops import where
from ...params import Array
from .lift import concatenate
from .state import State


def copy_state(state: State, theta: Theta) -> Array:
    """(R, N) of the state after a week."""
    rows = [leaf.reshape(-1, leaf.shape[-1]) for leaf in _leaves((state, theta))]
    joined: Array = concatenate(rows)
    return joined


def put_state(rest: State, members: Array | None) -> State:
    """The state that members of an ensemble bring, and that of rest where they lack a value."""
    return rest if members is None else _merged(rest, members, 0)


def put_theta(drawn: Theta, members: Array | None) -> Theta:
    """Likewise of the uncertain parameters, the last rows of a member."""
    return drawn if members is None else _merged(drawn, members, len(members) - len(drawn))


def _leaves(record: Any) -> Iterator[Array]:
    if isinstance(record, tuple):
        for value in record:
            yield from _leaves(value)
    else:
        yield record


def _merged(record: Any, members: Array, first: int) -> Any:
    """The record with each leaf taken from the rows of members that follow ``first``, where they are numbers."""
    done = first

    def take(leaf: Array) -> Array:
        nonlocal done
        rows = leaf.reshape(-1, leaf.shape[-1])
        given = members[done : done + len(rows)]
        done += len(rows)
        merged: Array = where(given == given, given, rows).reshape(leaf.shape)
        return merged

    return _mapped(record, take)


def _mapped(record: Any, change: Callable[[Array], Array]) -> Any:
    if not isinstance(record, tuple):
        return change(record)
    values = [_mapped(value, change) for value in record]
    return type(record)(*values) if hasattr(record, "_fields") else tuple(values)
