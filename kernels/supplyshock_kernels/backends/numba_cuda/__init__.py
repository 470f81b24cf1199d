"""The model in one kernel of a GPU, compiled by numba-cuda: a warp is a role, a lane a path, state in shared memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import BackendSpec, Devices, Simulate

if TYPE_CHECKING:
    from ...params import Params


def _load() -> Simulate:
    from .simulate import simulate

    return simulate


def _find_devices(kind: str) -> Devices:
    from . import devices

    return devices.find(kind)


def _refuses(params: Params, precision: str) -> str:
    from .room import refuses

    return refuses(params, precision)


SPEC = BackendSpec(
    name="cuda",
    load=_load,
    device_kinds=("gpu",),
    find_devices=_find_devices,
    max_call_accelerator=2**18,
    threads_per_device=(2, 4),
    device_sums=True,
    path_weeks_per_second=1e8,
    chosen_on=(),
    refuses=_refuses,
    packages=(
        "numba-cuda",
        "cuda-core",
        "cuda-bindings",
        "nvidia-nvvm",
        "nvidia-nvjitlink",
        "nvidia-cuda-nvcc-cu12",
        "nvidia-nvjitlink-cu12",
    ),
)
"""Its rate is modelled: it has not run on a GPU. `auto` takes it on no device until it is measured to be faster."""
