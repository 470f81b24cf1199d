"""Episodes of the past: scores against closed forms, operators on known paths, negative controls, the page."""

from __future__ import annotations

import csv
import json
import re
import threading
from dataclasses import replace
from datetime import date
from functools import partial
from math import erf, exp, pi, sqrt
from pathlib import Path

import numpy as np
import pytest

from supplyshock.calibration.backtest import simulated_view
from supplyshock.calibration.backtest.observation_operators import OPERATORS, SimulatedView, point_label
from supplyshock.calibration.backtest.observations import shipped_points
from supplyshock.calibration.backtest.observed_point import ObservedPoint
from supplyshock.calibration.backtest.run import choose_episodes, episodes, known_points, run_episode
from supplyshock.calibration.backtest.score_tables import as_csv, from_csv, records, summarise
from supplyshock.calibration.backtest.scores import crps, no_change, random_walk
from supplyshock.calibration.leave_out import sensitivities_digest
from supplyshock.calibration.parameter_posterior import (
    Posterior,
    drawn_params,
    params_with,
    posterior_digest,
    read_posterior,
    shipped_posterior,
)
from supplyshock.calibration.parameter_posterior import as_csv as posterior_csv
from supplyshock.common.errors import DataError
from supplyshock.common.progress import make_progress
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.reporting.page.backtest_publish import backtest, equations_digest, publish, render
from supplyshock.scenarios.config.load import load_config
from supplyshock.scenarios.display_names import DisplayNames
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.scenarios.shipped import optional_names
from support.command import invoke, said

HOW = SimulationSettings(64, seed=3)
DOCS, CONFIGS = (Path(__file__).parents[2] / name for name in ("docs", "configs"))
FILE = shipped_points()


@pytest.fixture(scope="module")
def points() -> tuple[ObservedPoint, ...]:
    return known_points(FILE)


def of(points, name, **changes):
    load = partial(load_scenario, overrides=changes or None)
    return run_episode(name, choose_episodes(name, points, FILE), HOW, load=load)


@pytest.fixture(scope="module")
def quota(points):
    return of(points, "2010")


# --- scores ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mean", "sd", "observed"), [(0.0, 1.0, 0.3), (2.0, 0.5, 4.0), (-1.0, 3.0, -1.0)])
def test_crps_of_a_normal(mean, sd, observed):
    """Gneiting, Raftery, "Strictly proper scoring rules, prediction, and estimation", 2007. Quantiles stand in for
    draws, so there is no luck in this."""
    from statistics import NormalDist

    law = NormalDist(mean, sd)
    x = np.array([law.inv_cdf((i + 0.5) / 20_000) for i in range(20_000)])
    z = (observed - mean) / sd
    exact = sd * (z * erf(z / sqrt(2)) + 2 * exp(-z * z / 2) / sqrt(2 * pi) - 1 / sqrt(pi))
    assert crps(x, observed) == pytest.approx(exact, abs=2e-4 * sd)


def test_crps_of_few_samples():
    assert crps(np.array([2.0]), 3.5) == 1.5, "one sample: the absolute error"
    assert crps(np.array([0.0, 2.0]), 1.0) == pytest.approx(1.0 - 2.0 / 2), "fair: pairs are over n (n - 1)"


def test_crps_punishes_a_wrong_spread_and_a_wrong_centre():
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 1, 400)

    def mean_score(centre, spread):
        x = np.linspace(-3, 3, 301)
        weights = centre + spread * np.repeat(x, np.rint(400 * np.exp(-x * x / 2)).astype(int))
        return np.mean([crps(weights, y) for y in truth])

    best = mean_score(0, 1)
    assert best < min(mean_score(0, 0.3), mean_score(0, 3), mean_score(1, 1))


# --- operators ----------------------------------------------------------------------------------------


def point(measure, market, bloc, first, end, **more):
    fields = dict.fromkeys(("target", "unit", "mark", "source", "note", "where"), "")
    return ObservedPoint("e", "s", measure=measure, market=market, bloc=bloc, first=date.fromisoformat(first),
                 end=date.fromisoformat(end), value=1.0, low=None, high=None, **(fields | more))  # fmt: skip


def view() -> SimulatedView:
    up = np.exp(0.1 * np.arange(1, 11))[:, None] * np.array([1.0, 2.0])
    series = {("price_ratio", m, b): up * k for m, b, k in (("Nd", "XC", 3), ("Nd", "CN", 1), ("Dy", "XC", 6))}
    return SimulatedView(
        date(2020, 1, 1), series, dict.fromkeys(series, 0.5), {("tightenings", "US"): np.array([3.0, 4.0])}
    )


def read(p):
    return OPERATORS[p.measure].read(view(), p)


def test_operators_on_known_paths():
    v = view().series["price_ratio", "Nd", "XC"]
    np.testing.assert_allclose(read(point("quote", "Nd", "XC", "2020-01-08", "2020-01-22")), v[1:3].mean(0))
    early = read(point("quote", "Nd", "XC", "2019-12-18", "2020-01-15"))
    np.testing.assert_allclose(early, (2 * 0.5 + v[:2].sum(0)) / 4, err_msg="weeks before the start count as the start")
    both = read(point("quote", "Nd*.5 Dy*.5", "XC", "2020-01-08", "2020-01-15"))
    np.testing.assert_allclose(both, 1.5 * v[1])
    np.testing.assert_allclose(read(point("wedge", "Nd", "", "2020-01-08", "2020-01-15")), 3)
    np.testing.assert_allclose(read(point("peak_quote", "Nd", "XC", "2020-01-01", "2020-02-01")), v[4])
    np.testing.assert_allclose(read(point("peak_week", "Nd", "XC", "2020-01-01", "2020-02-01")), 4.5)
    np.testing.assert_allclose(read(point("weekly_sd", "Nd", "XC", "2020-01-01", "2020-03-11")), 0, atol=1e-12)
    np.testing.assert_array_equal(read(point("actions", "", "US", "2020-01-01", "2020-03-01")), [3, 4])


def test_monthly_moments_of_a_known_walk():
    """Monthly means of a weekly random walk are correlated by about 1/4 (Working, 1960); 0.05 is many errors."""
    rng = np.random.default_rng(5)
    walk = np.exp(np.cumsum(0.02 * rng.standard_normal((520, 200)), axis=0))
    v = SimulatedView(date(2010, 1, 6), {("price_ratio", "Nd", "CN"): walk}, {}, {})
    p = point("monthly_autocorrelation", "Nd", "CN", "2010-01-06", "2019-12-25")
    got = OPERATORS[p.measure].read(v, p)
    assert np.median(got) == pytest.approx(0.23, abs=0.05)
    sd = OPERATORS["monthly_sd"].read(v, replace(p, measure="monthly_sd"))
    assert np.median(sd) == pytest.approx(0.02 * sqrt(52 / 12 * 2 / 3), rel=0.1)


def test_naive_forecasts_start_where_the_paths_do():
    v = view()
    assert all((x == 0.5).all() for x in no_change(v).series.values())
    walk = random_walk(v, seed=1)
    logs = np.log(walk.series["price_ratio", "Nd", "XC"][-1] / 0.5)
    assert np.std(logs) == pytest.approx(0.24 * sqrt(10 / 52), rel=0.06)
    np.testing.assert_array_equal(
        walk.series["price_ratio", "Nd", "XC"], random_walk(v, 1).series["price_ratio", "Nd", "XC"]
    )


# --- episodes --------------------------------------------------------------------------------------


def test_every_episode_has_points_with_a_source(points):
    by_name = episodes(points)
    assert {"2010", "2018", "2021", "2023", "2025"} <= set(by_name)
    assert {p.target for p in points} >= {f"T{i}" for i in range(1, 8)}
    assert all(len(p.source) > 10 for p in points)


def test_an_episode_is_deterministic_and_does_not_depend_on_pieces(points, monkeypatch):
    once = of(points, "2025")
    monkeypatch.setattr("supplyshock.calibration.backtest.simulated_view.PIECE", 24)
    again = of(points, "2025")
    assert as_csv(records([once])) == as_csv(records([again]))


def test_without_a_policy_the_episodes_are_missed(points):
    """Negative controls: with no quota prices do not rise, with no licences magnets are shipped."""
    calm = of(points, "2010", levers=None)
    peaks = [r for r in calm.rows if r.point.measure == "peak_quote"]
    assert all(not r.inside and r.median < 5 for r in peaks)
    assert not any(r.hit for r in calm.rows if r.point.target in ("T1", "T3"))
    free = of(points, "2025", policy={"events": None})
    (magnets,) = (r for r in free.rows if r.point.target == "T5")
    assert not magnets.inside
    assert not magnets.hit
    assert magnets.low > 0.8


def test_a_shuffled_episode_scores_worse(points, quota):
    """Negative control: the observed numbers of 2010-12 handed to other rows of it."""
    rows = [r for r in quota.rows if r.point.measure == "quote"]
    values = [r.point.value for r in rows]
    order = np.argsort(values)
    swapped = dict(zip(order, order[::-1], strict=True))
    mixed = [replace(r.point, value=values[swapped[i]]) for i, r in enumerate(rows)]
    other = run_episode("2010", mixed, HOW)
    assert np.mean([r.crps for r in other.rows]) > 1.5 * np.mean([r.crps for r in rows])
    assert np.mean([r.crps for r in rows]) < np.mean([r.crps_walk for r in rows])


def test_a_curve_of_prices_says_what_one_is(quota):
    """The baseline of the episode, not of today: 19.12 USD/kg for neodymium in 2009."""
    labels = [fan.label for fan in quota.fans]
    assert "quote of Neodymium outside China (1 = 19.1 USD/kg)" in labels
    assert all("USD/kg" in label for label in labels if label.startswith("quote of "))


def test_rows_survive_the_file(quota):
    rows = records([quota])
    assert from_csv(as_csv(rows)) == rows
    total = summarise(rows)
    assert total.points == len(rows) == total.inside + sum(not r.inside for r in quota.rows)


def test_a_published_loss_is_no_observation_and_horizons_are_weeks(points, quota):
    stops = of(points, "stop")
    losses = [r for r in stops.rows if r.point.measure == "loss"]
    assert len(losses) >= 4
    assert all(r.inside is None and r.lies_in(50) is None for r in losses)
    assert summarise(records([stops])).points == 0
    assert not stops.counts, "nothing that could be covered"
    nd = next(r for r in quota.rows if str(r.point.first) == "2011-01-01" and r.point.market == "Nd")
    assert nd.horizon == pytest.approx((date(2011, 2, 15) - date(2010, 7, 8)).days / 7)
    assert nd.kind == "quotes outside"
    assert next(r for r in quota.rows if r.point.measure == "weekly_sd").horizon is None
    assert all(r.bands[90][0] <= r.bands[80][0] <= r.bands[50][0] <= r.median <= r.bands[50][1] for r in quota.rows)
    assert quota.counts[0].inside.max() <= len(quota.rows)


# --- command line ----------------------------------------------------------------------------------


def test_the_command_prints_json_and_writes_files(tmp_path):
    done = invoke(
        "hindcast", "2023", "--paths", 32, "--json", "--quiet", "--out", tmp_path, "--figure", tmp_path / "f.png"
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["scores"]["points"], len(told["rows"])) == (4, 6), "two are bounds"
    assert all(row["q05"] <= row["median"] <= row["q95"] for row in told["rows"])
    assert (tmp_path / "f.png").read_bytes()[:4] == b"\x89PNG"
    assert len(list(csv.DictReader((tmp_path / "hindcast.csv").read_text(encoding="utf-8").splitlines()))) == 6


def test_the_command_prints_a_table():
    done = invoke("hindcast", "2023", "--paths", 32)
    assert done.exit_code == 0, done.output
    assert "price paid for Ga outside China" in done.stdout
    assert "random walk" in done.stdout


def test_own_config_and_own_points(tmp_path):
    config = tmp_path / "mine.yaml"
    config.write_text("base: hindcast_2023\n", encoding="utf-8")
    text = FILE.read_text(encoding="utf-8").splitlines()
    own = tmp_path / "own.csv"
    mine = [line.replace("2023,hindcast_2023,", "x,mine,") for line in text if line.startswith("2023,")]
    own.write_text("\n".join([text[0], *mine]) + "\n", encoding="utf-8")
    done = invoke("hindcast", config, "--observed", own, "--paths", 32, "--json", "--quiet")
    assert done.exit_code == 0, done.output
    shipped = json.loads(invoke("hindcast", "2023", "--paths", 32, "--json", "--quiet").stdout)
    told = json.loads(done.stdout)
    assert [r["median"] for r in told["rows"]] == [r["median"] for r in shipped["rows"]]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (("quote,Ge", "qoute,Ge"), "did you mean 'quote'?"),  # codespell:ignore qoute
        (("quote,Ge", "quote,Gex"), "a market"),
        (("2024-01-01,2025-01-01,1.430", "2025-01-01,2024-01-01,1.430"), "a date after `from`"),
        (("1.430", "much"), "a number above 0"),
        (("sourced", "certain"), "one of sourced"),
        (("quote,Ge,XC", "quote,Ge,EU"), "one of CN, XC"),
        (("2024-01-01,2025-01-01,1.430", "2034-01-01,2035-01-01,1.430"), "within the 130 weeks"),
    ],
)
def test_bad_points_are_refused(tmp_path, change, wanted):
    text = FILE.read_text(encoding="utf-8").splitlines()
    line = next(t for t in text if t.startswith("2023,") and "quote,Ge,XC,2024" in t)
    own = tmp_path / "own.csv"
    own.write_text("\n".join([text[0], line.replace(*change)]) + "\n", encoding="utf-8")
    done = invoke("hindcast", "2023", "--observed", own, "--paths", 8, "--quiet")
    assert done.exit_code == 65, done.output
    assert "own.csv:2" in said(done)
    assert wanted in said(done)


@pytest.mark.parametrize(
    ("arguments", "code", "wanted"),
    [
        (("2011",), 65, "hindcast_2010"),
        (("status_quo",), 65, "no observed point"),
        (("2023", "--page", "x.md"), 2, "`all`"),
        (("2023", "--observed", "nowhere.csv"), 65, "a file that can be read"),
        (("2023", "--weeks", "20"), 65, "within the 20 weeks"),
    ],
)
def test_wrong_use_is_one_clear_error(arguments, code, wanted):
    done = invoke("hindcast", *arguments, "--paths", 8, "--quiet")
    assert done.exit_code == code, done.output
    assert wanted in said(done)
    assert not done.stdout


def test_a_scenario_without_points_is_refused(points):
    with pytest.raises(DataError, match="no observed point"):
        choose_episodes("status_quo", points, FILE)


# --- the page --------------------------------------------------------------------------------------


def test_the_page_is_what_its_rows_say():
    assert (DOCS / "backtest.md").read_text(encoding="utf-8") == render(DOCS, CONFIGS)


def test_the_page_is_of_these_scenarios(points):
    """Parameters, data or an episode changed since the page was made: `make backtest` makes it anew."""
    rows, about = backtest()
    now = {s: load_scenario(s).digest for s in dict.fromkeys(p.scenario for p in points)}
    assert about["digests"] == now, "stale: run `make backtest`"
    apart = {load_scenario(name).name: load_scenario(name).digest for name in optional_names() if "hindcast" in name}
    assert about["held_out"] == apart, "stale: run `make backtest`"
    assert about["equations"] == equations_digest(), "stale: run `make backtest`"
    assert about["posterior"] == posterior_digest(), "stale: run `make backtest`"
    assert about["sensitivities"] == sensitivities_digest(), "stale: run `calibrate markets`, then `make backtest`"
    shown = ("from", "observed", "band_low", "band_high", "mark", "source", "note")
    assert [tuple(r[k] for k in ("what", *shown)) for r in rows] == [
        (
            point_label(p, DisplayNames()),
            str(p.first),
            *(_four(x) for x in (p.value, p.low, p.high)),
            p.mark,
            p.source,
            p.note,
        )
        for mine in episodes(points).values()
        for p in mine
    ]
    assert all((DOCS / name).is_file() for name in about["pictures"].values())


def test_a_page_of_its_own(quota, tmp_path):
    files = publish([with_a_miss(quota)], tmp_path / "b.md", tmp_path)
    assert {f.name for f in files} == {"b.md", "backtest.csv", "backtest.json", "backtest_pit.png", "backtest_2010.png"}
    text = (tmp_path / "b.md").read_text(encoding="utf-8")
    assert text == render(tmp_path, tmp_path)
    assert text.count("| 2010-07-08 to") == sum(r.point.first == date(2010, 7, 8) for r in quota.rows)
    publish([quota], tmp_path / "as_it_is.md", tmp_path)
    outside = [(tmp_path / name).read_text(encoding="utf-8").count("**out**") for name in ("b.md", "as_it_is.md")]
    assert outside[0] == outside[1] + 1, "misses are shown"


def with_a_miss(episode):
    """The episode, with a band that leaves out the first point it held."""
    at = next(i for i, r in enumerate(episode.rows) if r.inside)
    missed = replace(episode.rows[at], bands=dict.fromkeys(episode.rows[at].bands, (1000.0, 10000.0)))
    return replace(episode, rows=(*episode.rows[:at], missed, *episode.rows[at + 1 :]))


def _four(x: float | None) -> str:
    return "" if x is None else f"{x:.4g}"


def test_marks_are_those_of_the_prices_they_are_made_from(points):
    """A ratio is no better than the worse of its two prices."""
    rows = list(csv.DictReader((CONFIGS / "data/raw/price_history.csv").read_text(encoding="utf-8").splitlines()))
    grade = ["sourced", "derived", "unverified", "expert judgement"]
    checked = 0
    for p in points:
        if not (made := re.match(r"price_history.csv: ([\d,.]+) USD/kg .*?over ([\d,.]+)", p.source)):
            continue
        (market, _), *_ = p.weights
        for text in made.groups():
            price = float(text.rstrip(",.").replace(",", ""))
            marks = {r["confidence"] for r in rows if r["element"] == market and float(r["price_usd_kg"]) == price}
            assert marks, (p.where, price)
            assert grade.index(p.mark) >= min(grade.index(m) for m in marks), (p.where, price, marks)
            checked += 1
    assert checked > 40


def test_a_bound_is_no_observation(points):
    """It has no value, counts neither as inside nor as a target unless it is one, and has no CRPS."""
    made = of(points, "2023")
    rows = records([made])
    bounds = [r for r in rows if not r["observed"]]
    assert {r["what"] for r in bounds} == {"exports of Ga from China", "exports of Ge from China"}
    assert all(r["inside"] == r["crps"] == r["target"] == "" and r["hit"] for r in bounds)
    total = summarise(rows)
    assert (total.points, total.targets) == (len(rows) - 2, 0)


def test_a_point_outside_the_weeks_is_refused(points):
    early = replace(choose_episodes("2023", points, FILE)[0], first=date(2020, 1, 1), end=date(2020, 2, 1))
    with pytest.raises(DataError, match="within the 130 weeks from 2023-07-03"):
        run_episode("2023", [early], HOW)


# --- parameters that are drawn -----------------------------------------------------------------------


def test_draws_have_the_law_of_the_posterior():
    """Means and covariances of 4,000 draws within 5 standard errors, where nothing is moved into a range."""
    covariance = np.array([[4.0, 1.0], [1.0, 9.0]])
    law = Posterior(("a", "b"), np.array([1.0, -2.0]), np.full(2, -1e3), np.full(2, 1e3), covariance)
    x = np.array([[d["a"], d["b"]] for d in law.draw(4000, 1)])
    assert np.abs(x.mean(0) - law.best).max() < 5 * 3 / sqrt(4000)
    np.testing.assert_allclose(np.cov(x.T), covariance, atol=5 * 9 * sqrt(2 / 4000))
    assert law.draw(3, 1) == law.draw(4000, 1)[:3]
    narrow = replace(law, low=np.array([0.0, -3.0]), high=np.array([2.0, -1.0]))
    inside = np.array([list(d.values()) for d in narrow.draw(500, 1)])
    assert (inside >= narrow.low).all()
    assert (inside <= narrow.high).all()


def test_the_shipped_posterior_is_that_of_the_parameters(tmp_path):
    posterior = read_posterior(shipped_posterior())
    data = load_config("base").dataset
    for name, best, low, high in zip(posterior.names, posterior.best, posterior.low, posterior.high, strict=True):
        kind, _, rest = name.partition(".")
        now = data.prior[rest].center if kind == "priors" else data.parameter[name,].value
        assert low <= best <= high
        assert now == pytest.approx(best, abs=0.006 * abs(best) + 1e-9), name
    (tmp_path / "p.csv").write_text(posterior_csv(posterior), encoding="utf-8")
    again = read_posterior(tmp_path / "p.csv")
    np.testing.assert_allclose(again.covariance, posterior.covariance, rtol=1e-5)
    (tmp_path / "p.csv").write_text("name,best\na,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="posterior"):
        read_posterior(tmp_path / "p.csv")


def test_what_a_config_sets_is_not_drawn():
    loaded = load_config("base", {"parameters": {"material.eta": 0.3}})
    (params,) = drawn_params(loaded, [{"material.eta": 0.2, "material.chi": 0.9, "priors.use_elasticity": 0.15}])
    assert float(params.material.eta) == pytest.approx(0.3)
    assert float(params.material.chi) == pytest.approx(0.9)
    assert float(params.priors.center[1]) == pytest.approx(0.15)


def test_an_episode_of_drawn_parameters_holds_all_its_paths(points):
    """The paths of three sets stand side by side, as many as were asked for, each set with luck of its own."""
    mine = choose_episodes("2023", points, FILE)
    scenario, told, stop = load_scenario("hindcast_2023"), make_progress("quiet"), threading.Event()
    sets = [params_with(load_config("hindcast_2023"), {"material.jump": j}) for j in (0.1, 0.6, 1.2)]
    whole = simulated_view.pooled_view(scenario, mine, HOW, sets, told, stop)
    sizes = [len(part) for part in np.array_split(range(HOW.paths), 3)]
    parts = [
        simulated_view.simulate_view(
            replace(scenario, params=p), mine, replace(HOW, paths=n, seed=HOW.seed + 1000 * k), told, stop
        )
        for k, (p, n) in enumerate(zip(sets, sizes, strict=True))
    ]
    for key, series in whole.series.items():
        assert series.shape[1] == HOW.paths
        np.testing.assert_array_equal(series, np.concatenate([v.series[key] for v in parts], axis=1))
    rows = run_episode("2023", mine, HOW, draw=lambda name: sets).rows
    assert [r.point for r in rows] == list(mine)
