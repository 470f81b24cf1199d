"""Compiling the kernels, once for worlds of one structure.

Multiplications and additions are not fused (``fma=0``), as in the loops for processor cores: so the bits are theirs,
and no later compiler changes them. numba-cuda has no option for this, nor for shared memory beyond 48 KiB: both are
asked for here, and nowhere else.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numba

from .call import Call, new_memory
from .devices import cuda_module, is_simulated
from .layout import LANES, WARPS
from .plan import Plan, shared_bytes

_lock = threading.Lock()
_kernels: dict[Any, Any] = {}
_allowed: set[tuple[Plan, int]] = set()
"""Structures whose kernel a device lets have its shared memory."""
COUNTERS, SIMULATED_COUNTERS = 512, 4
"""Threads that count a row: on a device, and in the simulator, where they are threads of Python."""


def fused_kernel(plan: Plan) -> Any:
    """The fused kernel of a structure."""
    with _lock:
        if plan not in _kernels:
            _kernels[plan] = _fused(plan)
        return _kernels[plan]


def _fused(plan: Plan) -> Any:
    from .kernel import make_kernel

    cuda = cuda_module()
    if is_simulated():
        return cuda.jit(make_kernel(plan, dynamic=False))
    return cuda.jit(launch_bounds=(LANES * WARPS, 1))(make_kernel(plan))


def counters() -> int:
    """Threads that count a row."""
    return SIMULATED_COUNTERS if is_simulated() else COUNTERS


def counting_kernel() -> Any:
    """The kernel that counts."""
    with _lock:
        if "count" not in _kernels:
            from .counting_kernel import make_counter

            _kernels["count"] = cuda_module().jit(make_counter(counters()))
        return _kernels["count"]


def launch_fused(call: Call, device: int, blocks: int, stream: Any, arguments: tuple[Any, ...]) -> None:
    """Starts the fused kernel on the current device.

    It is compiled for the types of the arguments that are known, and started without a look at those of the launch:
    a kernel that numba-cuda compiled for other types would not have been allowed its shared memory.
    """
    plan = call.inputs.plan
    kernel = fused_kernel(plan)
    launch = kernel[blocks, (LANES, WARPS), stream, shared_bytes(plan)]
    if is_simulated():
        launch(*arguments)
        return
    with _lock:
        with unfused("numba.cuda.dispatcher"):
            compiled = kernel.compile(signature(call))
        if (plan, device) not in _allowed:
            _allow_shared_memory(compiled, shared_bytes(plan))
            _allowed.add((plan, device))
    compiled.launch(arguments, launch.griddim, launch.blockdim, launch.stream, launch.sharedmem)


def signature(call: Call) -> tuple[Any, ...]:
    """Types of the arguments of the fused kernel."""
    paths = numba.types.Array(numba.uint64, 1, "C")
    records = new_memory(call, LANES), call.inputs.laws, call.inputs.tables
    return paths, numba.uint64, numba.uint64, *map(numba.typeof, records)


@contextmanager
def unfused(module: str) -> Iterator[None]:
    """Compiles with multiplications and additions left apart; ``module`` is the one of numba-cuda that compiles."""
    place: Any = importlib.import_module(module)
    original = place.compile_cuda

    def compile_cuda(*arguments: Any, nvvm_options: dict[str, Any], **options: Any) -> Any:
        return original(*arguments, nvvm_options=nvvm_options | {"fma": 0}, **options)

    place.compile_cuda = compile_cuda
    try:
        yield
    finally:
        place.compile_cuda = original


def _allow_shared_memory(compiled: Any, size: int) -> None:
    """On the current device. Above 48 KiB a kernel has to be allowed its shared memory."""
    place: Any = importlib.import_module("numba.cuda.cudadrv.driver")
    attribute = place.binding.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
    function = compiled._codelibrary.get_cufunc()
    place.driver.cuKernelSetAttribute(attribute, size, function.handle, function.device.id)
