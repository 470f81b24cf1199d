"""Errors of the float32 polynomials against float64 NumPy, over the ranges the model can reach.

The bounds are a small margin above what was measured on x86-64 (with and without fused multiply-add).
"""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from supplyshock_kernels import float32math as f32

F = np.float32


def compiled(name: str, fastmath: bool):
    function = getattr(f32, name)

    def loop(x, out):
        for i in range(x.shape[0]):
            out[i] = function(x[i])

    return njit(loop, error_model="numpy", fastmath={"contract", "arcp"} if fastmath else False)


@pytest.fixture(scope="module", params=[False, True], ids=["strict", "contract"])
def evaluate(request):
    """The functions as compiled by the backend (contract, arcp) and without any freedom."""
    loops: dict = {}

    def run(name, x):
        if name not in loops:
            loops[name] = compiled(name, request.param)
        out = np.full_like(x, np.nan)
        loops[name](x, out)
        return out

    return run


def spread(low: float, high: float, n: int = 400_001) -> np.ndarray:
    return np.linspace(low, high, n).astype(F)


def log_spread(low: float, high: float, n: int = 400_001) -> np.ndarray:
    return np.exp(np.linspace(np.log(low), np.log(high), n)).astype(F)


def near_one() -> np.ndarray:
    """Every float32 within 2**-12 of 1."""
    return np.arange(F(1 - 2**-12).view(np.int32), F(1 + 2**-12).view(np.int32), dtype=np.int32).view(F)


# name, arguments, exact function, largest relative error, largest absolute error (either may hold)
CASES = [
    ("exp", spread(-87, 88), np.exp, 1.2e-7, 0.0),
    ("exp", spread(-1e-3, 1e-3), np.exp, 8e-8, 0.0),
    ("log", log_spread(1.2e-38, 3.4e38), np.log, 1.6e-7, 0.0),
    ("log", near_one(), np.log, 1.6e-7, 0.0),
    ("log", spread(2**-24, 1), np.log, 1.6e-7, 0.0),
    ("tanh", spread(-12, 12), np.tanh, 0.0, 2e-7),
    ("tanh", spread(-1e-3, 1e-3), np.tanh, 0.0, 2e-7),
    ("sin_turn", spread(-1, 2), lambda x: np.sin(2 * np.pi * x), 0.0, 5e-7),
    ("cos_turn", spread(-1, 1.75), lambda x: np.cos(2 * np.pi * x), 0.0, 5e-7),
]


def errors(name, x, exact, evaluate):
    true = exact(x.astype(np.float64))
    absolute = np.abs(evaluate(name, x) - true)
    return (absolute / np.maximum(np.abs(true), 1e-300)).max(), absolute.max()


@pytest.mark.parametrize(("name", "x", "exact", "relative", "absolute"), CASES)
def test_error(name, x, exact, relative, absolute, evaluate):
    largest = errors(name, x, exact, evaluate)
    assert largest[0] <= relative or largest[1] <= absolute, largest


def test_error_can_fail(evaluate):
    """Negative control: an argument off by four units in the last place breaks the bound on exp."""
    x = spread(1, 80)
    true = np.exp(x.astype(np.float64) * (1 + 2.0**-21))
    assert (np.abs(evaluate("exp", x) / true - 1) > 1.6e-7).mean() > 0.9


def test_exp_is_clipped(evaluate):
    x = np.array([-1e30, -1000, -87.5, -87, 88, 88.5, 1000, 1e30, -np.inf, np.inf], F)
    out = evaluate("exp", x)
    assert np.isfinite(out).all()
    assert (out > 0).all()
    assert (out[:4] == out[3]).all()
    assert (out[4:8] == out[4]).all()
    assert out[-2] == out[3]
    assert out[-1] == out[4]


def test_tanh_ends(evaluate):
    x = np.array([0, -0.0, 9, 50, 1e30, np.inf, -9, -50, -1e30, -np.inf], F)
    out = evaluate("tanh", x)
    assert np.abs(out[:2]).max() == 0
    assert (np.abs(out[2:]) <= 1).all()
    np.testing.assert_allclose(out[2:], np.repeat(F([1, -1]), 4), rtol=0, atol=6e-8)  # tanh(9) is 1 - 3e-8


def test_exp_and_tanh_do_not_decrease(evaluate):
    """Monotone to one unit in the last place: a price must not fall because its argument rose."""
    for name in ("exp", "tanh"):
        y = evaluate(name, spread(-8, 8)).astype(np.float64)
        assert (np.diff(y) >= -1.3e-7 * np.maximum(np.abs(y[1:]), 1)).all()


def test_never_nan(evaluate):
    rng = np.random.default_rng(3)
    any_bits = rng.integers(0, 2**32, 200_000, dtype=np.uint32).view(F)
    finite = any_bits[np.isfinite(any_bits)]
    for name in ("exp", "tanh"):
        assert np.isfinite(evaluate(name, finite)).all()
    positive = np.abs(finite[np.abs(finite) >= np.finfo(F).tiny])
    assert np.isfinite(evaluate("log", positive)).all()
