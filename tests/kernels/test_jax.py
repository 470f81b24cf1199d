"""What the JAX backend promises beyond `conformance.Conformance`."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import numpy as np
import pytest
import worlds
from conformance import SEED, same

from supplyshock_kernels import backends
from supplyshock_kernels.backends.jax_xla import devices, launch, static
from supplyshock_kernels.backends.jax_xla.program import Shape, simulate_part
from supplyshock_kernels.observe import series_rows
from supplyshock_kernels.params import Grid, cast
from supplyshock_kernels.philox import key_of

HERE = Path(__file__).parent
WEEKS = 20


def traced(precision: str):
    """Every value of the traced program."""
    structure, numbers = static.split(cast(worlds.status_quo(3), precision))
    shape = Shape(128, 128, precision, False)

    def program(numbers, first, count):
        return simulate_part(static.join(structure, numbers), shape, key_of(SEED), first, count)

    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("error")
        return list(values(jax.make_jaxpr(program)(numbers, np.uint64(0), np.uint64(9)).jaxpr))


def values(jaxpr):
    for equation in jaxpr.eqns:
        yield from (v.aval for v in equation.outvars)
        for inner in equation.params.values():
            if hasattr(inner, "jaxpr"):
                yield from values(inner.jaxpr)


def test_stays_in_its_precision():
    """A float32 run makes no float64 array (a scalar is a Python constant), and warns of no cut word."""
    found = traced("float32")
    wide = [a for a in found if a.dtype == np.float64 and a.shape]
    assert len(found) > 1000
    assert wide == []
    assert any(a.dtype == np.float64 for a in traced("float64"))  # the test can see them


def test_scenarios_share_a_compilation():
    """Other numbers, same structure: no new program."""
    jax.clear_caches()
    run = backends.get("jax")
    run(worlds.status_quo(2), Grid(), SEED, range(5))
    before = launch._call._cache_size()
    harder = worlds.forced(worlds.change(worlds.status_quo(2), "material", alpha=0.2), {"ga_ge": 1.0})
    run(harder, Grid(), SEED + 1, range(60, 80))
    assert launch._call._cache_size() == before == 1


def test_structure_compares_by_value():
    a, _ = static.split(worlds.status_quo(2))
    b, _ = static.split(worlds.forced(worlds.status_quo(3), {"ga_ge": 1.0}))
    c, _ = static.split(worlds.change(worlds.status_quo(2), "sectors", gated=np.zeros(7)))
    assert (a == b, hash(a) == hash(b)) == (True, True)
    assert a != c
    whole = static.join(*static.split(worlds.status_quo(2)))
    for one, other in zip(whole, worlds.status_quo(2), strict=True):
        for name in one._fields:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("many", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_several_devices(tmp_path, many):
    """A range spread over several devices is the same range on one, to the last bit."""
    found = []
    for count in (1, many):
        to = tmp_path / f"{count}.npz"
        flags = f"--xla_force_host_platform_device_count={count}"
        path = os.pathsep.join([str(HERE), *sys.path])
        env = os.environ | {"XLA_FLAGS": flags, "PYTHONPATH": path, "JAX_PLATFORMS": "cpu"}
        subprocess.run([sys.executable, str(HERE / "spread.py"), str(count), str(many), str(to)], env=env, check=True)
        with np.load(to) as run:
            found.append(dict(run))
    one, spread = found
    same(one["outcomes"], spread["outcomes"])
    same(one["series"], spread["series"])
    for name in ("total", "square", "regime", "histogram"):
        np.testing.assert_array_equal(one[name], spread[name])
    assert (one["narrow"], spread["narrow"]) == (1, many)


def test_calls_take_the_devices_in_turn():
    """A call of the engine fits one device, so calls must begin on different ones."""
    firsts = [devices.in_turn(("a", "b", "c"))[0] for _ in range(6)]
    assert [firsts.count(d) for d in "abc"] == [2, 2, 2]
    assert sorted(devices.in_turn(("a", "b", "c"))) == ["a", "b", "c"]


def test_brings_back_no_series_unless_wanted(monkeypatch):
    """They are most of the bytes of a call."""
    brought, get = [], jax.device_get

    def counted(part):
        found = get(part)
        brought.append(sum(a.nbytes for a in found[:2]))
        return found

    monkeypatch.setattr(jax, "device_get", counted)
    run, params = backends.get("jax"), worlds.status_quo(2)
    sizes = [run(params, Grid(keep=keep), SEED, range(9)).series.shape[-1] for keep in (0, 3)]
    assert sizes == [0, 3]
    series = 4 * 2 * series_rows(params)[-1].stop * 256
    assert brought[1] - brought[0] == series


def test_too_large_for_the_device(monkeypatch):
    """Out of memory halves the width, and the paths stay what they are but for rounding; then it is an error."""
    params, start, tried = worlds.status_quo(WEEKS), launch.start, []
    whole = backends.get("jax")(params, Grid(keep=300), SEED, range(300))

    def small(structure, numbers, shape, *rest):
        tried.append(shape.width)
        if shape.width > limit:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: out of memory while trying to allocate")
        return start(structure, numbers, shape, *rest)

    monkeypatch.setattr(launch, "start", small)
    limit = 128
    other = backends.get("jax")(params, Grid(keep=300), SEED, range(300))
    assert tried == [256, 128, 128, 128]
    assert np.isclose(other.outcomes, whole.outcomes, rtol=1e-4, atol=1e-5, equal_nan=True).mean() > 0.9999
    assert other.stats.paths == 300
    limit = 0
    with pytest.raises(jax.errors.JaxRuntimeError, match="RESOURCE_EXHAUSTED"):
        backends.get("jax")(params, Grid(), SEED, range(3))


def test_absent_device():
    """There is no TPU here, and the message says what is."""
    with pytest.raises(backends.NoDevice, match="no tpu found by JAX .*present: .*[Cc]pu"):
        backends.device_name("jax", "tpu")
    with pytest.raises(backends.NoDevice, match="expected one of cpu, gpu, tpu, got 'abacus'"):
        backends.device_name("jax", "abacus")
    with pytest.raises(backends.NoDevice, match="processor cores"):
        backends.device_name("numba", "gpu")
    assert backends.device_name("jax", "cpu") == backends.device_name("numba") == "cpu"
