"""Designs, factors and outcomes of a sweep, and the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from supplyshock.analysis.measures import SHORT, kernel_measures
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.studies.config_template import Template, parts_of
from supplyshock.studies.design import grid, latin
from supplyshock.studies.factors import Factor, parse_factors
from supplyshock.studies.sweep import plan_sweep, run_sweep
from supplyshock_kernels.backends.reference.simulate import simulate
from supplyshock_kernels.outputs import outcome_rows
from supplyshock_kernels.params import Grid
from support.command import invoke, said

STOCK = "levers.stockpile.0.initial"


@pytest.fixture(scope="module")
def template() -> Template:
    return Template("stockpile_dy", {"weeks": 10})


def factor(text: str, template: Template) -> Factor:
    return parse_factors([text], template.dataset)[0]


def test_keys_have_indices_and_parameters_have_dots() -> None:
    assert parts_of("levers.stockpile[0].initial") == parts_of("levers.stockpile.0.initial")
    assert parts_of("parameters.material.eta") == ["parameters", "material.eta"]


def test_a_template_sets_what_a_config_would_say(template: Template, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "base: status_quo\nweeks: 10\nparameters: {material.eta: 0.31}\npriors: {parts: 4}\n"
        "levers: {stockpile: [{market: Dy, initial: 30 days, buy: 2 t/week, from: 2026-10-07}]}\n"
    )
    made = template.scenario({STOCK: "30 days", "parameters.material.eta": 0.31, "priors.parts": 4.0})
    assert made.digest == load_scenario(path).digest
    assert made.digest != template.base.digest
    assert template.scenario({}).digest == template.base.digest


@pytest.mark.parametrize(
    ("text", "levels", "shown"),
    [
        (f"{STOCK}=0,30,90 days", [0, 30, 90], "30.0 days"),
        (f"{STOCK}=0..100 t", [0, 50, 100], "50.0 t"),
        ("priors.parts=log:2..8", [2, 4, 8], 4.0),
        ("parameters.material.eta", [0.2, 0.275, 0.35], 0.275),
        ("priors.parts", [5 * np.exp(-0.25 * 1.6448536), 5, 5 * np.exp(0.25 * 1.6448536)], 5.0),
    ],
)
def test_ranges_as_people_write_them(text: str, levels: list[float], shown: object, template: Template) -> None:
    parsed = factor(text, template)
    assert np.allclose(parsed.levels(3), levels)
    middle = parsed.text(float(parsed.levels(3)[1]))
    assert middle == shown if isinstance(shown, str) else middle == pytest.approx(shown)


def test_a_prior_keeps_its_law(template: Template) -> None:
    """Quantiles are those of what paths draw: 4,096 draws, false alarm below 1e-4 by the DKW bound at 0.035."""
    parsed = factor("priors.substitution", template)
    rows = {r.name: r for r in outcome_rows(template.base.params)}
    theta = simulate(template.base.params._replace(), Grid(), 5, range(4096)).outcomes[rows["theta"].start]
    u = np.linspace(0.02, 0.98, 25)
    assert np.abs((theta[:, None] <= parsed.quantile(u)).mean(0) - u).max() < 0.035
    shifted = factor("priors.substitution=0.05..0.5", template)
    assert np.abs((theta[:, None] <= shifted.quantile(u)).mean(0) - u).max() > 0.1


def test_designs() -> None:
    two = [Factor("a", low=0, high=1), Factor("b", distribution="values", values=(1.0, 5.0))]
    assert grid(two, 3).tolist() == [[0, 1], [0, 5], [0.5, 1], [0.5, 5], [1, 1], [1, 5]]
    cube = latin([Factor("a"), Factor("b"), Factor("c")], 50, seed=3)
    for column in cube.T:
        assert sorted((column * 50).astype(int)) == list(range(50))
    assert np.array_equal(cube, latin([Factor("a"), Factor("b"), Factor("c")], 50, seed=3))
    assert abs(np.corrcoef(cube.T)[0, 1]) < 0.5


def test_every_outcome_is_the_number_of_the_store(template: Template) -> None:
    labels = template.base.labels
    names = [
        "loss:US", "loss:CN,ev_auto", "bill:US", "cost:CN", "quote:Dy", "quote:Dy,CN", "paid:Nd", "short:Y",
        "shortage:Y", "unmet:Ga", "stopped:ev_auto", "stopped:computing_dc,CN", "deal", "rift", "weeks:truce",
        "compute", "stop:ev_auto", "hold:Dy", "drawn:Dy", "ever:truce", "tightenings:US", "relaxations:CN",
        "substitution:US", "loss_abroad:EU", "first_plant:ev_auto",
    ]  # fmt: skip
    series = {"regime", "exports", "lead_time", "peak_lead_week", "stock", "shortfall", "control", "wedge"}
    series |= {"weekly_sd", "monthly_sd", "monthly_autocorrelation"}
    assert {n.split(":")[0] for n in names} == set(SHORT) - series
    params = template.base.params
    observed = simulate(params, Grid(), 1, range(40))
    x = observed.outcomes.astype(float)
    at = {r.name: x[r.start : r.stop].reshape(*r.shape, 40) for r in outcome_rows(params)}
    computed = {m.name: m.of(observed) for m in kernel_measures(names, template.base)}
    dy, y, auto = labels.market.index("Dy"), labels.market.index("Y"), labels.sector.index("ev_auto")
    expected = {
        "loss:US": at["loss_usd_bn"][1].sum(0),
        "loss:CN,ev_auto": at["loss_usd_bn"][0, auto],
        "cost:CN": at["loss_usd_bn"][0].sum(0) + at["price_bill_usd_bn"][0] + at["substitution_usd_bn"][0],
        "substitution:US": at["substitution_usd_bn"][1],
        "loss_abroad:EU": at["loss_abroad_usd_bn"][0],
        "first_plant:ev_auto": 100 * np.isfinite(at["first_plant_week"][1, auto]),
        "quote:Dy": at["peak_price_ratio"][dy, 1],
        "quote:Dy,CN": at["peak_price_ratio"][dy, 0],
        "short:Y": 100 * (at["shortage_weeks"][y, 1] > 0),
        "stop:ev_auto": at["stop_weeks"][1, auto],
        "stopped:ev_auto": 100 * np.isfinite(at["first_stop_week"][1, auto]),
        "tightenings:US": at["actions"][1, :2].sum(0),
        "relaxations:CN": at["actions"][0, 2],
        "deal": 100 * np.isfinite(at["deal_week"]),
        "hold:Dy": 1 - at["ex_china_supply_share"][dy],
        "drawn:Dy": at["stock_drawn_weeks_of_use"][dy],
    }
    for name, values in expected.items():
        assert np.allclose(computed[name], values), name
    assert all(np.isfinite(v).all() for v in computed.values())


def test_a_point_is_the_scenario_simulated_alone() -> None:
    sweep = plan_sweep("stockpile_dy", [f"{STOCK}=0,100 t"], measures=["quote:Dy", "drawn:Dy"], overrides={"weeks": 10})
    results = run_sweep(sweep, SimulationSettings(40, seed=6, backend="reference"))
    assert results["value"].values.tolist() == [[0], [100]]
    for p in range(2):
        params = sweep.template.scenario({STOCK: f"{results['value'].values[p, 0]} t"}).params
        observed = simulate(params, Grid(), 6, range(40))
        for i, measure in enumerate(sweep.measures):
            assert float(results["mean"][p, i]) == pytest.approx(measure.of(observed).mean(), rel=1e-9, abs=1e-9)
    assert results["difference"][1].values.tolist() == [0, 0]  # 100 t is what the base has
    assert float(results["difference_se"][1, 0]) == 0


def test_the_command(tmp_path: Path) -> None:
    out = tmp_path / "s"
    common = ("--paths", 20, "--weeks", 6, "--backend", "reference", "--out", out)
    made = invoke("sweep", "stockpile_dy", "--vary", f"{STOCK}=0..60 days", "--levels", 3, *common, "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert [p["values"][STOCK] for p in told["points"]] == [0, 30, 60]
    assert set(told["base_outcomes"]) == {"loss:US", "loss:CN", "bill:US", "bill:CN", "deal", "compute"}
    table = list(csv.DictReader((out / "sweep.csv").read_text(encoding="utf-8").splitlines()))
    assert float(table[1]["loss:US mean"]) == told["points"][1]["outcomes"]["loss:US"]["mean"]
    assert told["picture"] == str(out / "sweep.png") and (out / "sweep.png").read_bytes().startswith(b"\x89PNG")
    again = invoke("sweep", "stockpile_dy", "--vary", f"{STOCK}=0..60 days", *common)
    assert again.exit_code == 2
    assert "--overwrite" in said(again)
    latin = ("--design", "latin", "--points", 3, "--vary", "priors.parts", "--vary", f"{STOCK}=0..60 days")
    text = invoke("sweep", "stockpile_dy", *latin, *common, "--overwrite", "--measure", "drawn:Dy")
    assert text.exit_code == 0, text.output
    assert "strategic stock drawn, Dysprosium" in text.stdout
    assert f"  picture  {out / 'sweep.png'}" in text.stdout.splitlines()
