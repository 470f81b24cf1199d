"""Compiling the program, and running a range of paths through it.

A path must not depend on its company, but XLA rounds the same expression otherwise
when it is fused with other neighbours, and what it fuses depends on shapes, on what
is asked for, and on how a program is spread over devices. So there is one program
for a kind of device: one width, one number of lanes with series, one device. A range
is cut to fit it; several devices each run that program on ranges of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...outputs import MAX_BLOCK
from ...params import Grid
from ...path_numbers import Paths, number_paths
from .program import Part, Shape, Sums, no_sums, simulate_part
from .program_cache import keep_programs
from .static import Structure, join

SERIES_LANES = 1024
"""Most paths of a program whose series are returned."""


class Program(NamedTuple):
    """A compiled program on a device, and what all its calls read."""

    structure: Structure
    numbers: Any
    shape: Shape
    key: Any
    device: Any
    other: Any = None
    """`likelihood.OtherPolicy` that paths are weighed against."""
    rows: tuple[int, ...] | None = None
    """Rows of the series that leave the device; None: all. The program computes all, so its bits stay the same."""


Take = Callable[[int, int, Part], None]
"""Gets (place in the call, number of paths, their results as NumPy arrays)."""


def shape_of(grid: Grid, width: int) -> Shape:
    """The shape of the program of a width."""
    return Shape(
        width=width,
        kept=min(width, SERIES_LANES),
        precision=grid.precision,
        inverse=grid.normals == "inverse",
        state=grid.state,
    )


def run(program: Program, paths: Paths, kept: int, take: Take) -> Sums:
    """The statistics of the paths, whose results go to ``take`` stretch by stretch.

    The device computes a stretch while the one before it is copied. Statistics are added up on the device and
    cross the bus once. Paths of a stretch that begins before ``kept`` have series.
    """
    keep_programs()
    with jax.enable_x64(True), jax.default_device(program.device):
        sums, before = empty(program), None
        for first, n in stretches(len(paths), kept, program.shape):
            part, sums = start(program, Stretch(paths[first : first + n], first), sums)
            part = sent(part, program.rows, series=first < kept)
            if before:
                take(*before[:2], jax.device_get(before[2]))
            before = first, n, part
        if before:
            take(*before[:2], jax.device_get(before[2]))
        packed = _packed(program.structure, program.numbers, sums, wide=len(paths) > MAX_BLOCK)
        on_host: Sums = jax.device_get(Sums(*map(pinned, packed)))
        return on_host


def stretches(paths: int, kept: int, shape: Shape) -> Iterator[tuple[int, int]]:
    """(first, number) of the stretches: shorter while every path returns its series."""
    done = 0
    while done < paths:
        n = min(paths - done, shape.kept if done < kept else shape.width)
        yield done, n
        done += n


def empty(program: Program) -> Sums:
    """Sums of no paths, bound to the device as those that a call returns: else the next call would compile again."""
    return Sums(*jax.device_put(tuple(_empty(program.structure, program.numbers)), program.device))


class Stretch(NamedTuple):
    """Paths that go through the program together."""

    paths: Paths
    place: int
    """Of the first of them within the call."""


def start(program: Program, stretch: Stretch, sums: Sums) -> tuple[Part, Sums]:
    """Hand one call of the compiled program to a device, without waiting for it; it adds to the sums in place."""
    paths, place = stretch
    numbers = number_paths(paths, program.shape.width)
    there = jax.device_put((numbers, np.int64(place), np.int64(len(paths))), program.device)
    return _call(program.structure, program.shape, program.numbers, program.key, there, sums, program.other)


def sent(part: Part, rows: tuple[int, ...] | None = None, *, series: bool) -> Part:
    """The part on its way to the host, without series unless asked for: they are most of its bytes."""
    if not series:
        part = part._replace(series=np.empty((*part.series.shape[:2], 0), np.float32))
    elif rows is not None:
        part = part._replace(series=part.series[:, np.array(rows, np.int64)])
    return Part(*map(pinned, part))


def pinned(array: Any) -> Any:
    """The array on its way to memory of the host that a GPU writes without help: 26 times as fast on an H100 node.

    On processor cores, and for what is on the host already, nothing is done.
    """
    if not isinstance(array, jax.Array) or next(iter(array.devices())).platform == "cpu":
        return array
    return jax.device_put(array, array.sharding.with_memory_kind("pinned_host"))


@partial(jax.jit, static_argnums=(0, 1), donate_argnames="sums")
def _call(
    structure: Structure, shape: Shape, numbers: Any, key: Any, stretch: Any, sums: Sums, other: Any
) -> tuple[Part, Sums]:
    return simulate_part(join(structure, numbers), shape, key, stretch, sums, other)


@partial(jax.jit, static_argnums=0)
def _empty(structure: Structure, numbers: Any) -> Sums:
    return no_sums(join(structure, numbers))


@partial(jax.jit, static_argnums=0, static_argnames="wide")
def _packed(structure: Structure, numbers: Any, sums: Sums, *, wide: bool) -> Sums:
    """The sums as they leave the device: (T, B) counts in 16 bits where the paths of a call allow it, else in 32."""
    counts = sums.histogram.reshape(join(structure, numbers).weeks, -1)
    return sums._replace(histogram=counts.astype(jnp.uint32 if wide else jnp.uint16))
