"""The particle filter, files of states, and runs that start from them."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from supplyshock.calibration.backtest.observation_operators import SimulatedView
from supplyshock.calibration.backtest.run import known_points
from supplyshock.calibration.nowcast import particle_filter
from supplyshock.calibration.nowcast.first_day import states_of
from supplyshock.calibration.nowcast.nowcast import find_states, shipped_record
from supplyshock.calibration.nowcast.particle_filter import Filtered, follow_record, resample, weighted_quantiles
from supplyshock.calibration.student import SDS_IN_90_PERCENT
from supplyshock.common.errors import ConfigError, DataError, UsageError
from supplyshock.common.progress import Progress
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock.scenarios.shipped import default_data
from supplyshock.scenarios.state_file import encode_states, read_states
from supplyshock_kernels import backends
from supplyshock_kernels.params import Grid
from supplyshock_kernels.params.path_state import count_rows, locate_parts
from support.command import invoke

PATHS = 512
FIRST_DAY = default_data() / "states" / "first_day.npz"


@pytest.fixture(scope="module")
def record() -> Scenario:
    return load_scenario("history", {"weeks": 10})


def settings(seed: int = 1, paths: int = PATHS) -> SimulationSettings:
    return SimulationSettings(paths=paths, seed=seed)


def follow(record: Scenario, points, seed: int = 1, paths: int = PATHS) -> Filtered:
    return follow_record(record, points, settings(seed, paths), Progress(), threading.Event())


def early_points(**changes):
    return [replace(p, **changes) for p in known_points(shipped_record()) if p.end.year == 2025 and p.end.month == 5]


def quote(record: Scenario, state: np.ndarray, market: str) -> np.ndarray:
    """Log quotes outside China."""
    place = {p.part.name: p for p in locate_parts(record.params)}["outside.p"]
    return state[place.start + record.labels.market.index(market)]


def test_resampling_is_systematic():
    """Each path as often as its weight says, to within one: for any weights and any beginning."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        weights = rng.dirichlet(np.full(40, 0.3))
        counts = np.bincount(resample(np.log(weights + 1e-300), 1000, rng.random()), minlength=40)
        assert np.abs(counts - 1000 * weights).max() < 1 + 1e-9


def test_equal_weights_keep_every_path():
    np.testing.assert_array_equal(resample(np.zeros(1000), 1000, 0.5), np.arange(1000))


def test_weighted_quantiles_of_equal_weights():
    x = np.random.default_rng(2).normal(size=999)
    assert weighted_quantiles(x, np.full(999, 1 / 999), (0.5,)) == [np.quantile(x, 0.5)]


def test_a_linear_gaussian_twin_against_the_kalman_filter(monkeypatch, record):
    """The filter's own weighing and resampling on a random walk that is seen with normal errors: mean and variance of
    40 steps.

    A mean of N paths has an error of about sd sqrt(1 / N) a step; with 5 sd over 80 numbers one in 20,000 runs fails.
    """
    monkeypatch.setattr(particle_filter, "student_t", SimpleNamespace(logpdf=lambda z, _: -0.5 * z * z))
    rng, n, q, r = np.random.default_rng(3), 40_000, 0.3, 0.5
    paths, mean, variance, truth = rng.normal(size=n), 0.0, 1.0, 0.0
    (point,) = (p for p in early_points() if p.market == "Dy")
    end = record.start + timedelta(days=7)
    band = SDS_IN_90_PERCENT * r / 2
    for step in range(40):
        truth += q * rng.normal()
        seen = truth + r * rng.normal()
        paths = paths + q * rng.normal(size=n)
        variance += q * q
        gain = variance / (variance + r * r)
        mean, variance = mean + gain * (seen - mean), (1 - gain) * variance
        quote_now = {("price_ratio", "Dy", "XC"): np.exp(paths)[None]}
        view = SimulatedView(record.start, quote_now, dict.fromkeys(quote_now, 1.0), {}, record.labels.names)
        low, value, high = (float(np.exp(seen + x)) for x in (-band, 0.0, band))
        now = replace(point, first=record.start, end=end, value=value, low=low, high=high)
        told, log_weights = particle_filter._weigh(now, view, np.zeros(n), step)
        assert 0 < told.effective < 1
        paths = paths[resample(log_weights, n, rng.random())]
        assert abs(paths.mean() - mean) < 5 * np.sqrt(3 * variance / n)
        assert abs(paths.var() / variance - 1) < 5 * np.sqrt(3 * 2 / n)


def test_without_knowledge_the_plain_ensemble_is_left(record):
    """An observation whose error is boundless changes nothing, however often it is repeated."""
    vague = early_points(low=1e-50, high=1e50)
    filtered = follow(record, vague * 3)
    plain = backends.get("numba")(record.params, Grid(state=True, keep=PATHS), 1, range(PATHS)).state
    np.testing.assert_array_equal(filtered.state, plain)


def test_observations_draw_the_paths(record):
    """The median quote moves from the forecast towards what was observed, and its spread shrinks."""
    points = early_points()
    assert {p.market for p in points} == {"Dy", "Tb"}
    filtered, plain = (
        follow(record, points, paths=4096),
        follow(record, early_points(low=1e-50, high=1e50), paths=4096),
    )
    for p, f in zip(points, filtered.forecasts, strict=True):
        assert f.low < f.median < f.high
        assert 0 < f.effective < 1
        before, after = quote(record, plain.state, p.market), quote(record, filtered.state, p.market)
        assert after.std() < before.std()


def test_two_seeds_agree(record):
    """Means of two runs differ by less than 5 standard errors, of as many paths as count: one in 1.7 million fails."""
    both = [follow(record, early_points(), seed, 4096) for seed in (1, 2)]
    for market in ("Dy", "Tb", "Y"):
        x, y = (quote(record, f.state, market) for f in both)
        left = 4096 * min(f.effective for b in both for f in b.forecasts)
        assert abs(x.mean() - y.mean()) < 5 * np.sqrt((x.var() + y.var()) / left)


def test_a_file_comes_back(record, tmp_path):
    filtered = follow(record, early_points())
    states = states_of(record, filtered, 100, 1)
    assert encode_states(states) == encode_states(states_of(record, filtered, 100, 1))
    file = tmp_path / "mine.npz"
    file.write_bytes(encode_states(states))
    again = read_states(file)
    assert (again.day, again.members, dict(again.names)) == (states.day, 100, dict(states.names))
    for name, x in states.values.items():
        np.testing.assert_allclose(again.values[name], x, rtol=2**-12, atol=1e-30)
        assert name not in ("regime", "controls.level", "trade.reserve")


@pytest.mark.parametrize("damage", ["missing", "text", "cut", "shape"])
def test_a_file_that_cannot_be_used(tmp_path, damage):
    file, whole = tmp_path / "mine.npz", FIRST_DAY.read_bytes()
    if damage == "text":
        file.write_text("no archive")
    elif damage == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "shape":
        with np.load(FIRST_DAY) as archive:
            arrays = dict(archive)
        np.savez(file, **arrays | {"value/strait": arrays["value/strait"][:3]})
    with pytest.raises(DataError, match="states"):
        read_states(file)


def test_a_run_starts_from_its_states():
    """Quotes of the first week lie about those of the states, whose spread they keep; another day is refused."""
    scenario = load_scenario("base", {"weeks": 1})
    states = read_states(FIRST_DAY)
    assert scenario.params.initial.members.shape == (states.members, count_rows(scenario.params))
    after = backends.get("numba")(scenario.params, Grid(state=True), 1, range(4096)).state
    dy = states.values["outside.p"][:, states.names["material"].index("Dy")]
    assert abs(np.median(quote(scenario, after, "Dy")) - np.median(dy)) < 0.15
    assert quote(scenario, after, "Dy").std() > 0.8 * dy.std()
    with pytest.raises(ConfigError, match="another day"):
        load_scenario("base", {"start": "2026-12-02"})
    assert load_scenario("base", {"start": "2026-12-02", "initial": {"states": None}}).params.initial.members.size == 0


def test_a_file_of_states_is_relative_to_its_config(tmp_path, monkeypatch):
    (tmp_path / "mine.npz").write_bytes(FIRST_DAY.read_bytes())
    config = tmp_path / "mine.yaml"
    config.write_text("base: status_quo\ninitial: {states: mine.npz}\n")
    monkeypatch.chdir("/")
    members = load_scenario(config).params.initial.members
    np.testing.assert_array_equal(members, load_scenario("status_quo").params.initial.members)
    config.write_text("base: status_quo\ninitial: {states: ../mine.npz}\n")
    with pytest.raises(DataError, match="no such file"):
        load_scenario(config)


def test_a_config_wins_over_the_states():
    """What `initial` names of a market is not taken from the states; all else is."""
    plain = load_scenario("base")
    named = load_scenario(
        "base", {"initial": {"price_ratio": {"Dy": {"XC": 2}}, "inventory": {"Y": {"XC": "9 weeks"}}}}
    )
    places = {p.part.name: p for p in locate_parts(plain.params)}
    dy, y = (plain.labels.market.index(m) for m in ("Dy", "Y"))
    changed = np.isnan(named.params.initial.members) & ~np.isnan(plain.params.initial.members)
    rows = set(np.flatnonzero(changed.any(0)))
    assert places["outside.p"].start + dy in rows
    assert places["outside.stock"].start + y in rows
    assert places["outside.p"].start + y not in rows
    assert len(rows) == 8 + 2


def test_markets_that_the_file_does_not_know_start_at_rest():
    states = read_states(FIRST_DAY)
    keep = [n for n in states.names["material"] if n != "Dy"]
    at = [states.names["material"].index(n) for n in keep]
    names = {**states.names, "material": tuple(keep)}
    axes = {p.part.name: p.part.axes for p in locate_parts(load_scenario("base").params)}
    cut = {
        name: x.take(at, 1 + axes[name].index("material")) if "material" in axes[name] else x
        for name, x in states.values.items()
    }
    from supplyshock.scenarios.config.load import load_config
    from supplyshock.scenarios.model_inputs.start_states import _members

    loaded = load_config("base")
    params = load_scenario("base").params
    members = _members(params, replace(states, names=names, values=cut), loaded)
    place = {p.part.name: p for p in locate_parts(params)}["outside.p"]
    dy = place.start + loaded.dataset.labels.market_ids.index("Dy")
    assert np.isnan(members[:, dy]).all()
    assert not np.isnan(members[:, dy - 1]).any()


def test_wrong_observations(tmp_path):
    head, *rows = shipped_record().read_text().splitlines()
    plain = (rows[0], "quote,Dy,XC,2025-05-01,2025-05-15,3.56,2.2,5.8")
    assert plain[1] in plain[0]
    for wrong, message in (
        ("quote,Dy,XC,2024-05-01,2024-05-15,3.56,2.2,5.8", "weeks from 2025-04-02"),
        ("quote,Dy,XC,2025-05-01,2025-05-15,,2.2,5.8", "a value"),
        ("peak_week,Dy,XC,2025-05-01,2025-05-15,3.56,2.2,5.8", "one of quote"),
    ):
        file = tmp_path / "observed.csv"
        file.write_text("\n".join([head, plain[0].replace(plain[1], wrong)]) + "\n")
        with pytest.raises(DataError, match=message):
            find_states("history", file, 16, settings(), None, Progress())
    with pytest.raises(UsageError, match="at least 600"):
        find_states("history", None, 600, settings(), None, Progress())


def test_the_command(tmp_path):
    out = tmp_path / "mine.npz"
    done = json.loads(invoke("nowcast", "--paths", 256, "--members", 64, "--out", out, "--json", "--quiet").stdout)
    assert done["observations"][0]["market"] == "Dy"
    assert read_states(out).members == done["members"] == 64
    assert Path(done["files"][0]) == out
