"""The machine code of the fused kernel and of the counting one, for an H100, assembled without a GPU.

Needs numba-cuda and NVIDIA's compilers (half a gigabyte of wheels): where they are missing, the tests are skipped.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace
from typing import NamedTuple

import numba
import numpy as np
import pytest

from supplyshock_kernels import backends
from supplyshock_kernels.backends.numba_cuda import compiled, devices
from supplyshock_kernels.backends.numba_cuda.call import new_memory, prepare
from supplyshock_kernels.backends.numba_cuda.counting import make_bins, no_sums
from supplyshock_kernels.backends.numba_cuda.layout import LANES, WARPS
from supplyshock_kernels.backends.numba_cuda.plan import shared_bytes
from supplyshock_kernels.backends.numba_cuda.room import SHARED
from supplyshock_kernels.params import Grid
from supplyshock_kernels.params.path_state import part_of
from support import ptx as ptx_code
from support import worlds
from support.conformance import same

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

    cuda = devices.cuda_module()
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


def run_interpreted(ptx: str, params, grid: Grid, seed: int, first: int):
    """The first block of a call, run from the PTX: (call, memory)."""
    asked = prepare(params, grid, seed, range(first, first + LANES), None)
    memory = new_memory(asked, LANES)
    for array in (memory.totals, memory.weekly, memory.ends.state):
        array[...] = np.nan
    inputs = asked.numbers, np.uint64(0), np.uint64(LANES), memory, asked.inputs.laws, asked.inputs.tables
    ptx_code.Block(ptx_code.Program(ptx), ptx_code.flat(inputs), (LANES, WARPS), SHARED).run()
    return asked, memory


@pytest.fixture(scope="module")
def fused_ptx():
    """PTX of the kernel that serves all shipped scenarios."""
    import numba.cuda.dispatcher

    from supplyshock_kernels.backends.numba_cuda.kernel import make_kernel

    cuda = devices.cuda_module()
    asked = call("status_quo", False, False)
    with pytest.MonkeyPatch.context() as patch, compiled.unfused("numba.cuda.compiler"):
        patch.setattr(numba.cuda.dispatcher, "get_current_device", lambda: SimpleNamespace(compute_capability=H100))
        bounds = (LANES * WARPS, 1)
        return cuda.compile_ptx(
            make_kernel(asked.inputs.plan), compiled.signature(asked), cc=H100, launch_bounds=bounds
        )[0]


@pytest.mark.parametrize(
    ("name", "weeks"),
    [
        ("rift", 2),
        pytest.param("status_quo", 104, marks=pytest.mark.slow),
        pytest.param("rift", 104, marks=pytest.mark.slow),
    ],
)
def test_the_compiled_code_has_the_bits_of_numba(fused_ptx, name, weeks):
    """Run by an interpreter of PTX: one block, which stands in for a GPU."""
    params = part_of(worlds.load_scenario(name).params, range(weeks))
    grid = Grid(keep=10**9, state=True)
    _, memory = run_interpreted(fused_ptx, params, grid, 7, 1000)
    expected = backends.get("numba")(params, grid, 7, range(1000, 1000 + LANES))
    same(memory.totals, expected.outcomes)
    same(np.ascontiguousarray(np.moveaxis(memory.weekly, 0, 1)), expected.series)
    same(memory.ends.state, expected.state)


class InMemory:
    """An array as the launch takes it: an address and a shape."""

    def __init__(self, array):
        self.size, self.dtype, self.shape, self.ptr = array.size, array.dtype, array.shape, 4096
        self._layout = SimpleNamespace(strides_in_bytes=array.strides)


def test_a_launch_hands_over_what_the_kernel_takes(monkeypatch):
    """As far as a driver would begin: numba-cuda compiles, gets the options asked for, and flattens the arguments."""
    from numba.cuda import codegen, dispatcher

    device, seen = SimpleNamespace(compute_capability=H100, id=0), {}
    function = SimpleNamespace(kernel=None, device=device)
    monkeypatch.setattr(dispatcher, "get_current_device", lambda: device)
    monkeypatch.setattr(dispatcher._Kernel, "bind", lambda self: None)
    monkeypatch.setattr(dispatcher, "wrap_arg", lambda x: SimpleNamespace(to_device=lambda *_: InMemory(x)))
    monkeypatch.setattr(dispatcher, "LaunchConfig", lambda **options: options)
    monkeypatch.setattr(dispatcher, "launch", lambda stream, config, kernel, *given: seen.update(config, given=given))
    monkeypatch.setattr(codegen.CUDACodeLibrary, "get_cufunc", lambda self: function)
    monkeypatch.setattr(codegen.CUDACodeLibrary, "_ensure_cc", lambda self, cc: H100)
    monkeypatch.setattr(compiled, "_allow_shared_memory", lambda kernel, size: seen.update(allowed=size))
    monkeypatch.setattr(compiled, "_kernels", {})
    monkeypatch.setattr(compiled, "_allowed", set())
    asked = call("status_quo", False, False)
    memory, zero = new_memory(asked, LANES), np.uint64(0)
    arguments = asked.numbers, zero, zero, memory, asked.inputs.laws, asked.inputs.tables
    compiled.launch_fused(asked, 0, 1, 0, arguments)
    (kernel,) = compiled.fused_kernel(asked.inputs.plan).overloads.values()
    ptx = kernel._codelibrary.get_asm_str()
    assert len(seen["given"]) == len(ptx_code.Program(ptx).parameters)
    assert (seen["grid"], seen["block"]) == ((1, 1, 1), (LANES, WARPS, 1))
    assert seen["shmem_size"] == seen["allowed"] == shared_bytes(asked.inputs.plan)
    assert not contracted(ptx)
    assert ".maxntid 512, 1, 1" in ptx


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
    code = assembled(make_counter(compiled.COUNTERS), (weekly, numba.uint64, grids, sums, numba.uint64))
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
