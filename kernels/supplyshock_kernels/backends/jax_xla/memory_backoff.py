"""What to do when a device's memory is too small: wait for the others, and only then compute fewer paths at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any, TypeVar

import jax

from .devices import LEAST, narrow, width_of

T = TypeVar("T")


class Gate:
    """Calls pass together, or one alone."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Beside other calls; waits while one is alone."""
        with self._changed:
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Waits until no other call is inside, and keeps them out."""
        with self._changed:
            self._changed.wait_for(lambda: self._inside == 0)
            yield


_gate = Gate()


def run_within_memory(device: Any, precision: str, run: Callable[[int], T]) -> T:
    """The result of ``run(width)``, whole, at the widest that fits.

    Out of memory beside other calls, it is tried again alone at the same width: the paths keep their bits. What
    does not fit alone is tried at half the width, which may change last bits, and so is all that follows in this
    process (`width_of` tells). Raises what JAX raises when even the least width does not fit.
    """
    try:
        with _gate.together():
            return run(width_of(device, precision))
    except jax.errors.JaxRuntimeError as error:
        if not is_out_of_memory(error):
            raise
    with _gate.alone():
        while True:
            width = width_of(device, precision)
            try:
                return run(width)
            except jax.errors.JaxRuntimeError as error:
                if not is_out_of_memory(error) or width <= LEAST:
                    raise
            narrow(device, precision, width // 2)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device ran out of memory."""
    return "RESOURCE_EXHAUSTED" in str(error)
