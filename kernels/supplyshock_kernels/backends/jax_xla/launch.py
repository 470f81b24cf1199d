"""Compiling the program, and running a range of paths through it.

A path must not depend on its company, but XLA rounds the same expression otherwise
when it is fused with other neighbours, and what it fuses depends on shapes, on what
is asked for, and on how a program is spread over devices. So there is one program
for a kind of device: one width, one number of lanes with series, one device. A range
is cut to fit it, and several devices each run that program on their own stretches.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import jax
import numpy as np

from ...params import Grid
from .. import cachedir
from .devices import LEAST, in_turn, width_of
from .program import Part, Shape, simulate_part
from .static import Structure, join

SERIES_LANES = 1024
"""Most paths of a device's call whose series are returned."""


def parts(
    structure: Structure, numbers: Any, grid: Grid, key: Any, paths: range, kept: int, devices: tuple[Any, ...]
) -> Iterator[tuple[Part, int]]:
    """The results of consecutive stretches of the range as NumPy arrays, with the paths each holds.

    Of a stretch that begins before ``kept``, all paths have series. A program too large for a device's
    memory is tried again at half the width, which may change the last bits of a path.
    """
    keep_cache()
    width, done, devices = width_of(devices[0], grid.precision), 0, in_turn(devices)
    while done < len(paths):
        shape = Shape(width, min(width, SERIES_LANES), grid.precision, grid.normals == "inverse")
        cuts = list(islice(stretches(done, len(paths), kept, shape), len(devices)))
        try:
            under_way = [
                start(structure, numbers, shape, key, paths.start + a, n, device)
                for (a, n), device in zip(cuts, devices, strict=False)
            ]
            found = [fetch(part, series=a < kept) for (a, _), part in zip(cuts, under_way, strict=True)]
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error) or width <= LEAST:
                raise
            width //= 2
            continue
        for part, (_, n) in zip(found, cuts, strict=True):
            yield part, n
            done += n


def stretches(done: int, paths: int, kept: int, shape: Shape) -> Iterator[tuple[int, int]]:
    """(first, number) of the stretches from ``done`` on: shorter while series are wanted of every path."""
    while done < paths:
        n = min(paths - done, shape.kept if done < kept else shape.width)
        yield done, n
        done += n


def start(structure: Structure, numbers: Any, shape: Shape, key: Any, first: int, count: int, device: Any) -> Part:
    """Hand one call of the compiled program to a device, without waiting for it."""
    with jax.enable_x64(True), jax.default_device(device):
        at = jax.device_put((np.uint64(first), np.uint64(count)), device)
        return _call(structure, shape, numbers, key, *at)


def fetch(part: Part, *, series: bool) -> Part:
    """Bring a part to the host, with no series unless wanted: they are most of its bytes."""
    none = np.empty((*part.series.shape[:2], 0), np.float32)
    return Part(*jax.device_get(part if series else part._replace(series=none)))


@partial(jax.jit, static_argnums=(0, 1))
def _call(structure: Structure, shape: Shape, numbers: Any, key: Any, first: Any, count: Any) -> Part:
    return simulate_part(join(structure, numbers), shape, key, first, count)


def keep_cache() -> None:
    """Keep compiled programs between processes, unless the user has chosen where."""
    chosen: Any = getattr(jax.config, "jax_compilation_cache_dir", None)
    if chosen is None:
        jax.config.update("jax_compilation_cache_dir", str(cachedir.parent() / "jax"))
