"""Weights of paths, against closed forms, and against runs in which a heavier path simply stands more often.

Statistical tests as in `test_risk`: fixed seeds, 400 samples, 5 standard errors (a false alarm in 1.7 million).
The law drawn from is exponential with mean 3, the law asked for exponential with mean 1.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, nan, sqrt
from typing import Any

import numpy as np
import pytest
import xarray as xr

import supplyshock as ss
from supplyshock.analysis import risk_measures
from supplyshock.analysis.estimators import Estimate, WeightSums, effective_paths, share, share_of, weights_of
from supplyshock.analysis.summary_tables import headline, weighted_tails
from supplyshock.analysis.summary_tables.weighted_tails import supported, supported_cvar, supported_quantiles
from supplyshock.reporting.page.collect import collect
from supplyshock.reporting.page.drivers import rank_correlation
from supplyshock.reporting.page.path_samples import GRID
from supplyshock.store.variables import LOG_WEIGHT
from support.calibrated_errors import SAMPLES, SIGMAS, is_calibrated
from support.command import invoke, small_run, tree

__all__ = ["small_run", "tree"]
WIDE, PATHS = 3.0, 4000
SQUARE = WIDE**2 / (2 * WIDE - 1)
"""Mean square of the exact weights: 9 / 5."""
Measure = Callable[[np.ndarray, np.ndarray], Estimate]
KNOWN: dict[str, tuple[Measure, float]] = {
    "mean": (risk_measures.mean, 1.0),
    "quantile": (lambda x, w: risk_measures.quantile(x, 0.95, w), log(20)),
    "median": (lambda x, w: risk_measures.quantile(x, 0.5, w), log(2)),
    "tail mean": (lambda x, w: risk_measures.cvar(x, 0.95, w), log(20) + 1),
    "odds": (lambda x, w: risk_measures.event_share(x > 3, w), exp(-3)),
    "paired": (lambda x, w: Estimate(*risk_measures.paired(x, 2 * x + 1, w, w)[:2]), 2.0),
}


def scores(measure: Measure, truth: float, weigh: bool = True) -> np.ndarray:
    rng, estimates = np.random.default_rng(7), []
    for _ in range(SAMPLES):
        x = rng.exponential(WIDE, PATHS)
        estimates.append(measure(x, weights_of(x / WIDE - x) if weigh else np.ones(PATHS)))
    return np.array([(e.value - truth) / e.se for e in estimates])


@pytest.mark.parametrize("name", KNOWN)
def test_estimates_and_their_errors(name: str) -> None:
    assert is_calibrated(scores(*KNOWN[name]), noise=0.1)


@pytest.mark.parametrize("name", KNOWN)
def test_the_check_would_catch_forgotten_weights(name: str) -> None:
    """Negative control."""
    assert not is_calibrated(scores(*KNOWN[name], weigh=False), noise=0.1)


def test_a_rare_event_that_is_drawn_often_is_known_better() -> None:
    x = np.random.default_rng(1).exponential(WIDE, PATHS)
    probability = risk_measures.event_share(x > 7, weights_of(x / WIDE - x))
    assert (
        abs(probability.value - exp(-7))
        < SIGMAS * probability.se
        < SIGMAS * share(round(PATHS * exp(-7)), PATHS).se / 3
    )


def test_effective_paths() -> None:
    x = np.random.default_rng(2).exponential(WIDE, 1_000_000)
    assert effective_paths(weights_of(x / WIDE - x)) == pytest.approx(1e6 / SQUARE, rel=0.005)
    assert effective_paths(np.array([2.0, 2.0, 2.0])) == pytest.approx(3)
    assert effective_paths(np.array([1.0, 0.0, 0.0])) == pytest.approx(1)


def test_the_error_of_what_was_never_seen_is_that_of_the_effective_paths() -> None:
    w = weights_of(np.random.default_rng(3).normal(size=500))
    never = risk_measures.event_share(np.zeros(500, bool), w)
    n = effective_paths(w)
    assert never.value == 0
    assert never.se == pytest.approx(sqrt(0.5 / (n + 1) * (1 - 0.5 / (n + 1)) / n))


def test_always_and_never_do_not_depend_on_the_order_of_a_sum() -> None:
    """All weight in another order is not quite all weight, and the rest not quite nothing."""
    w = np.random.default_rng(1).lognormal(size=999)
    whole = WeightSums.of(w)
    for other in (np.nextafter(whole.weight, 0), np.nextafter(whole.weight, np.inf)):
        always = share_of(WeightSums(float(other), float(np.nextafter(whole.square, 0))), whole)
        assert always == share_of(whole, whole)
        assert always.value == 1
    never = share_of(WeightSums(whole.weight * 1e-16, whole.square * 1e-16), whole)
    assert never == share_of(WeightSums(0.0, 0.0), whole)


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
def test_equal_weights_are_no_weights(scale: float) -> None:
    rng = np.random.default_rng(4)
    x, y = rng.exponential(size=777), rng.normal(size=777)
    w = weights_of(np.full(777, log(scale)))
    for measure in (risk_measures.mean, risk_measures.cvar, lambda x, w=None: risk_measures.quantile(x, 0.9, w)):
        assert measure(x, w=w) == pytest.approx(measure(x), rel=1e-12)
    assert risk_measures.paired(x, y, w, w) == pytest.approx(risk_measures.paired(x, y), rel=1e-12)
    assert risk_measures.event_share(x > 1, w) == pytest.approx(risk_measures.event_share(x > 1), rel=1e-12)
    assert share_of(WeightSums(5, 5), WeightSums(9, 9)) == share(5, 9)
    assert rank_correlation(x, y, w) == pytest.approx(rank_correlation(x, y), nan_ok=True)


@pytest.mark.parametrize("bad", [[0.0, nan], [0.0, np.inf], [-np.inf, -np.inf]])
def test_weights_that_are_none(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="log weights"):
        weights_of(np.array(bad))


TIMES = np.random.default_rng(5).integers(0, 4, 300)


def with_outcomes(tree: Any, change: Callable[[xr.Dataset], xr.Dataset]) -> xr.DataTree:
    groups = {k: tree[k].to_dataset() for k in ("summary", "inputs")}
    made = xr.DataTree.from_dict(groups | {"outcomes": change(tree["outcomes"].to_dataset().load())})
    made.attrs = tree.attrs
    return made


@pytest.fixture
def weighted(tree: Any) -> xr.DataTree:
    with np.errstate(divide="ignore"):
        logs = np.tile(np.log(TIMES) - 7.5, (tree["outcomes"].sizes["scenario"], 1))
    return with_outcomes(tree, lambda x: x.assign({LOG_WEIGHT: (("scenario", "path"), logs)}))


@pytest.fixture
def repeated(tree: Any) -> xr.DataTree:
    return with_outcomes(tree, lambda x: x.isel(path=np.repeat(np.arange(300), TIMES)))


def test_a_path_of_weight_three_is_three_paths(
    weighted: xr.DataTree, repeated: xr.DataTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighted_tails, "LEAST", 0.0)
    mine = {row[:4]: row for row in headline(weighted)}
    theirs = {row[:4]: row for row in headline(repeated) if row.table != "sampled"}
    assert {key for key in mine if key[0] != "sampled"} == set(theirs)
    for key, row in theirs.items():
        if row.unit != "times":
            assert mine[key].value == pytest.approx(row.value, rel=1e-5, abs=1e-9, nan_ok=True), key
    changed = [key for key, row in theirs.items() if row.se > 0 and mine[key].se > 1.1 * row.se]
    assert len(changed) > 20  # 300 draws know less than 450


def test_reading_counts_by_weight(weighted: xr.DataTree, repeated: xr.DataTree) -> None:
    for call in (
        lambda run: ss.exceedance(run, "loss:CN", [0, 5, 20])["probability"],
        lambda run: ss.cvar(run, "loss:CN", 0.9)["cvar"],
        lambda run: ss.compare(run, measure="loss:CN")["difference"],
        lambda run: ss.compare(run, measure="loss:CN")["higher"],
        lambda run: ss.compare(run)["difference"],
    ):
        assert call(weighted).to_numpy() == pytest.approx(call(repeated).to_numpy(), rel=1e-5, nan_ok=True)
    path = int(np.flatnonzero(TIMES)[5])
    after = int(TIMES[:path].sum())
    assert ss.rank(weighted, path, "quote:Dy").percentile == pytest.approx(
        ss.rank(repeated, after, "quote:Dy").percentile
    )
    value = ss.measure(weighted, "quote:Dy", "status_quo")[ss.nearest(weighted, 0.7, "quote:Dy")]
    assert value == ss.measure(repeated, "quote:Dy", "status_quo")[ss.nearest(repeated, 0.7, "quote:Dy")]
    table = ss.to_dataframe(weighted, "loss:US", scenario="breakdown")
    assert table["weight"].to_numpy() == pytest.approx(TIMES / TIMES.mean())


def test_the_page_counts_by_weight(weighted: xr.DataTree, repeated: xr.DataTree) -> None:
    mine, theirs = (collect(run, stories=False) for run in (weighted, repeated))
    for part in ("sectors", "holds"):
        assert np.ravel(_values(mine[part])) == pytest.approx(np.ravel(_values(theirs[part])), rel=1e-4)
    for (where, a), (_, b) in zip(_distributions(mine), _distributions(theirs), strict=True):
        scenario, party = where
        steps = _quantile_steps(ss.measure(repeated, f"loss:{party}", scenario))
        for loss in (a["loss"], b["loss"]):
            assert np.isclose(loss, steps, rtol=1e-3, atol=1e-6).any(0).all()  # bn USD
        assert a["cvar"][0] == pytest.approx(b["cvar"][0], rel=1e-5)
    for sector, shares in theirs["calendar"]["breakdown"]["share"]["CN"].items():
        assert mine["calendar"]["breakdown"]["share"]["CN"][sector] == pytest.approx(shares)


def _values(tree: Any) -> list[float]:
    if isinstance(tree, dict):
        return [x for v in tree.values() for x in _values(v)]
    return [tree[0]]


def _distributions(page: dict[str, Any]) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    return [((s, party), d) for s, by_party in page["distributions"].items() for party, d in by_party.items()]


def _quantile_steps(x: Any) -> Any:
    """(2, n) quantiles at the probabilities of the page. The two differ where a probability falls on a step between two
    paths: rounding of the sum of weights chooses then."""
    return [np.quantile(x, np.clip(GRID + side, 0, 1), method="inverted_cdf") for side in (-1e-9, 1e-9)]


def test_two_scenarios_with_weights_of_their_own(weighted: xr.DataTree) -> None:
    """A difference of means is defined; on which paths it is higher is not."""
    data = weighted["outcomes"].to_dataset()
    logs = data[LOG_WEIGHT].to_numpy().copy()
    logs[1] = np.random.default_rng(6).normal(size=300)
    run = data.assign({LOG_WEIGHT: (("scenario", "path"), logs)})
    row = ss.compare(run, measure="loss:CN").loc[("swap_deal - status_quo", "loss:CN")]
    losses = ss.measure(run, "loss:CN")
    means = [np.average(losses[i], weights=np.exp(logs[i])) for i in (1, 0)]
    assert row["difference"] == pytest.approx(means[0] - means[1])
    assert np.isnan(row["higher"])


def test_effective_paths_are_shown(weighted: xr.DataTree, tree: Any) -> None:
    rows = [r for r in headline(weighted) if r.table == "sampled" and r.scenario == "breakdown"]
    assert rows[0].value == pytest.approx(TIMES.sum() ** 2 / (TIMES**2).sum())
    assert rows[1].value == pytest.approx(100 * TIMES.max() / TIMES.sum())
    assert not [r for r in headline(tree) if r.table == "sampled"]


def test_show_prints_them(small_run: Any, weighted: xr.DataTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supplyshock.analysis.open_run.open_run", lambda *_: weighted)
    said = invoke("show", small_run)
    assert said.exit_code == 0, said.output
    assert "effective paths (ESS)" in said.stdout


def test_no_tail_figure_from_few_effective_paths() -> None:
    """Nine paths that weigh as much as all others hide what lies beyond; without weights a tail is what it is."""
    x = np.arange(10_000.0)
    w = np.ones(10_000)
    assert supported(x, 9500.0, 0.95, w)
    assert not supported(x, 9950.0, 0.995, w)
    assert supported(x, 9950.0, 0.995, None)
    w[-9:] = 1000.0
    assert not supported(x, 9500.0, 0.95, w)
    assert supported(x, 500.0, 0.05, w)
    assert np.isnan(supported_cvar(x, 0.95, w).value)
    assert supported_cvar(x, 0.95, None) == risk_measures.cvar(x, 0.95)
    low, high = supported_quantiles(x, (0.05, 0.9999), w)
    assert np.isfinite(low.value)
    assert np.isnan(high.value)
