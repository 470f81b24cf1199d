"""Episodes left out: a linear model whose answer is known, the file, the command."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from supplyshock.calibration.backtest.left_out import draw_without, leave_out_each
from supplyshock.calibration.backtest.observations import shipped_points
from supplyshock.calibration.backtest.run import choose_episodes, known_points, run_episode
from supplyshock.calibration.leave_out import (
    Sensitivities,
    as_csv,
    posterior_without,
    read_sensitivities,
    shipped_sensitivities,
)
from supplyshock.calibration.markets.objective import Residual, fitted_points
from supplyshock.common.errors import DataError
from supplyshock.execution.simulation_settings import SimulationSettings
from support.command import invoke

SLOPES = np.array([[10.0, 0.0], [0.0, 4.0], [3.0, 3.0]])
TRUE = np.array([0.3, 0.6])
"""Coordinates at which every residual is zero."""


def linear(best=(0.5, 0.5), low=(0.0, 0.0), high=(1.0, 1.0)) -> Sensitivities:
    """Three targets of two parameters, from episodes a, b, a, at coordinates `best`."""
    low, high = np.array(low), np.array(high)
    x = np.array(best)
    rows = (("one", "a"), ("two", "b"), ("three", "a"))
    return Sensitivities(("p", "q"), low + x * (high - low), low, high, rows, SLOPES @ (x - TRUE), SLOPES)


def ridge(keep) -> tuple[np.ndarray, np.ndarray]:
    """The mode and the covariance of the kept rows with a normal prior around .5 that has 90 % between 0 and 1."""
    j = SLOPES[keep]
    precision = j.T @ j + 3.29**2 * np.eye(2)
    return np.linalg.solve(precision, j.T @ j @ TRUE + 3.29**2 * np.array([0.5, 0.5])), np.linalg.inv(precision)


@pytest.mark.parametrize(("episode", "keep"), [(None, [0, 1, 2]), ("a", [1]), ("b", [0, 2])])
@pytest.mark.parametrize("best", [(0.5, 0.5), (0.1, 0.9)])
def test_the_posterior_without_an_episode_is_that_of_the_rest(episode, keep, best):
    """Of a linear model the answer does not depend on the point at which the derivatives were taken."""
    got = posterior_without(linear(best), episode)
    mode, covariance = ridge(keep)
    np.testing.assert_allclose(got.best, mode, atol=1e-6)
    np.testing.assert_allclose(got.covariance, covariance, rtol=1e-9)


def test_what_only_the_episode_tells_about_returns_to_its_prior():
    s = linear()
    alone = replace(s, derivatives=np.array([[10.0, 0.0], [0.0, 4.0], [3.0, 0.0]]))
    got = posterior_without(alone, "a")
    assert got.best[0] == pytest.approx(0.5)
    quarter = norm.ppf(0.95) * got.covariance[0, 0] ** 0.5
    assert quarter == pytest.approx(0.5, rel=1e-3), "its range holds 90 %"
    assert got.covariance[0, 1] == 0
    assert posterior_without(alone, None).covariance[0, 0] < 0.01, "negative control: with the episode it is known"


def test_units_and_ends_of_the_ranges():
    wide = posterior_without(linear(low=(10.0, 0.0), high=(30.0, 1.0)), "b")
    mode, covariance = ridge([0, 2])
    np.testing.assert_allclose(wide.best, [10 + 20 * mode[0], mode[1]], atol=1e-5)
    assert wide.covariance[0, 0] == pytest.approx(400 * covariance[0, 0])
    s = linear(best=(0.0, 0.5))
    pulled = replace(s, residuals=np.array([50.0, 0.0, 0.0]))
    assert posterior_without(pulled, "b").best[0] == pytest.approx(0, abs=1e-6), "it does not leave its range"


def test_the_file_keeps_the_numbers_and_a_wrong_one_is_refused(tmp_path):
    s = linear(best=(0.123456, 0.5))
    file = tmp_path / "s.csv"
    file.write_text(as_csv(s), encoding="utf-8")
    again = read_sensitivities(file)
    assert (again.names, again.rows, again.episodes()) == (s.names, s.rows, ("a", "b"))
    np.testing.assert_allclose(again.derivatives, s.derivatives)
    np.testing.assert_allclose(again.residuals, s.residuals, rtol=1e-4)
    np.testing.assert_allclose(again.best, s.best, rtol=1e-5)
    for wrong in ("residual,episode\n", as_csv(s).replace("high", "top"), as_csv(s).replace(",4\n", ",much\n"), ""):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(DataError, match="sensitivities"):
            read_sensitivities(file)


def test_the_shipped_sensitivities_are_those_of_the_parameters():
    """Another value of a fitted parameter needs `supplyshock calibrate markets`, whose sensitivities.csv ships."""
    s = read_sensitivities(shipped_sensitivities())
    draw_without(s, None, 2, 1)("hindcast_2023")
    fitted = fitted_points(known_points(shipped_points()))
    residuals = [p.episode for p in fitted for _ in Residual(p).rows]
    assert {e: s.targets_of(e) for e in s.episodes()} == Counter(residuals), "stale: calibrate"
    moved = replace(s, best=s.best + 0.3 * (s.high - s.low))
    with pytest.raises(DataError, match="parameter values that differ"):
        draw_without(moved, None, 2, 1)("hindcast_2023")
    values = dict(zip(moved.names, map(float, moved.best), strict=True))
    own = {name: value for name, value in values.items() if not name.startswith("priors.")}
    fixed = {"parameters": own, "priors": {"use_elasticity": {"center": 0.18}}}
    (one, two) = draw_without(moved, None, 2, 1, fixed)("hindcast_2023")
    assert float(one.material.eta) == float(two.material.eta), "what a config sets is not drawn"


def test_every_fitted_episode_is_scored_with_and_without():
    points = known_points(shipped_points())
    chosen = {name: choose_episodes(name, points, shipped_points()) for name in ("2021", "2023")}
    chosen["own"] = chosen["2023"]
    s, settings = read_sensitivities(shipped_sensitivities()), SimulationSettings(48, seed=3)

    def run(name, own, draw):
        return run_episode(name, own, settings, draw=draw)

    chips, gallium = leave_out_each(chosen, s, run, lambda name: draw_without(s, name, 4, 1))
    assert (chips.episode, gallium.episode) == ("2021", "2023"), "the calibration saw nothing of the third"
    assert chips.moved.startswith("chip."), "materials have observations elsewhere"
    assert gallium.moved.startswith(("material.", "policy.", "priors.")), "and chips none in 2023"
    for row in (chips, gallium):
        scored = fitted_points(chosen[row.episode])
        assert row.targets == sum(len(Residual(p).rows) for p in scored)
        assert row.scores["with"]["points"] == row.scores["without"]["points"]
        assert row.scores["with"]["crps"] != row.scores["without"]["crps"]
    assert chips.scores["with"]["points"] == 8


def test_the_command_leaves_out(tmp_path):
    told = [
        json.loads(invoke("hindcast", "2021", "--paths", 32, "--json", "--quiet", *more).stdout)
        for more in ((), ("--leave-out",))
    ]
    medians = [[r["median"] for r in t["rows"]] for t in told]
    assert medians[0] != medians[1]
    assert [c["group"] for c in told[0]["coverage"]][:2] == ["all", "up to 8 weeks"]
    said = [invoke("hindcast", e, "--paths", 8, "--leave-out", "--quiet").stderr for e in ("antimony", "2023")]
    assert ["no parameter was fitted to" in text for text in said] == [True, False]
    bad = invoke("hindcast", "all", "--leave-out", "--page", tmp_path / "x.md", "--quiet")
    assert bad.exit_code == 2
