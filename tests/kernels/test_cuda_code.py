"""The machine code of the fused kernel and of the counting one, for an H100, assembled without a GPU.

Needs numba-cuda and NVIDIA's compilers (half a gigabyte of wheels): where they are missing, the tests are skipped.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace
from typing import NamedTuple

import numba
import pytest

from supplyshock_kernels.backends.numba_cuda import compiled
from supplyshock_kernels.backends.numba_cuda.call import new_memory, prepare
from supplyshock_kernels.backends.numba_cuda.counting import make_bins, no_sums
from supplyshock_kernels.backends.numba_cuda.layout import LANES, WARPS
from supplyshock_kernels.backends.numba_cuda.plan import shared_bytes
from supplyshock_kernels.backends.numba_cuda.room import SHARED
from supplyshock_kernels.params import Grid
from support import worlds

H100 = (9, 0)
REGISTERS = 65_536 // (LANES * WARPS)


def missing() -> list[str]:
    absent = []
    for name in ("numba-cuda", "cuda-core", "nvidia-nvvm", "nvidia-nvjitlink"):
        try:
            version(name)
        except PackageNotFoundError:
            absent.append(name)
    return absent


pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}")


class Code(NamedTuple):
    ptx: str
    registers: int
    spilled: int
    """bytes."""
    instructions: int


def assembled(kernel, signature, launch_bounds=None) -> Code:
    """PTX of the kernel, and what nvJitLink says of its machine code."""
    from cuda.core import Linker, LinkerOptions, ObjectCode
    from numba import cuda

    with compiled.unfused("numba.cuda.compiler"):
        ptx, _ = cuda.compile_ptx(kernel, signature, cc=H100, launch_bounds=launch_bounds)
    linker = Linker(ObjectCode.from_ptx(ptx.encode()), options=LinkerOptions(arch="sm_90", ptxas_options=["-v"]))
    code = bytes(linker.link("cubin").code)
    told = f"{linker.get_info_log()} {linker.get_error_log()}"
    spilled = sum(int(n) for n in re.findall(r"(\d+) bytes spill", told))
    return Code(ptx, int(re.findall(r"Used (\d+) registers", told)[-1]), spilled, text_bytes(code) // 16)


def text_bytes(cubin: bytes) -> int:
    """Bytes of instructions in an ELF file."""

    def number(at: int, size: int) -> int:
        return int.from_bytes(cubin[at : at + size], "little")

    table, count, names = number(40, 8), number(60, 2), number(62, 2)
    strings = number(table + 64 * names + 24, 8)
    sections = [table + 64 * k for k in range(count)]
    return sum(number(s + 32, 8) for s in sections if cubin[strings + number(s, 4) :].startswith(b".text"))


@pytest.fixture(autouse=True)
def no_driver(monkeypatch):
    """Typing device functions asks the driver for the capability of the device, and for nothing else."""
    import numba.cuda.dispatcher

    device = SimpleNamespace(compute_capability=H100)
    monkeypatch.setattr(numba.cuda.dispatcher, "get_current_device", lambda: device)


def call(name: str, inverse: bool, weighed: bool):
    params = worlds.scenario(name).params
    grid = Grid(normals="inverse" if inverse else "box_muller")
    return prepare(params, grid, 1, range(1), params.policy if weighed else None)


@pytest.mark.parametrize(("inverse", "weighed"), [(False, False), (True, False), (False, True)])
def test_the_fused_kernel(inverse, weighed, record_property):
    from supplyshock_kernels.backends.numba_cuda.kernel import make_kernel

    asked = call("status_quo", inverse, weighed)
    code = assembled(make_kernel(asked.inputs.plan), compiled.signature(asked), (LANES * WARPS, 1))
    record_property("instructions", code.instructions)
    assert not doubles(code.ptx)
    assert not contracted(code.ptx)
    assert ".local" not in code.ptx
    assert code.registers <= REGISTERS == 128
    assert code.spilled == 0
    assert shared_bytes(asked.inputs.plan) <= SHARED
    assert 8_000 < code.instructions < 20_000


def test_one_structure_serves_all_shipped_scenarios():
    """A kernel is compiled once for all of them, and for any number of weeks."""
    plans = {call(name, False, False).inputs.plan for name in ("status_quo", "rift", "gallium_stop", "hindcast_2010")}
    assert len(plans) == 1


def test_the_counting_kernel():
    from supplyshock_kernels.backends.numba_cuda.counting_kernel import make_counter

    asked = call("status_quo", False, False)
    bins = make_bins(asked.params, asked.inputs.plan.weekly.regime)
    memory = new_memory(asked, LANES)
    types = (memory.weekly, bins, no_sums(asked.params, bins))
    weekly, grids, sums = map(numba.typeof, types)
    code = assembled(make_counter(compiled.COUNTERS), (weekly, numba.uint64, grids, sums))
    assert not doubles(code.ptx)
    assert (code.registers, code.spilled) <= (64, 0)


def doubles(ptx: str) -> list[str]:
    """Instructions in double precision, which a GPU runs at a fraction of the speed."""
    return [line for line in ptx.splitlines() if ".f64" in line and not line.strip().startswith(".reg")]


def contracted(ptx: str) -> list[str]:
    """Sums and products that the assembler may fuse: those without a rounding of their own."""
    return re.findall(r"\b(?:mul|add|sub)\.f32", ptx)


def test_what_is_looked_for_would_be_seen():
    """Negative control."""
    assert doubles("\tadd.rn.f64 %fd1, %fd2, %fd3;") and not doubles("\t.reg .f64 %fd<4>;")
    assert contracted("\tmul.f32 %f1, %f2, %f3;") and not contracted("\tmul.rn.f32 %f1, %f2, %f3;")
