"""Philox against the known answers of Random123 and against plain integers."""

from __future__ import annotations

import warnings
from pathlib import Path

import jax
import numpy as np
import pytest
from numba import njit

from supplyshock_kernels import numba_dialect  # noqa: F401  # loops below call the physics
from supplyshock_kernels.rng.philox import key_of, philox4x32_10

POISON = np.uint64(0xDEADBEEFDEADBEEF)
ANSWERS = Path(__file__).with_name("kat_philox4x32_10.txt")


def known() -> np.ndarray:
    """(cases, 10) uint64: counter, key, expected."""
    lines = [line.split() for line in ANSWERS.read_text().splitlines() if not line.startswith("#")]
    assert all(line[:2] == ["philox4x32", "10"] for line in lines)
    return np.array([[int(word, 16) for word in line[2:]] for line in lines], np.uint64)


def by_numpy(inputs: np.ndarray) -> np.ndarray:
    out = np.full((len(inputs), 4), POISON)
    out[:] = np.stack(philox4x32_10(*inputs.T), axis=1)
    return out


@njit
def _loop(inputs, out):
    for i in range(inputs.shape[0]):
        r = inputs[i]
        a, b, c, d = philox4x32_10(r[0], r[1], r[2], r[3], r[4], r[5])
        out[i, 0] = a
        out[i, 1] = b
        out[i, 2] = c
        out[i, 3] = d


def by_numba(inputs: np.ndarray) -> np.ndarray:
    out = np.full((len(inputs), 4), POISON)
    _loop(inputs, out)
    return out


def by_jax(inputs: np.ndarray) -> np.ndarray:
    """Traced and compiled; a word that 32-bit types cut short would warn, and warnings are errors here."""
    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("error")
        return np.stack(jax.device_get(jax.jit(philox4x32_10)(*inputs.T)), axis=1)


def plain(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int, rounds: int = 10) -> tuple[int, ...]:
    """Salmon et al. (2011), section 4.3, on Python's integers."""
    mask = 2**32 - 1
    for _ in range(rounds):
        high0, low0 = divmod(0xD2511F53 * c0, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) & mask, (k1 + 0xBB67AE85) & mask
    return c0, c1, c2, c3


@pytest.mark.parametrize("run", [by_numpy, by_numba, by_jax])
def test_known_answers(run):
    cases = known()
    assert len(cases) == 3
    np.testing.assert_array_equal(run(cases[:, :6]), cases[:, 6:])


def test_known_answers_reject_another_cipher():
    """Negative control: nine rounds are wrong on every case."""
    cases = known()
    nine = [plain(*(int(w) for w in row[:6]), rounds=9) for row in cases]
    assert (np.array(nine, np.uint64) != cases[:, 6:]).all()


@pytest.mark.parametrize("run", [by_numpy, by_numba, by_jax])
def test_random_counters(run):
    inputs = np.random.default_rng(1).integers(0, 2**32, (500, 6), dtype=np.uint64)
    inputs[::7, 2:4] = 0  # as in use: small steps and streams
    expected = np.array([plain(*(int(w) for w in row)) for row in inputs], np.uint64)
    np.testing.assert_array_equal(run(inputs), expected)


def flips(rounds: int) -> np.ndarray:
    """(192,) mean share of output bits that change with one input bit, over 40 inputs."""
    rng = np.random.default_rng(2)
    share = np.zeros((40, 192))
    for i, row in enumerate(rng.integers(0, 2**32, (40, 6)).tolist()):
        base = plain(*row, rounds=rounds)
        for bit in range(192):
            other = list(row)
            other[bit // 32] ^= 1 << (bit % 32)
            changed = plain(*other, rounds=rounds)
            share[i, bit] = sum((a ^ b).bit_count() for a, b in zip(base, changed, strict=True)) / 128
    return share.mean(0)


def test_avalanche():
    """Each input bit flips half of the output: |mean - 1/2| under 6 SD of 5120 fair bits (4e-7 in all)."""
    bound = 6 * 0.5 / np.sqrt(40 * 128)
    assert np.abs(flips(10) - 0.5).max() < bound
    assert np.abs(flips(3) - 0.5).max() > bound, "negative control: three rounds do not mix"


def test_key_of():
    assert key_of(0) == (0, 0)
    assert key_of(2**64 - 1) == (2**32 - 1, 2**32 - 1)
    assert key_of(5 * 2**32 + 3) == (3, 5)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_key_of_refuses(seed):
    with pytest.raises(ValueError, match=r"seed: expected an integer in \[0, 2\*\*64\)"):
        key_of(seed)
