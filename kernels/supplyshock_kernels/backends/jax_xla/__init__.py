"""The model on GPU, TPU or CPU by JAX: the array program, traced once and compiled by XLA."""

from __future__ import annotations

from ..spec import BackendSpec, Devices, Simulate
from .call_size import MAX_CALL


def _load() -> Simulate:
    from .simulate import simulate

    return simulate


def _find_devices(kind: str) -> Devices:
    from . import devices

    return Devices(devices.name(kind), len(devices.find(kind)))


def _width(kind: str, precision: str) -> int:
    from . import devices

    return devices.width_of(devices.find(kind)[0], precision)


SPEC = BackendSpec(
    name="jax",
    load=_load,
    device_kinds=("cpu", "gpu", "tpu"),
    find_devices=_find_devices,
    max_call_accelerator=MAX_CALL,
    threads_per_device=(2, 4),  # one computes while others write, which takes longer on an H100 node
    width=_width,
    device_sums=True,
    path_weeks_per_second=8e4,
)
