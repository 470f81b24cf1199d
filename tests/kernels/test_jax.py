"""What the JAX backend promises beyond `conformance.Conformance`."""

from __future__ import annotations

import threading
import warnings

import jax
import numpy as np
import pytest

from supplyshock_kernels import backends
from supplyshock_kernels.backends.jax_xla import devices, launch, memory_backoff, static
from supplyshock_kernels.backends.jax_xla.program import no_sums, simulate_part
from supplyshock_kernels.outputs import MAX_BLOCK, series_rows
from supplyshock_kernels.params import Grid, cast
from supplyshock_kernels.path_numbers import number_paths
from supplyshock_kernels.rng.philox import key_of
from support import worlds
from support.conformance import SEED, merged, same
from support.processes import environment, run_module

WEEKS = 2


def traced(precision: str):
    """Every value of the traced program."""
    params = cast(worlds.status_quo(3), precision)
    structure, numbers = static.split(params)
    shape = launch.shape_of(Grid(precision), 128)

    def program(numbers, paths, place, count):
        stretch = paths, place, count
        return simulate_part(static.join(structure, numbers), shape, key_of(SEED), stretch, no_sums(params))

    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("error")
        stretch = number_paths(range(9), shape.width), np.int64(0), np.int64(9)
        return list(values(jax.make_jaxpr(program)(numbers, *stretch).jaxpr))


def values(jaxpr):
    for equation in jaxpr.eqns:
        yield from (v.aval for v in equation.outvars)
        for inner in equation.params.values():
            if hasattr(inner, "jaxpr"):
                yield from values(inner.jaxpr)


def test_stays_in_its_precision():
    """A float32 run makes no float64 array (a scalar is a Python constant), and warns of no cut word."""
    types = traced("float32")
    wide = [a for a in types if a.dtype == np.float64 and a.shape]
    assert len(types) > 1000
    assert wide == []
    assert any(a.dtype == np.float64 for a in traced("float64"))  # the test can see them


def test_scenarios_share_a_compilation():
    """Other numbers, same structure, and one width or several: no new program."""
    run, known = backends.get("jax"), launch._call._cache_size()
    run(worlds.status_quo(WEEKS), Grid(), SEED, range(5))
    before = launch._call._cache_size()
    harder = worlds.forced(worlds.change(worlds.status_quo(2), "material", alpha=0.2), {"ga_ge": 1.0})
    run(harder, Grid(), SEED + 1, range(60, 60 + 2 * devices.CPU_WIDTH))
    assert launch._call._cache_size() == before <= known + 1


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


@pytest.mark.slow  # each number of devices compiles a program in a process of its own
@pytest.mark.parametrize("many", [2, 8])
def test_several_devices(tmp_path, many):
    """Calls spread over several devices give what one device gives, to the last bit."""
    results = []
    for count in (1, many):
        to = tmp_path / f"{count}.npz"
        flags = f"--xla_force_host_platform_device_count={count}"
        run_module("jax_devices", count, to, env=environment(XLA_FLAGS=flags, JAX_PLATFORMS="cpu"))
        with np.load(to) as run:
            results.append(dict(run))
    one, spread = results
    same(one["outcomes"], spread["outcomes"])
    same(one["series"], spread["series"])
    for name in ("total", "square", "regime", "histogram"):
        np.testing.assert_array_equal(one[name], spread[name])
    assert (one["used"], spread["used"]) == (1, many)


def test_calls_take_the_least_busy_device():
    """A call runs on one device, so calls side by side must fill all; one after the other, they take turns."""
    with devices.borrowed(("a", "b", "c")) as one, devices.borrowed(("a", "b", "c")) as two:
        with devices.borrowed(("a", "b", "c")) as three:
            assert sorted((one, two, three)) == ["a", "b", "c"]
        with devices.borrowed(("a", "b", "c")) as again:
            assert again == three
    firsts = []
    for _ in range(8):
        with devices.borrowed(("d", "e")) as device:
            firsts.append(device)
    assert [firsts.count(d) for d in "de"] == [4, 4]


def test_statistics_cross_the_bus_once(monkeypatch):
    """However many widths a call takes; series, most of the bytes, only where wanted; and a width is handed to the
    device before the one in front of it is waited for."""
    brought, events, get, start = [], [], jax.device_get, launch.start

    def counted(part):
        counts = get(part)
        events.append("get")
        brought.append((type(part).__name__, [np.asarray(a).nbytes for a in counts]))
        return counts

    def started(*arguments):
        events.append("start")
        return start(*arguments)

    monkeypatch.setattr(jax, "device_get", counted)
    monkeypatch.setattr(launch, "start", started)
    run, params = backends.get("jax"), worlds.status_quo(WEEKS)
    whole = run(params, Grid(keep=3), SEED, range(3 * devices.CPU_WIDTH))
    assert [name for name, _ in brought] == ["Part", "Part", "Part", "Sums"]
    assert events == ["start", "start", "get", "start", "get", "get", "get"]
    assert whole.stats.histogram.sum(dtype=np.int64) == whole.stats.paths * whole.stats.total.size
    series = 4 * WEEKS * series_rows(params)[-1].stop * devices.CPU_WIDTH
    assert [sizes[1] for _, sizes in brought[:3]] == [series, 0, 0]
    assert whole.series.shape[-1] == 3


def test_counts_widen_for_long_calls():
    """A call of more paths than 16 bits can count gives the sum of shorter ones, in 32 bits."""
    run, params, n = backends.get("jax"), worlds.status_quo(WEEKS), MAX_BLOCK + 2
    whole = run(params, Grid(), SEED, range(n))
    parts = [run(params, Grid(), SEED, r) for r in (range(n // 2), range(n // 2, n))]
    assert [o.stats.histogram.dtype for o in (whole, *parts)] == [np.uint32, np.uint16, np.uint16]
    assert whole.stats.histogram.max() == n  # all paths in one bin, as nothing is short in the first week
    for a, b in zip(merged([whole.stats]), merged([o.stats for o in parts]), strict=True):
        np.testing.assert_array_equal(a, b)
    same(whole.outcomes, np.concatenate([o.outcomes for o in parts], axis=1))


class Small:
    """A device whose memory takes programs up to a width; ``others`` is how often it is full for another reason."""

    def __init__(self, monkeypatch, most, others=0):
        self.start, self.most, self.others, self.tried = launch.start, most, others, []
        monkeypatch.setattr(launch, "start", self)
        monkeypatch.setattr(devices, "_narrowed", {})

    def __call__(self, program, *rest):
        self.tried.append(program.shape.width)
        self.others -= 1
        if program.shape.width > self.most or self.others >= 0:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: out of memory while trying to allocate")
        return self.start(program, *rest)


def test_full_beside_other_calls(monkeypatch):
    """Tried again alone, at the same width: the same bits."""
    params, run = worlds.status_quo(WEEKS), backends.get("jax")
    whole = run(params, Grid(keep=300), SEED, range(300))
    small = Small(monkeypatch, 256, others=1)
    again = run(params, Grid(keep=300), SEED, range(300))
    assert small.tried == [256, 256, 256]
    same(again.outcomes, whole.outcomes)
    np.testing.assert_array_equal(again.stats.histogram, whole.stats.histogram)
    assert backends.SPECS["jax"].width_of("cpu", "float32") == 256


@pytest.mark.slow  # a program for each width
def test_too_large_for_the_device(monkeypatch):
    """What does not fit alone is halved for good, and told; the paths stay what they are but for rounding."""
    params, run = worlds.status_quo(WEEKS), backends.get("jax")
    whole = run(params, Grid(keep=300), SEED, range(300))
    small = Small(monkeypatch, 128)
    other = run(params, Grid(keep=300), SEED, range(300))
    assert small.tried == [256, 256, 128, 128, 128]
    assert np.isclose(other.outcomes, whole.outcomes, rtol=1e-4, atol=1e-5, equal_nan=True).mean() > 0.9999
    assert other.stats.paths == 300
    assert other.stats.histogram.sum(dtype=np.int64) == whole.stats.histogram.sum(dtype=np.int64)
    width_of = backends.SPECS["jax"].width_of
    assert (width_of("cpu", "float32"), width_of("cpu", "float64")) == (128, 256)
    small.tried.clear()
    run(params, Grid(), SEED, range(3))
    assert small.tried == [128]  # it is not tried again
    small.most = 0
    with pytest.raises(jax.errors.JaxRuntimeError, match="RESOURCE_EXHAUSTED"):
        run(params, Grid(), SEED, range(3))


def test_one_alone_keeps_the_others_out():
    gate, order = memory_backoff.Gate(), []

    def alone():
        with gate.alone():
            order.append("alone")

    with gate.together():
        waiting = threading.Thread(target=alone)
        waiting.start()
        with gate.together():
            waiting.join(0.05)
            order.append("together")
    waiting.join()
    assert order == ["together", "alone"]
    with gate.alone():
        late = threading.Thread(target=lambda: gate.together().__enter__())
        late.start()
        late.join(0.05)
        assert late.is_alive()
    late.join(5)
    assert not late.is_alive()


def test_absent_device():
    """There is no TPU here, and the message says what is."""
    with pytest.raises(backends.NoDevice, match="no tpu found by JAX .*present: .*[Cc]pu"):
        backends.SPECS["jax"].find_devices("tpu")
    with pytest.raises(backends.NoDevice, match="expected one of cpu, gpu, tpu, got 'abacus'"):
        backends.SPECS["jax"].find_devices("abacus")
    with pytest.raises(backends.NoDevice, match="processor cores"):
        backends.SPECS["numba"].find_devices("gpu")
    assert backends.SPECS["jax"].find_devices("cpu").name == backends.SPECS["numba"].find_devices("").name == "cpu"
