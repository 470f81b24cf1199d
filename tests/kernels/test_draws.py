"""Uniforms, normals and severities against their laws; streams against each other.

Every statistical test has a fixed seed, so it passes or fails for ever; the rate stated is the chance that a
right implementation would have been unlucky with that seed.
"""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy import special, stats

from supplyshock_kernels import numba_dialect  # noqa: F401  # loops below call the physics
from supplyshock_kernels.backends.array_program.random_inputs import Draws, draw_normals, draw_uniforms
from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.rng import random_variates
from supplyshock_kernels.rng.philox import key_of

KEY = key_of(20260701)
N = 1 << 18
PATHS = np.arange(N, dtype=np.uint64)
DTYPES = [np.float32, np.float64]


@njit(error_model="numpy", fastmath={"contract", "arcp"})
def _uniform(words, one, out):
    for i in range(words.shape[0]):
        out[i] = random_variates.uniform(words[i], one)


@njit(error_model="numpy", fastmath={"contract", "arcp"})
def _box_muller(u, v, a, b):
    for i in range(u.shape[0]):
        x, y = random_variates.box_muller(u[i], v[i])
        a[i] = x
        b[i] = y


@njit(error_model="numpy", fastmath={"contract", "arcp"})
def _inverse(u, out):
    for i in range(u.shape[0]):
        out[i] = random_variates.normal_inverse(u[i])


@njit(error_model="numpy", fastmath={"contract", "arcp"})
def _kumaraswamy(u, a, b, out):
    for i in range(u.shape[0]):
        out[i] = random_variates.kumaraswamy(u[i], a, b)


def box_muller(u, v, dialect):
    if dialect == "numpy":
        return random_variates.box_muller(u, v)
    a, b = np.full_like(u, np.nan), np.full_like(u, np.nan)
    _box_muller(u, v, a, b)
    return a, b


def inverse(u, dialect):
    if dialect == "numpy":
        return random_variates.normal_inverse(u)
    out = np.full_like(u, np.nan)
    _inverse(u, out)
    return out


def kumaraswamy(u, a, b, dialect):
    a, b = u.dtype.type(a), u.dtype.type(b)
    if dialect == "numpy":
        return random_variates.kumaraswamy(u, a, b)
    out = np.full_like(u, np.nan)
    _kumaraswamy(u, a, b, out)
    return out


dialects = pytest.mark.parametrize("dialect", ["numpy", "numba"])
precisions = pytest.mark.parametrize("dtype", DTYPES)


# --- uniforms --------------------------------------------------------------------------------------


@precisions
def test_uniform_is_open_and_the_same_everywhere(dtype):
    words = np.concatenate(
        [
            [0, 2**9 - 1, 2**9, 2**31, 2**32 - 1],
            random_variates.words(PATHS[:1000], 3 + 0 * PATHS[:1000], np.uint64(random_variates.ACT), *KEY)[0],
        ]
    )
    words = words.astype(np.uint64)
    exact = ((words >> np.uint64(9)).astype(np.float64) + 0.5) / 2**23
    out = np.full(len(words), np.nan, dtype)
    _uniform(words, dtype(1), out)
    np.testing.assert_array_equal(out, exact)
    np.testing.assert_array_equal(random_variates.uniform(words, dtype(1)), exact)
    assert random_variates.uniform(words, dtype(1)).dtype == dtype
    assert exact.min() == 2.0**-24
    assert exact.max() == 1 - 2.0**-24


def z_uniform(u):
    """(z of the mean, z of the variance) under the uniform law; the fourth central moment is 1/80."""
    n = u.size
    return (u.mean() - 0.5) * np.sqrt(12 * n), (((u - 0.5) ** 2).mean() - 1 / 12) / np.sqrt((1 / 80 - 1 / 144) / n)


def test_uniform_moments():
    """|z| < 5.5: 1.5e-7 false alarms over the two moments of four words."""
    for u in draw_uniforms(Draws(PATHS, KEY, np.float64(1), False), 5, random_variates.REGIME):
        assert np.abs(z_uniform(u)).max() < 5.5
    assert np.abs(z_uniform(u * 0.99)).max() > 5.5, "negative control: one percent too small"


# --- normals ---------------------------------------------------------------------------------------


def normals(dtype, dialect, method):
    u = draw_uniforms(Draws(PATHS, KEY, dtype(1), False), 9, random_variates.NODE + 4)
    if method == "inverse":
        return np.concatenate([inverse(v, dialect) for v in u])
    return np.concatenate([*box_muller(u[0], u[1], dialect), *box_muller(u[2], u[3], dialect)])


def z_normal(z):
    """z scores of the first four moments of a standard normal: variances 1, 2, 15, 96 over n."""
    moments, spread = np.array([0, 1, 0, 3]), np.sqrt(np.array([1, 2, 15, 96]) / z.size)
    return (np.array([(z.astype(np.float64) ** k).mean() for k in (1, 2, 3, 4)]) - moments) / spread


@dialects
@precisions
@pytest.mark.parametrize("method", ["box_muller", "inverse"])
def test_normals(dtype, dialect, method):
    """Four moments |z| < 5.5 and Kolmogorov-Smirnov p > 1e-6: 1.2e-6 false alarms a case."""
    z = normals(dtype, dialect, method)
    assert z.dtype == dtype
    assert np.isfinite(z).all()
    assert np.abs(z_normal(z)).max() < 5.5
    assert stats.kstest(z, "norm").pvalue > 1e-6


def test_normals_can_fail():
    """Negative control: two percent too wide, and a t law of 20 degrees scaled to unit variance."""
    z = normals(np.float64, "numpy", "inverse")
    assert stats.kstest(1.02 * z, "norm").pvalue < 1e-6
    heavy = stats.t(20).ppf(stats.norm.cdf(z)) / np.sqrt(20 / 18)
    assert np.abs(z_normal(heavy)).max() > 5.5


@dialects
def test_box_muller_is_exact(dialect):
    u = np.linspace(2.0**-24, 1 - 2.0**-24, 100_003)
    v = np.roll(u, 31_337)
    radius = np.sqrt(-2 * np.log(u))
    for dtype, bound in ((np.float64, 1e-14), (np.float32, 4e-6)):
        x, y = box_muller(u.astype(dtype), v.astype(dtype), dialect)
        exact_u, exact_v = u.astype(dtype).astype(np.float64), v.astype(dtype).astype(np.float64)
        radius = np.sqrt(-2 * np.log(exact_u))
        assert np.abs(x - radius * np.cos(2 * np.pi * exact_v)).max() < bound
        assert np.abs(y - radius * np.sin(2 * np.pi * exact_v)).max() < bound


@dialects
def test_inverse_is_exact(dialect):
    """Against SciPy at every uniform the generator can make, thinned: 1e-6 relative in float64."""
    u = (np.unique(np.r_[np.arange(5000), np.linspace(0, 2**23 - 1, 200_001).astype(int)]) + 0.5) / 2**23
    u = np.concatenate([u, 1 - u])
    exact = special.ndtri(u)
    np.testing.assert_allclose(inverse(u, dialect), exact, rtol=1e-6, atol=0)
    single = u.astype(np.float32)
    np.testing.assert_array_equal(single, u)
    np.testing.assert_allclose(inverse(single, dialect), exact, rtol=1e-6, atol=1e-6)


# --- severities ------------------------------------------------------------------------------------

SHAPES = [(1.8168972, 3.41100192), (2.86838855, 10.23664611), (1.0, 1.0), (0.7, 0.8)]


@dialects
@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_kumaraswamy(a, b, dialect):
    """The closed form, and the law's own distribution function undoes it; all in (0, 1)."""
    u = (np.arange(2**23, step=37) + 0.5) / 2**23
    x = kumaraswamy(u, a, b, dialect)
    exact = (-np.expm1(np.log1p(-u) / b)) ** (1 / a)
    fits = exact**a > 1.001e-7  # below, the quantile is cut off at 1e-7**(1/a)
    np.testing.assert_allclose(x[fits], exact[fits], rtol=1e-8)
    np.testing.assert_allclose(-np.expm1(b * np.log1p(-(x[fits] ** a))), u[fits], rtol=1e-6)
    single = kumaraswamy(u.astype(np.float32), a, b, dialect)
    assert np.abs(single - exact).max() < 3e-3  # at the cut-off, one draw in a million
    assert np.abs(single - exact)[u > 1e-4].max() < 2e-4  # 1 - exp(...) cancels for small u
    assert (single > 0).all()
    assert (single <= 1).all()


def z_severity(x, a, b):
    first, second = b * special.beta(1 + 1 / a, b), b * special.beta(1 + 2 / a, b)
    return (x.mean() - first) / np.sqrt((second - first**2) / x.size)


def test_kumaraswamy_mean():
    """|z| < 5.5 (4e-8 false alarms) of the mean ``b B(1 + 1/a, b)``; rejects the shapes of another party."""
    u = draw_uniforms(Draws(PATHS, KEY, np.float64(1), False), 2, random_variates.ACT)[2]
    assert abs(z_severity(kumaraswamy(u, *SHAPES[0], "numpy"), *SHAPES[0])) < 5.5
    assert abs(z_severity(kumaraswamy(u, *SHAPES[0], "numpy"), 1.95228934, 3.57429311)) > 5.5


# --- streams ---------------------------------------------------------------------------------------


def used_streams(markets: int) -> list[int]:
    """Every stream that a world of so many markets draws from."""
    named = {
        k: v for k, v in vars(random_variates).items() if k.isupper() and not k.startswith("_") and isinstance(v, int)
    }
    ranges = {"PRIORS": (len(NAMES) + 3) // 4, "NODE": (markets + 1) // 2}
    return [v + q for k, v in named.items() for q in range(ranges.get(k, 1))]


@pytest.mark.parametrize("markets", [24, 2000])
def test_streams_do_not_overlap(markets):
    used = used_streams(markets)
    assert len(used) == len(set(used))
    assert max(used) < 2**32
    assert len(used) >= 4 + 6 + 1 + markets // 2


def largest_correlation(rows: np.ndarray) -> float:
    r = np.corrcoef(rows)
    return float(np.abs(r - np.eye(len(r))).max() * np.sqrt(rows.shape[1]))


def families() -> dict[str, np.ndarray]:
    """Normals that must not know of each other: (series, N) by what they differ in."""
    one = np.float64(1)
    base = draw_normals(Draws(PATHS, KEY, one, False), 7, random_variates.NODE)
    shift = np.uint64(1)
    return {
        "streams": np.array(
            [z for q in range(12) for z in draw_normals(Draws(PATHS, KEY, one, False), 7, random_variates.NODE + q)]
        ),
        "steps": np.array(
            [z for t in range(12) for z in draw_normals(Draws(PATHS, KEY, one, False), t, random_variates.COMMON)]
        ),
        "paths": np.array([*base, *draw_normals(Draws(PATHS + shift, KEY, one, False), 7, random_variates.NODE)]),
        "blocks": np.array(
            [*base, *draw_normals(Draws(PATHS + np.uint64(2**32), KEY, one, False), 7, random_variates.NODE)]
        ),
        "seeds": np.array([*base, *draw_normals(Draws(PATHS, key_of(20260702), one, False), 7, random_variates.NODE)]),
    }


def test_no_correlation():
    """Largest |r| sqrt(n) of all pairs below 6.3: under 1e-6 false alarms for all 2,500 pairs."""
    draws = families()
    for name, rows in draws.items():
        assert largest_correlation(rows) < 6.3, name
    mixed = draws["paths"].copy()
    mixed[0] += 0.03 * mixed[1]
    assert largest_correlation(mixed) > 6.3, "negative control"
    squares = draws["streams"] ** 2
    assert largest_correlation(squares) < 6.3, "squares: dependence without correlation"
