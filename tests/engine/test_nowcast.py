"""The particle filter, files of states, and runs that start from them."""

from __future__ import annotations

import csv
import json
import math
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import t as student_t

from supplyshock.calibration.backtest.observations import read_points
from supplyshock.calibration.backtest.observed_point import ObservedPoint
from supplyshock.calibration.backtest.run import known_points
from supplyshock.calibration.nowcast import particle_filter
from supplyshock.calibration.nowcast.first_day import states_of
from supplyshock.calibration.nowcast.held_approval import with_held_approval
from supplyshock.calibration.nowcast.liu_west import jitter
from supplyshock.calibration.nowcast.nowcast import NowcastRequest, find_states
from supplyshock.calibration.nowcast.observations import base_prices, in_ratios, record_points, shipped_record
from supplyshock.calibration.nowcast.particle_file import encode_particles
from supplyshock.calibration.nowcast.particle_filter import (
    Filtered,
    FilterOptions,
    Forecast,
    Watch,
    error_of,
    follow_record,
    weigh_week,
)
from supplyshock.calibration.nowcast.particles import Particles, rows_of_markets
from supplyshock.calibration.nowcast.resampling import (
    effective_share,
    resample,
    resample_in_place,
    tempered_share,
    weighted_quantiles,
)
from supplyshock.calibration.nowcast.rivals import last_known, naive_rivals
from supplyshock.calibration.nowcast.window_means import add_weeks
from supplyshock.calibration.student import FREEDOM, SCALES_IN_90_PERCENT
from supplyshock.common.errors import ConfigError, DataError, UsageError
from supplyshock.common.progress import Progress
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.reporting.page.nowcast import unexplained
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock.scenarios.shipped import default_data
from supplyshock.scenarios.state_file import encode_states, read_states
from supplyshock_kernels import backends
from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.params import Grid
from supplyshock_kernels.params.path_state import count_rows, locate_parts
from support.command import invoke, is_one_clear_line

PATHS = 512
FIRST_DAY = default_data() / "states" / "first_day.npz"


@pytest.fixture(scope="module")
def record() -> Scenario:
    """Ten weeks from the licences of April 2025, at rest."""
    return load_scenario("hindcast_2025", {"name": "history", "weeks": 10, "start": "2025-04-02"})


def settings(seed: int = 1, paths: int = PATHS) -> SimulationSettings:
    return SimulationSettings(paths=paths, seed=seed)


def follow(record: Scenario, points, seed: int = 1, paths: int = PATHS) -> Filtered:
    return follow_record(record, points, settings(seed, paths), Watch(Progress(), threading.Event()))


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


def kalman_twin(monkeypatch, record, q: float, r: float, options: FilterOptions):
    """A random walk seen with normal errors for 40 steps: after each, particles, and the exact mean and variance."""
    monkeypatch.setattr(particle_filter, "student_t", SimpleNamespace(logpdf=lambda z, _: -0.5 * z * z))
    rng, n, mean, variance, truth = np.random.default_rng(3), 40_000, 0.0, 1.0, 0.0
    rows = rows_of_markets(record, ("Dy",))
    particles = Particles(np.zeros((count_rows(record.params), n), np.float32), np.zeros(n))
    particles.state[:] = rng.normal(size=n)
    (point,) = (p for p in early_points() if p.market == "Dy")
    band = SCALES_IN_90_PERCENT * r / 2
    for _ in range(40):
        truth += q * rng.normal()
        seen = truth + r * rng.normal()
        particles.state += q * rng.normal(size=n)
        variance += q * q
        gain = variance / (variance + r * r)
        mean, variance = mean + gain * (seen - mean), (1 - gain) * variance
        low, value, high = (float(np.exp(seen + x)) for x in (-band, 0.0, band))
        now = replace(point, value=value, low=low, high=high)
        particles.sums[now] = np.exp(particles.state[rows[0]])
        (told,) = weigh_week(record, [now], particles, rng, options)
        assert 0 < told.effective < 1
        if told.whole == 1.0:
            particles.take(resample(particles.log_weights, n, rng.random()))
        yield told, particles, mean, variance


def test_a_linear_gaussian_twin_against_the_kalman_filter(monkeypatch, record):
    """Mean and variance of 40 steps, by the filter's own weighing and resampling.

    A mean of N paths has an error of about sd sqrt(1 / N) a step; with 5 sd over 80 numbers one in 20,000 runs fails.
    """
    whole = FilterOptions(move_theta=False, floor=0.0)
    for told, particles, mean, variance in kalman_twin(monkeypatch, record, 0.3, 0.5, whole):
        x, n = particles.state[0], particles.count
        assert told.whole == 1.0
        assert abs(x.mean() - mean) < 5 * np.sqrt(3 * variance / n)
        assert abs(x.var() / variance - 1) < 5 * np.sqrt(3 * 2 / n)


def test_a_sharp_observation_reaches_its_market_whole_and_others_in_part(monkeypatch, record):
    """What is tempered for whole paths is made up for the market itself, whose mean and variance stay the exact ones.

    A tenth of the particles counts at the least, so errors are those of a twentieth of them; one in 20,000 runs fails.
    """
    tempered = FilterOptions(move_theta=False, floor=0.3)
    own = rows_of_markets(record, ("Dy",))
    other = rows_of_markets(record, ("Tb",))[0]
    shares = []
    for told, particles, mean, variance in kalman_twin(monkeypatch, record, 0.3, 0.05, tempered):
        shares.append(told.whole)
        for x in particles.state[[own[0], own[-1]]]:
            assert abs(x.mean() - mean) < 5 * np.sqrt(20 * variance / particles.count)
            assert abs(x.var() / variance - 1) < 5 * np.sqrt(20 * 2 / particles.count)
    assert max(shares) < 1.0
    assert particles.state[other].var() > 3 * particles.state[own[0]].var()


def test_local_resampling_keeps_survivors_in_place():
    rng = np.random.default_rng(4)
    log_weights = rng.normal(size=1000)
    chosen, plain = resample_in_place(log_weights, 0.3), resample(log_weights, 1000, 0.3)
    np.testing.assert_array_equal(np.sort(chosen), np.sort(plain))
    assert (chosen[np.unique(plain)] == np.unique(plain)).all()
    np.testing.assert_array_equal(resample_in_place(np.zeros(1000), 0.3), np.arange(1000))


def test_the_tempered_share_leaves_the_floor():
    rng = np.random.default_rng(5)
    sharp, mild = 20 * rng.normal(size=10_000), 0.01 * rng.normal(size=10_000)
    share = tempered_share(np.zeros(10_000), sharp, 0.05)
    assert effective_share(share * sharp) == pytest.approx(0.05, rel=1e-3)
    assert tempered_share(np.zeros(10_000), mild, 0.05) == 1.0


def test_parameters_move_without_drift(record):
    """200 moves without observations keep mean and spread of every parameter, within its range.

    Noise moves a mean by sd sqrt((1 - a^2) / N) a move at most were it not given back; what is left is what the ends of
    ranges cut, so the bounds are no statistical ones: .02 sd of the mean, 2 % of the spread. Parameters that are
    drawn together stay together.
    """
    params, n = record.params, 4096
    state = backends.get("numba")(params, Grid(state=True, keep=n), 1, range(n)).state
    before = state[-len(NAMES) :]
    theta, rng = before, np.random.default_rng(6)
    for _ in range(200):
        theta = jitter(theta, params.priors, rng)
    logs = np.asarray(params.priors.lognormal) > 0.5
    x, y = (np.where(logs[:, None], np.log(np.where(logs[:, None], t, 1)), t).astype(float) for t in (before, theta))
    spread = np.maximum(x.std(1), 1e-6)
    assert (np.abs(y.mean(1) - x.mean(1)) < 0.02 * spread).all()
    assert (np.abs(y.std(1) / spread - 1)[x.std(1) > 0.01] < 0.02).all()
    low, high = (np.asarray(end)[:, None] for end in (params.priors.low, params.priors.high))
    assert ((theta >= low * (1 - 1e-6)) & (theta <= high * (1 + 1e-6)))[low[:, 0] > 0].all()
    assert np.corrcoef(x[0], y[0])[0, 1] < 0.5  # they did move
    together = [NAMES.index(name) for name in ("substitution", "use_elasticity")]
    assert np.corrcoef(y[together])[0, 1] > 0.9 * np.corrcoef(x[together])[0, 1]


def test_figures_of_the_record_are_those_of_the_price_history():
    """Averages in the table and at the start are price_history.csv over the price of the data set."""
    with (default_data() / "raw" / "price_history.csv").open() as file:
        yearly = {
            (r["element"], r["period"]): float(r["price_usd_kg"]) for r in csv.DictReader(file) if r["freq"] == "A"
        }
    record = load_scenario("history")
    base = base_prices(record)
    points = [p for p in read_points(shipped_record(), {"market": record.labels.market, "chip": ()}) if p.weights]
    averages = [p for p in points if p.source.startswith("price_history.csv")]
    assert len(averages) == 38
    for p in averages:
        assert (p.first.month, p.first.day, (p.end - p.first).days // 360) == (1, 1, 1)
        assert p.value == pytest.approx(yearly[p.market, str(p.first.year)] / base[p.market], rel=1e-3)
    at_start = record.config["initial"]["price_ratio"]
    assert set(at_start) == {p.market for p in averages if p.first.year == 2023}
    for market, ratio in at_start.items():
        assert ratio["CN"] == ratio["XC"] == pytest.approx(yearly[market, "2022"] / base[market], rel=1e-3)


def test_ratios_of_the_back_test_count_from_the_prices_of_the_record():
    """1,991 USD/kg is 1.43 of the 1,392 from which the episode counts, and 1 of the data set's price."""
    record = load_scenario("history")
    points = record_points(None, record)
    (ge,) = (p for p in points if (p.market, p.first.year) == ("Ge", 2024))
    assert ge.value == pytest.approx(1991 / base_prices(record)["Ge"], rel=1e-3)
    dy = [p for p in points if (p.measure, p.market, p.bloc, p.first.year) == ("quote", "Dy", "XC", 2025)]
    assert [p.value for p in dy] == [3.56]  # the record's own row replaces that of the back-test
    late = [p for p in points if p.first.year >= 2025]
    assert len(late) >= 30


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


def test_synthetic_observations_are_recovered(record):
    """Paths of the model as truth, seen with the errors of observation: bands of 90 % hold the true quote 40 times.

    With 40 independent truths fewer than 30 lie within in one run of 3,000, all 40 in 1.5 %, which is no failure.
    """
    truths, grid = 40, Grid(keep=40, state=True)
    simulated = backends.get("numba")(record.params, grid, 99, range(truths))
    points = early_points()
    seen, rng, inside = add_weeks(record, simulated, range(record.weeks), points), np.random.default_rng(7), 0
    true = quote(record, simulated.state, "Dy")
    spreads = []
    for k in range(truths):
        values = {p: float(seen[p][k] * np.exp(error_of(p) * rng.standard_t(FREEDOM))) for p in points}
        own = [replace(p, value=v, low=v * p.low / p.value, high=v * p.high / p.value) for p, v in values.items()]
        quotes = quote(record, follow(record, own, seed=k + 1, paths=1024).state, "Dy")
        low, high = np.quantile(quotes, (0.05, 0.95))
        inside += low <= true[k] <= high
        spreads.append(quotes.std())
    assert inside >= 30
    assert np.median(spreads) < 0.9 * true.std()  # they say something


def test_naive_forecasts(record):
    """No change: Student's t about the start, then about the last number of the series with both errors."""
    (dy,) = (p for p in early_points() if p.market == "Dy")
    later = replace(dy, first=dy.first + timedelta(days=28), end=dy.end + timedelta(days=28), value=4.0)
    assert last_known(record, [dy, later], dy)[:2] == (0.0, 0.0)
    center, scale, years = last_known(record, [dy, later], later)
    assert (center, scale) == (math.log(dy.value), error_of(dy))
    assert years == pytest.approx(28 / 7 / 52, rel=0.01)
    alone = replace(dy, value=1.0)
    result = SimpleNamespace(scenario=record, filtered=SimpleNamespace(forecasts=[SimpleNamespace(point=alone)]))
    still, walk = naive_rivals(result)
    assert still.log_evidence == pytest.approx(student_t.logpdf(0, FREEDOM) - math.log(error_of(alone)), rel=1e-6)
    assert walk.log_evidence < still.log_evidence
    assert still.inside == walk.inside == 1


def test_the_page(tmp_path):
    page = tmp_path / "page.md"
    assert invoke("nowcast", "--paths", 256, "--members", 64, "--weeks", 140, "--page", page, "--quiet").exit_code == 0
    text = page.read_text()
    for heading in ("### By kind and horizon", "## Paths left", "## What the record says", "## Against rivals"):
        assert text.count(heading) == 1
    assert all(f"| {name} |" in text for name in ("no change", "the model", "the model without hoarding"))
    assert text.count("| `") == len(NAMES)


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


def test_states_bring_the_day_of_their_start(tmp_path, monkeypatch):
    """Where a layer names states and no start; a start beside or above them has to be their day, and is told."""
    file = tmp_path / "later.npz"
    file.write_bytes(encode_states(replace(read_states(FIRST_DAY), day=date(2026, 11, 18))))
    config = tmp_path / "mine.yaml"
    for text in ("initial: {states: later.npz}", "start: 2026-11-18\ninitial: {states: later.npz}"):
        config.write_text(f"base: base\n{text}\n")
        assert load_scenario(config).start == date(2026, 11, 18)
    assert load_scenario("base", {"initial": {"states": str(file)}}).start == date(2026, 11, 18)
    assert load_scenario(config, {"initial": {"states": "first_day"}}).start == date(2026, 10, 7)
    config.write_text("base: base\nstart: 2026-12-02\ninitial: {states: later.npz}\n")
    with pytest.raises(ConfigError, match="mine.yaml:2: .* write start: 2026-11-18, or leave start out"):
        load_scenario(config)
    with pytest.raises(DataError, match="no such file"):
        load_scenario("base", {"initial": {"states": "nowhere.npz"}})


def test_approvals_of_the_last_day_hold_on_until_news():
    """Beyond the record they stay as on its last day; an event wins, and a record that is cut is as it was."""
    record = load_scenario("history")
    long = find_states(NowcastRequest(members=4, to=date(2026, 11, 18)), settings(paths=256), Progress()).scenario
    last = record.params.schedule
    for name in ("approval", "approval_of"):
        forced, later = getattr(last, name)[-1], getattr(long.params.schedule, name)[record.weeks :]
        np.testing.assert_array_equal(later, np.broadcast_to(forced, later.shape))
    event = {"date": "2026-10-21", "approval": 0.9, "until": "2026-10-28"}
    changed = with_held_approval(record, {"weeks": 215, "policy": {"events": [event]}})
    approval = load_scenario("history", changed).params.schedule.approval
    assert list(approval[209:215]) == [0.4, 0.4, 0.9, 0.4, 0.4, 0.4]
    assert with_held_approval(record, {"weeks": 209}) == {"weeks": 209}


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
    """What `initial` names of a market in a bloc is not taken from the states; all else is, the other bloc included."""
    plain = load_scenario("base")
    named = load_scenario(
        "base", {"initial": {"price_ratio": {"Dy": {"XC": 2}}, "inventory": {"Y": {"XC": "9 weeks"}}}}
    )
    places = {p.part.name: p for p in locate_parts(plain.params)}
    dy, y = (plain.labels.market.index(m) for m in ("Dy", "Y"))
    changed = np.isnan(named.params.initial.members) & ~np.isnan(plain.params.initial.members)
    rows = set(np.flatnonzero(changed.any(0)))
    assert rows == {places["outside.p"].start + dy, places["outside.stock"].start + y}


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


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("quote,Dy,XC,2022-05-01,2022-05-15,3.56,2.2,5.8", "weeks from 2022-10-05"),
        ("quote,Dy,XC,2025-05-01,2025-05-15,,2.2,5.8", "a value"),
        ("peak_week,Dy,XC,2025-05-01,2025-05-15,3.56,2.2,5.8", "one of quote"),
        ("smell,Dy,XC,2025-05-01,2025-05-15,3.56,2.2,5.8", "1 problem"),
        ("quote,Dy,XC,2025-05-01,2025-05-15,3.56,5.8,2.2", "low < high"),
    ],
)
def test_wrong_observations(tmp_path, wrong, message):
    head, *rows = shipped_record().read_text().splitlines()
    plain = "quote,Dy,XC,2025-05-01,2025-05-15,3.56,2.2,5.8"
    (row,) = (r for r in rows if plain in r)
    file = tmp_path / "observed.csv"
    file.write_text("\n".join([head, row.replace(plain, wrong)]) + "\n")
    with pytest.raises(DataError, match=message):
        find_states(NowcastRequest(observed=file, members=16), settings(), Progress())


def test_an_observation_that_no_path_can_have(record):
    """A price in another unit is no news: refused, with what paths have."""
    with pytest.raises(DataError, match="no path can have this observation"):
        follow(record, early_points(value=3.56e20, low=3.5e20, high=3.6e20))


@pytest.mark.parametrize(
    ("value", "position", "says"),
    [(259.0, 1.0, "Check its unit."), (0.01, 0.0, "Check its unit."), (9.0, 1.0, "so little is learned from it."),
     (3.0, 0.97, None)],
)  # fmt: skip
def test_an_observation_beyond_all_paths_is_named(record, value, position, says):
    (point, *_) = early_points(value=value)
    forecast = Forecast(point, 2.0, 3.0, 6.0, position, 0.98, 1.0, -9.0)
    found = unexplained(SimpleNamespace(scenario=record, filtered=SimpleNamespace(forecasts=[forecast])))
    assert [text.endswith(says) and f"{value:.3g} times" in text for text in found] == [True] * (says is not None)


@pytest.mark.parametrize(("day", "words"), [(date(2026, 9, 28), "2026-09-23 or 2026-09-30"),
                                            (date(2022, 10, 5), "a day from 2022-10-12 on")])  # fmt: skip
def test_a_record_is_followed_to_the_first_day_of_a_week(day, words):
    with pytest.raises(UsageError, match=words):
        find_states(NowcastRequest(members=4, to=day), settings(paths=256), Progress())


def test_paths_go_on_from_a_file_to_the_same_bits(tmp_path):
    """Five weeks, a file, five more: the bits of ten weeks at once. An observation from before the file is refused."""
    config = {"weeks": 5}
    half = find_states(NowcastRequest(members=16, observed=_vague(tmp_path), overrides=config), settings(), Progress())
    file = tmp_path / "paths.npz"
    file.write_bytes(encode_particles(half.scenario, half.filtered.particles))
    assert file.read_bytes() == encode_particles(half.scenario, half.filtered.particles)
    day = half.states.day + timedelta(weeks=5)
    on = find_states(NowcastRequest(members=16, after=file, to=day), settings(), Progress())
    plain = backends.get("numba")(load_scenario("history", {"weeks": 10}).params, Grid(state=True), 1, range(PATHS))
    np.testing.assert_array_equal(on.filtered.state, plain.state)
    assert on.states.day == day
    with pytest.raises(DataError, match="where the paths end, or later"):
        find_states(NowcastRequest(members=16, after=file, observed=_vague(tmp_path), to=day), settings(), Progress())
    with pytest.raises(DataError, match="beyond 2022-11-09"):
        find_states(NowcastRequest(members=16, after=file, to=half.states.day), settings(), Progress())
    whole = file.read_bytes()
    for damaged in (b"no archive", whole[: len(whole) // 2], whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]):
        file.write_bytes(damaged)
        with pytest.raises(DataError, match="cannot be continued"):
            find_states(NowcastRequest(members=16, after=file, to=day), settings(), Progress())


def _vague(folder: Path) -> Path:
    """One observation of the second week that says nothing."""
    file = folder / "vague.csv"
    head = shipped_record().read_text().splitlines()[0]
    file.write_text(f"{head}\nrecord,history,,quote,Dy,CN,2022-10-12,2022-10-19,1,1e-50,1e50,1,derived,nobody,\n")
    return file


def test_news_after_the_first_day(tmp_path):
    """Five observations and an action that the record does not have move the states of a later day."""
    paths, news = tmp_path / "paths.npz", tmp_path / "news.csv"
    invoke("nowcast", "--paths", 1024, "--members", 64, "--weeks", 140, "--keep", paths, "--quiet")
    day, later = date(2025, 6, 11), date(2025, 7, 2)
    head = shipped_record().read_text().splitlines()[0]
    rows = [
        f"news,history,,quote,{market},XC,{day},{later},{value},{value / 2},{value * 2},1,unverified,a test,"
        for market, value in (("Dy", 9), ("Tb", 8), ("Y", 9), ("Sm", 5), ("Gd", 5))
    ]
    news.write_text("\n".join([head, *rows]) + "\n")
    on = ("nowcast", "--continue", paths, "--to", later, "--members", 64, "--json", "--quiet")
    told = json.loads(invoke(*on, "--observed", news).stdout)
    assert (told["day"], len(told["observations"])) == ("2025-07-02", 5)
    medians = []
    for event in ((), ("--event", f"{day} approval=1 approval_of.Dy=1 control.ree_2025_04=0 until={later}")):
        out = tmp_path / "later.npz"
        invoke(*on, "--out", out, *event)
        states = read_states(out)
        medians.append(np.median(states.values["outside.p"][:, states.names["material"].index("Dy")]))
    assert medians[1] < medians[0] - 0.05
    for wrong in ("2025-06-11", "soon approval=1", "2025-06-11 approval"):
        refused = invoke(*on, "--event", wrong)
        assert (refused.exit_code, "--event" in refused.stderr or "--set" in refused.stderr) == (2, True)
        assert is_one_clear_line(refused)


def test_more_states_than_paths():
    with pytest.raises(UsageError, match="at least 600"):
        find_states(NowcastRequest(members=600), settings(), Progress())


def test_the_command(tmp_path):
    out = tmp_path / "mine.npz"
    done = json.loads(invoke("nowcast", "--paths", 256, "--members", 64, "--out", out, "--json", "--quiet").stdout)
    assert len(done["observations"]) == 78
    assert read_states(out).members == done["members"] == 64
    assert Path(done["files"][0]) == out


def test_a_price_in_usd_counts_over_the_base_price() -> None:
    point = read_points_of_record()[0]
    base = {point.market: 250.0}
    dollars = replace(point, value=1500.0, low=1000.0, high=None, unit="USD/kg")
    ratio = in_ratios(dollars, base)
    assert (ratio.value, ratio.low, ratio.unit) == (6.0, 4.0, "1")
    assert in_ratios(point, base) is point
    for wrong in (replace(dollars, unit="CNY/kg"), replace(dollars, measure="exports")):
        with pytest.raises(DataError, match="this observation cannot weight paths"):
            in_ratios(wrong, base)
    with pytest.raises(DataError, match="this observation cannot weight paths"):
        in_ratios(dollars, {})  # a chip has no price in USD/kg


def read_points_of_record() -> list[ObservedPoint]:
    return [p for p in record_points(None, load_scenario("history")) if p.measure == "quote"]
