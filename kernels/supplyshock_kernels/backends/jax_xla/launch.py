"""Compiling the program, and running a range of paths through it in widths that fit the devices."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import PartitionSpec

from ...params import Grid
from .. import cachedir
from .devices import WIDTHS, most_paths, width_for
from .program import Part, Shape, simulate_part
from .static import Structure, join

PATHS = "paths"


def parts(
    structure: Structure, numbers: Any, grid: Grid, key: Any, paths: range, kept: int, devices: tuple[Any, ...]
) -> Iterator[tuple[Part, int]]:
    """The results of consecutive stretches of the range as NumPy arrays, with the paths each holds.

    A stretch too large for the devices' memory is tried again at half the width.
    """
    keep_cache()
    most, done = most_paths(devices[0], grid.precision), 0
    while done < len(paths):
        n = min(len(paths) - done, most * len(devices))
        width = width_for(-(-n // len(devices)), most)
        keep = width_for(min(max(kept - done, 0), n), width) if kept > done else 0
        shape = Shape(width, min(keep, width), grid.precision, grid.normals == "inverse")
        try:
            part = run(structure, numbers, shape, key, paths.start + done, n, devices)
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error) or most == WIDTHS[0]:
                raise
            most //= 2
            continue
        yield part, n
        done += n


def run(
    structure: Structure, numbers: Any, shape: Shape, key: Any, first: int, count: int, devices: tuple[Any, ...]
) -> Part:
    """One call of the compiled program, brought back to the host."""
    with jax.enable_x64(True), jax.default_device(devices[0]):
        part = compiled(structure, shape, devices)(numbers, key, np.uint64(first), np.uint64(count))
        return Part(*jax.device_get(part))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _call(structure: Structure, shape: Shape, devices: tuple[Any, ...], *arguments: Any) -> Part:
    return spread(structure, shape, devices)(*arguments)


def compiled(structure: Structure, shape: Shape, devices: tuple[Any, ...]) -> Any:
    """The program as a function of (numbers, key, first path, paths)."""
    return partial(_call, structure, shape, devices)


def spread(structure: Structure, shape: Shape, devices: tuple[Any, ...]) -> Any:
    """The program over all devices: each takes ``shape.width`` consecutive paths, sums are added up."""

    def on_one(numbers: Any, key: Any, first: Any, count: Any) -> Part:
        return simulate_part(join(structure, numbers), shape, key, first, count)

    if len(devices) == 1:
        return on_one

    def on_each(numbers: Any, key: Any, first: Any, count: Any) -> Part:
        before = jax.lax.axis_index(PATHS).astype(np.uint64) * np.uint64(shape.width)
        left = jax.numpy.where(count > before, count - before, np.uint64(0))
        part = on_one(numbers, key, first + before, left)
        return Part(part.outcomes, part.series, *(jax.lax.psum(x.astype(np.int64), PATHS) for x in part[2:]))

    whole, rows = (
        PartitionSpec(),
        Part(PartitionSpec(None, PATHS), PartitionSpec(None, None, PATHS), *[PartitionSpec()] * 4),
    )
    mesh = jax.make_mesh((len(devices),), (PATHS,), devices=devices)
    return jax.shard_map(on_each, mesh=mesh, in_specs=(whole, whole, whole, whole), out_specs=rows, check_vma=False)


def keep_cache() -> None:
    """Keep compiled programs between processes, unless the user has chosen where."""
    if jax.config.jax_compilation_cache_dir is None and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(cachedir.parent() / "jax"))
