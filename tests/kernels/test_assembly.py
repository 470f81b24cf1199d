"""The hot loops are vectorised: looked up in their machine code, as speed lost here fails no other test.

Compiles afresh (`inspect_asm` knows nothing of kernels from the cache), so it is slow.
"""

from __future__ import annotations

import json

import pytest
from llvmlite import binding

from support.processes import environment, run_code, run_module

HOT = ("trade_materials", "trade_chips", "draw_normals", "draw_uniforms", "negotiate")
RANDOM = ("draw_normals", "draw_uniforms")

FEATURES = binding.get_host_cpu_features()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (FEATURES.get("avx512f") or FEATURES.get("avx2")), reason="looks for AVX2 or AVX-512 instructions"
    ),
]


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """Counts of instructions and names called, by function, from a process with an empty cache."""
    folder = str(tmp_path_factory.mktemp("cache"))
    return json.loads(run_module("assembly", env=environment(SUPPLYSHOCK_CACHE_DIR=folder)))


@pytest.mark.parametrize("name", HOT)
def test_works_on_whole_registers(code, name):
    """Arithmetic of eight or sixteen floats at once; what is done one by one is at most the loop that is kept
    for the case that rows overlap, which is never taken."""
    (counts,) = [c["found"] for c in code[name]]
    key = "packed integer" if name == "draw_uniforms" else "packed"
    assert counts.get(key, 0) > 100, counts
    assert counts.get("packed", 0) >= 0.8 * counts.get("single", 0), counts
    if name in RANDOM:
        assert counts.get("packed integer", 0) > 100, counts


@pytest.mark.parametrize("name", HOT)
def test_neither_gathers_nor_widens(code, name):
    (counts,) = [c["found"] for c in code[name]]
    assert counts.get("gather", 0) == 0, counts
    assert counts.get("widened", 0) == 0, counts
    assert counts.get("double", 0) == 0, counts


@pytest.mark.parametrize("name", HOT)
def test_calls_nothing(code, name):
    """No libm, no helper that was not inlined, no reference counting."""
    (called,) = [c["called"] for c in code[name]]
    assert called == []


def test_the_counter_sees_what_it_should():
    """Negative control: a loop over float64 calling the C library, as numba compiles it."""
    script = (
        "import json, numpy as np\n"
        "from support import assembly\n"
        "from numba import njit\n"
        "@njit\n"
        "def f(x, i, out):\n"
        "    for k in range(x.shape[0]):\n"
        "        out[k] = np.exp(np.float64(x[i[k]])) * 2.0\n"
        "f(np.ones(64, np.float32), np.arange(64), np.ones(64, np.float32))\n"
        "print(json.dumps([assembly.summary(text) for text in f.inspect_asm().values()]))\n"
    )
    done = run_code(script)
    assert done.returncode == 0, done.stderr
    (seen,) = json.loads(done.stdout)
    assert seen["found"].get("widened", 0) > 0, seen
    assert any("exp" in name for name in seen["called"]), seen
