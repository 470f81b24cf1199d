"""The registry of measures: every row by both readers, one grammar, and clear refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import supplyshock as ss
from supplyshock import compare, cvar, measure
from supplyshock.analysis import risk_measures
from supplyshock.analysis.measures import REGISTRY, SHORT, find_measure, kernel_measures, resolve, scenario_vocabulary
from supplyshock.analysis.measures.expression import parse_expression
from supplyshock.analysis.measures.measure_row import FOLDS, OUTCOME_AXES, WEEKLY_AXES
from supplyshock.analysis.summary_tables.measures import measure_rows
from supplyshock.calibration.backtest.observation_operators import OPERATORS
from supplyshock.common.errors import UsageError
from supplyshock.scenarios.scenario import load_scenario
from supplyshock_kernels.backends.reference.simulate import simulate
from supplyshock_kernels.params import Grid
from support import synthetic
from support.command import SCENARIOS, invoke, is_one_clear_line, said, small_run, tree

__all__ = ["small_run", "tree"]

WEEKS = 52
TIMES = ("", " at week 7", " peak before week 9", " mean from week 3 to week 20", " lowest after week 40")
THRESHOLDS = ("", " > 0.5", " <= 1")


def takes(text: str) -> str:
    """The text, or why not: what every reader has to say alike."""
    try:
        kernel_measures([text], load_scenario("status_quo", {"weeks": WEEKS}))
    except UsageError as error:
        return error.what
    return text


# --- both readers ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def observed() -> dict[str, Any]:
    """The paths of the small run, by scenario, straight from the kernels."""
    paths = {}
    for name in SCENARIOS:
        scenario = load_scenario(name, {"weeks": WEEKS})
        paths[name] = scenario, simulate(scenario.params, Grid(keep=300), 5, range(300))
    return paths


def _refusal(find: Callable[[], object]) -> str:
    try:
        find()
    except UsageError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", list(REGISTRY))
def test_every_row_by_both_readers_has_the_same_bits(name: str, tree: Any, observed: dict[str, Any]) -> None:
    """On a stored run of 300 paths, 10 with series; as written, with each time, and with thresholds."""
    example = REGISTRY[name].example
    bare = parse_expression(example)
    plain = f"{bare.name}:{','.join(bare.labels)}" if bare.labels else bare.name
    texts = {example, *(plain + t + x for t in TIMES for x in THRESHOLDS)}
    read = 0
    scenario, kernel = observed["swap_deal"]
    for text in sorted(texts):
        refusals = [_refusal(partial(find_measure, tree, text)), _refusal(partial(kernel_measures, [text], scenario))]
        assert refusals[0] == refusals[1]
        if refusals[0]:
            continue
        ours, (theirs,) = find_measure(tree, text), kernel_measures([text], scenario)
        stored = ours.read("swap_deal").astype(np.float64)
        np.testing.assert_array_equal(stored, theirs.of(kernel)[: ours.paths], err_msg=text)
        assert (ours.unit, ours.measure.title()) == (theirs.unit, theirs.title)
        read += 1
    assert read >= 1


def test_both_readers_agree_on_synthetic_outcomes(tmp_path: Path) -> None:
    """Numbers without a model, in blocks of odd sizes: the folds alone decide."""
    scenario = synthetic.scenario()
    ss.run_scenarios(
        [scenario], tmp_path / "run", paths=1100, save_series=700, seed=1, backend=synthetic.simulate, progress="quiet"
    )
    run = ss.open_run(tmp_path / "run")
    kernel = synthetic.simulate(scenario.params, Grid(keep=1100), 1, range(1100))
    texts = ["loss", "loss:US", "loss:magnets", "cost", "cost:CN", "bill", "quote", "quote:CN", "stop", "actions",
             "tightenings", "relaxations:US", "short", "quote:Dy at week 2", "loss:US from week 1 to week 2",
             "loss before week 3", "quote mean after week 0 > 1.2", "wedge:Ga at week 1", "regime:talks at week 3",
             "stock:Dy,CN > 1 week", "lead_time:logic", "loss:US > 1000 m USD"]  # fmt: skip
    for m in kernel_measures(texts, scenario):
        stored = measure(run, m.name, "status_quo")
        np.testing.assert_array_equal(stored.to_numpy().astype("f8"), m.of(kernel)[: stored.sizes["path"]], m.name)
        assert stored.attrs["paths"] == (700 if m.needs_series else 1100)
    by_hand = kernel.series  # (rows, weeks, paths)
    dy_outside = by_hand[1, :, :700].astype("f8")
    np.testing.assert_array_equal(measure(run, "quote:Dy at week 2", "status_quo"), dy_outside[2])
    np.testing.assert_array_equal(measure(run, "quote:Dy before week 3", "status_quo"), dy_outside[:3].max(0))
    above = 100 * (dy_outside[2:].max(0) > 2)
    np.testing.assert_array_equal(measure(run, "quote:Dy after week 1 > 2", "status_quo"), above)
    mean = measure(run, "quote:Dy mean from week 1 to week 3", "status_quo")
    np.testing.assert_allclose(mean, dy_outside[1:4].mean(0), rtol=1e-14)


def test_dates_are_weeks(tree: Any) -> None:
    """A day belongs to the week that it lies in; before and after are strict."""
    start = date.fromisoformat(str(tree.attrs["start"]))
    names = scenario_vocabulary(load_scenario("status_quo", {"weeks": WEEKS}))
    assert names.start == start

    def span(time: str) -> tuple[int, int]:
        window = resolve(f"quote:Dy {time}", names).window
        assert window is not None
        return window.first, window.end

    day = start + timedelta(weeks=20)
    assert span(f"at {day}") == span(f"at {day + timedelta(days=6)}") == span("at week 20") == (20, 21)
    assert span(f"peak before {day}") == span("peak before week 20") == (0, 20)
    assert span(f"peak before {day + timedelta(days=1)}") == (0, 21)
    assert span(f"peak after {day + timedelta(days=6)}") == span("peak after week 20") == (21, WEEKS)
    assert span(f"mean from {day} to {day + timedelta(days=7)}") == span("mean from week 20 to week 21") == (20, 22)
    assert span("mean") == (0, WEEKS)
    assert resolve("quote:Dy peak", names).window is None, "the store has it for all paths"


# --- thresholds --------------------------------------------------------------------------------------


def test_a_threshold_is_a_probability_with_its_error(tree: Any) -> None:
    x = measure(tree, "quote:Dy").to_numpy()
    hits = x > 2
    rows = {(r.scenario, r.statistic): r for r in measure_rows(tree, ["quote:Dy > 2"])}
    for i, name in enumerate(SCENARIOS):
        share = risk_measures.event_share(hits[i])
        row = rows[name, "probability"]
        assert (row.value, row.se, row.unit) == (100 * share.value, 100 * share.se, "%")
    table = compare(tree, "status_quo", "breakdown", measure="quote:Dy > 2")
    line = table.loc["breakdown - status_quo", "quote:Dy > 2"]
    d = 100.0 * hits[2] - 100.0 * hits[0]
    assert line["difference"] == pytest.approx(d.mean())
    assert line["se"] == pytest.approx(d.std(ddof=1) / np.sqrt(300))
    assert line["unit"] == "% points"


@settings(max_examples=40, deadline=None)
@given(st.floats(-10, 50, allow_nan=False), st.sampled_from([">", "<", ">=", "<="]))
def test_thresholds_divide_the_paths(level: float, operator: str) -> None:
    """A threshold and its opposite hold on all paths together, and on none both."""
    scenario, (opposite,) = SCENARIO, [o for o in (">", "<", ">=", "<=") if {o, operator} in ({">", "<="}, {"<", ">="})]
    one, other = kernel_measures([f"loss:US {operator} {level!r}", f"loss:US {opposite} {level!r}"], scenario)
    x, y = one.of(OBSERVED), other.of(OBSERVED)
    assert set(np.unique([x, y])) <= {0.0, 100.0}
    np.testing.assert_array_equal(x + y, 100.0)


SCENARIO = synthetic.scenario()
OBSERVED = synthetic.simulate(SCENARIO.params, Grid(), 1, range(200))
OBSERVED_WEEKS = synthetic.simulate(SCENARIO.params, Grid(keep=200), 1, range(200))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("loss:US > 50 bn USD", "loss:US > 50"),
        ("loss:US > 500 m USD", "loss:US > 0.5"),
        ("stop:cars > 14 days", "stop:cars > 2"),
        ("shortage:Dy >= 6 months", "shortage:Dy >= 26"),
        ("compute < 20 %", "compute < 0.2"),
        ("quote:Dy > 3 x", "quote:Dy>3"),
        ("quote:Dy > 300 %", "quote:Dy > 3"),
        ("hold:Dy <= 90 %", "hold:Dy <= .9"),
        ("loss_usd_bn[US] > 1e1", "loss:US > 10"),
    ],
)
def test_units_of_thresholds(text: str, same: str) -> None:
    one, other = (m.measure.threshold for m in kernel_measures([text, same], SCENARIO))
    assert one is not None
    assert other is not None
    assert one.operator == other.operator
    assert one.level == pytest.approx(other.level, rel=1e-12)


@pytest.mark.parametrize("market", ["Dy", "dy", "Dysprosium", "  dysprosium "])
def test_a_market_by_the_name_people_know(market: str) -> None:
    one, same = kernel_measures([f"quote:{market} at week 2 > 3", "quote:Dy at week 2 > 3"], SCENARIO)
    assert one.measure.labels == same.measure.labels
    np.testing.assert_array_equal(one.of(OBSERVED_WEEKS), same.of(OBSERVED_WEEKS))


def test_a_name_with_a_comma_and_a_wrong_name() -> None:
    scenario = load_scenario("base", {"weeks": 4})
    measures = kernel_measures(["quote:Memory chips (DRAM, HBM),CN > 2", "stop:cars"], scenario)
    assert measures[0].measure.labels == {"market": "dram_hbm", "bloc": "CN"}
    assert measures[1].measure.labels["sector"] == "ev_auto"
    with pytest.raises(UsageError, match=r"did you mean 'Nd'\? nearest: Neodymium \(Nd\), Praseodymium \(Pr\)"):
        kernel_measures(["quote:Neodymum"], scenario)


def test_a_threshold_in_usd_per_kg_counts_by_the_base_price() -> None:
    """Dysprosium costs 239 USD/kg in the data set; a chip, the highest market and a loss have no such price."""
    scenario = load_scenario("base", {"weeks": 4})
    for name in ("quote", "paid"):
        (fitted,) = kernel_measures([f"{name}:Dysprosium > 600 USD/kg"], scenario)
        assert fitted.measure.threshold is not None
        assert fitted.measure.threshold.level == pytest.approx(600 / 239, rel=2e-3)
        assert fitted.title.endswith(" > 600 USD/kg") and fitted.measure.words().endswith(", > 600 USD/kg")
    for text, problem in {
        "quote > 600 USD/kg": "of one market",
        "quote:leading_logic > 600 USD/kg": "no price by the kilogram",
        "loss:US > 600 USD/kg": "not a unit of this measure",
        "quote:Dy > 600 EUR/kg": "USD/kg, got 'EUR/kg'",
    }.items():
        with pytest.raises(UsageError, match=problem):
            kernel_measures([text], scenario)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("quote:Dy > 2", "> 2 x baseline"),
        ("quote:Dy > 150 %", "> 150 %"),
        ("loss:US >= 0.5 bn USD", ">= 0.5 bn USD"),
        ("weeks:escalation > 6 months", "> 6 months"),
        ("weeks:escalation < 26", "< 26 weeks"),
    ],
)
def test_a_threshold_is_printed_as_it_was_written(text: str, end: str) -> None:
    """One without a unit has that of its measure."""
    (fitted,) = kernel_measures([text], load_scenario("base", {"weeks": 4}))
    assert fitted.title.endswith(f" {end}") and fitted.measure.words().endswith(f", {end}")


# --- the registry ------------------------------------------------------------------------------------


def test_the_registry_is_complete() -> None:
    assert set(OUTCOME_AXES) <= set(REGISTRY)
    assert set(WEEKLY_AXES) - {"regime"} <= set(REGISTRY)
    assert len(set(SHORT)) == len(SHORT)
    assert {g.measure for g in OPERATORS.values()} <= set(REGISTRY), "every quantity of observed.csv is a row"
    assert set(FOLDS) <= {*OUTCOME_AXES, *WEEKLY_AXES}
    for row in REGISTRY.values():
        assert row.title
        assert row.meaning
        assert row.unit
        assert row.example
        assert set(row.needed) <= set(row.labels)
        takes(row.example)


@pytest.mark.parametrize("name", list(REGISTRY))
def test_labels_that_a_row_needs_are_needed(name: str) -> None:
    row, scenario = REGISTRY[name], load_scenario("status_quo", {"weeks": WEEKS})
    said = takes(name)
    assert said == (f"this measure needs a {row.needed[0]}" if row.needed else name)
    labels = [scenario.labels.of(axis)[-1] for axis in row.labels]
    assert takes(f"{name}:{','.join(labels)}") == takes(f"{name}:{','.join(reversed(labels))}") or len(labels) > 1


def test_a_cost_is_a_loss_a_bill_and_substitutes(tree: Any) -> None:
    names = ("loss", "bill", "substitution")
    parts = [measure(tree, f"{name}:US", "breakdown").astype("f8") for name in names]
    np.testing.assert_allclose(measure(tree, "cost:US", "breakdown"), sum(parts), rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no measure"),
        ("los:US", "did you mean 'loss'"),
        ("loss:USA", "did you mean 'US'"),
        ("loss:US,CN", "two labels for one axis"),
        ("hold", "needs a market"),
        ("cost:US,ev_auto", "no such label here"),
        ("loss:US,ev_auto at week 3", "no such label here"),
        ("bill:US at week 3", "has no weekly values"),
        ("quote:Dy at wek 3", "did you mean 'week'"),
        ("quote:Dy befor week 3", "did you mean 'before'"),  # codespell:ignore befor
        ("quote:Dy befor 2027-04-07", "no such label or time"),  # codespell:ignore befor
        ("quote:Dy at week 52", "outside the run: expected weeks 0 to 51"),
        ("quote:Dy peak before week 0", "outside the run"),
        ("quote:Dy at 1999-01-01", "outside the run"),
        ("quote:Dy mean from week 9 to week 3", "the span ends before it begins"),
        ("quote:Dy at 2027-13-01", "no such day"),
        ("quote:Dy total before week 9", "only a loss has a total"),
        ("weekly_sd:Nd at week 3", "needs a span of weeks"),
        ("quote:Dy >", "no such threshold"),
        ("quote:Dy > much", "no such threshold"),
        ("quote:Dy > 1,000 USD/kg", "write 1000, or 1.000 for a decimal fraction"),
        ('quote:"Dy, Tb" > much', 'quote:"Dy, Tb" > much: no such threshold'),
        ('quote "7" > 5', "no such measure"),
        ('quote:"Dy" "7" > 5', "a quotation mark is not closed"),
        ("quote:Dy > 5 weeks", "not a unit of this measure"),
        ("short:Dy > 3", "already a probability"),
        ("loss:US" + " " * 300 + "x", "too long"),
    ],
)
def test_wrong_text_is_one_clear_error(text: str, words: str, small_run: Path, tree: Any) -> None:
    with pytest.raises(UsageError, match=words):
        measure(tree, text)
    study = ("--vary", "priors.parts", "--out", "x", "--weeks", WEEKS)
    answers = [invoke(command, small_run, "--measure", text) for command in ("show", "compare")]
    answers.append(invoke("sweep", "status_quo", "--measure", text, *study))
    for answer in answers:
        assert answer.exit_code == 2
        assert is_one_clear_line(answer)
        assert words in said(answer)


# --- commands ----------------------------------------------------------------------------------------


def test_a_week_is_read_from_the_summary_of_all_paths(tree: Any) -> None:
    rows = {r.statistic: r for r in measure_rows(tree, ["paid:Dy at week 26"]) if r.scenario == "breakdown"}
    summary = tree["summary"].to_dataset().sel(scenario="breakdown", market="Dy").isel(time=26)
    assert rows["mean"].item == "paid:Dy at week 26"
    assert (rows["mean"].value, rows["mean"].se) == (summary["paid_price_ratio_mean"], summary["paid_price_ratio_se"])
    assert rows["P95"].value == summary["paid_price_ratio_quantile"].sel(quantile=0.95)
    (regime,) = (r for r in measure_rows(tree, ["regime:truce at week 26"]) if r.scenario == "breakdown")
    share = tree["summary"]["regime_probability"].sel(scenario="breakdown", regime="truce").isel(time=26)
    assert regime.value == pytest.approx(100 * float(share))


def test_a_span_is_read_from_the_series_and_says_of_how_many_paths(small_run: Path, tree: Any) -> None:
    text = "quote:Tb peak before 2027-04-07"
    table = compare(tree, measure=[text, "loss:US"])
    assert table.attrs["paths"] == {text: 10, "loss:US": 300}
    assert "(paths with series: 10)" in invoke("compare", small_run, "--measure", text).stdout
    shown = json.loads(invoke("show", small_run, "--measure", text, "--json").stdout)["rows"]
    assert all(r["item"] == f"{text} (paths with series: 10)" for r in shown)
    series = tree["paths"]["price_ratio"].sel(scenario="swap_deal", market="Tb", bloc="XC").transpose("path", "time")
    np.testing.assert_array_equal(measure(tree, text, "swap_deal"), series[:, :26].max("time"))


def test_a_run_without_series_refuses_a_time(tmp_path: Path) -> None:
    ss.run_scenarios([synthetic.scenario()], tmp_path / "run", paths=50, backend=synthetic.simulate, progress="quiet")
    run = ss.open_run(tmp_path / "run")
    with pytest.raises(UsageError, match="--save-series"):
        measure(run, "quote:Dy before week 3")
    with pytest.raises(UsageError, match="weekly series"):
        measure(run["outcomes"].to_dataset(), "quote:Dy before week 3")
    assert [r.statistic for r in measure_rows(run, ["quote:Dy at week 3"])] == ["mean", "P5", "P50", "P95"]


def test_studies_read_weeks_of_all_paths(tmp_path: Path) -> None:
    """`sweep` asks the backend for the series of every path, a few hundred at a time."""
    texts = ("quote:Dy at week 3", "loss:US before week 4", "paid:Dy mean from week 1 to week 5 > 1")
    args = [x for t in texts for x in ("--measure", t)]
    out = tmp_path / "s"
    common = ("--paths", 300, "--weeks", 6, "--backend", "reference", "--seed", 4, "--out", out)
    answer = invoke("sweep", "status_quo", "--vary", "priors.parts=4,5", *args, *common, "--json")
    assert answer.exit_code == 0, answer.output
    base = json.loads(answer.stdout)["base_outcomes"]
    scenario = load_scenario("status_quo", {"weeks": 6})
    kernel = simulate(scenario.params, Grid(keep=300), 4, range(300))
    for m in kernel_measures(texts, scenario):
        assert base[m.name]["mean"] == pytest.approx(m.of(kernel).mean(), rel=1e-9)


def test_the_command_lists_every_measure(small_run: Path) -> None:
    listed = json.loads(invoke("measures", "--json").stdout)["measures"]
    assert [row["name"] for row in listed] == list(REGISTRY)
    text = invoke("measures", small_run).stdout
    assert all(name in text for name in REGISTRY)
    assert "Dy" in text
    assert "ev_auto" in text
    of_run = json.loads(invoke("measures", small_run, "--json").stdout)["measures"]
    assert "US" in next(row for row in of_run if row["name"] == "loss")["known_labels"]["party"]


def test_a_measure_that_is_not_finite_has_no_tail(tree: Any) -> None:
    with pytest.raises(UsageError, match="never happens"):
        cvar(tree, "deal_week")
    with pytest.raises(UsageError, match="has no mean"):
        compare(tree, measure="peak_week:Dy,XC")
    assert compare(tree, measure="peak_week:Dy,XC > 26").shape[0] == 2


def test_a_dataset_of_one_scenario_is_read_too(tree: Any) -> None:
    alone = tree["outcomes"].to_dataset().sel(scenario="breakdown")
    np.testing.assert_array_equal(measure(alone, "cost:US"), measure(tree, "cost:US", "breakdown"))


def test_what_a_goal_and_a_pilot_refuse() -> None:
    from supplyshock.execution.importance_sampling.pilot import Pilot, find_proposal, parse_statistic
    from supplyshock.execution.precision_targets import PrecisionTarget, fit_targets

    with pytest.raises(UsageError, match="all paths"):
        fit_targets([PrecisionTarget.parse("quote:Dy at week 3 mean 1%")], [SCENARIO])
    request: Any = SimpleNamespace(scenarios=[SCENARIO], book=None)
    wrong: Any = Pilot(request, parse_statistic("loss:US > 9 kg"), None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="loss:US > 9 kg: not a unit of this measure"):
        find_proposal(wrong, None, None)  # type: ignore[arg-type]
    pilot: Any = Pilot(request, parse_statistic("quote:Dy at week 3 > 10"), None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="importance sampling cannot use a weekly value"):
        find_proposal(pilot, None, None)  # type: ignore[arg-type]
