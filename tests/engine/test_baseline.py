"""Another year's world: output, use, prices and cover of a config, and what follows from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from supplyshock.common.errors import ConfigError
from supplyshock.scenarios.config.baseline_year import output
from supplyshock.scenarios.config.load import load_config
from supplyshock.scenarios.scenario import load_scenario


def write(folder: Path, text: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(f"base: base\nweeks: 60\n{text}", encoding="utf-8")
    return file


def test_output_of_sources_moves_shares_volumes_and_values(tmp_path):
    file = write(tmp_path, "baseline: {output: {bayan_obo: 262 kt/year, mountain_pass: 50 %}, price: {Nd: 20 USD/kg}}")
    new, old = load_config(file).dataset, load_config("base").dataset
    assert output(new, "bayan_obo") == pytest.approx(262_000)
    assert output(new, "mountain_pass") == pytest.approx(output(old, "mountain_pass") / 2)
    assert output(new, "cn_ionic") == pytest.approx(output(old, "cn_ionic")), "not named, not moved"
    for m in new.labels.market_ids:
        assert sum(f.value for (_, n), f in new.basket.items() if n == m) == pytest.approx(1)
    value = new.market["Nd", "world_volume"].value * 20 * 1000 / 1e9
    assert new.market["Nd", "world_value"].value == pytest.approx(value)
    assert new.market["Ga", "world_volume"] == old.market["Ga", "world_volume"]
    assert (new.market["Nd", "price"].mark, new.market["Sm", "price"].mark) == ("scenario", "sourced")


def test_use_prices_and_cover_reach_the_kernels(tmp_path):
    file = write(tmp_path, "baseline: {cn_use: {Y: 50 %}, price: {Y: 100 USD/kg}, cover: {Y: 4 weeks}}")
    new = load_scenario(file)
    m, p, old = new.labels.market.index("Y"), new.params, load_scenario("base").params
    np.testing.assert_allclose(p.markets.use[m], 0.5)
    np.testing.assert_allclose(p.markets.cover[m], 4)
    assert p.markets.price_scale[m] == pytest.approx(2 ** float(p.material.eta))
    other = np.delete(np.arange(26), m)
    np.testing.assert_array_equal(p.markets.use[other], old.markets.use[other])
    assert not np.allclose(p.sources.basket_value, old.sources.basket_value), "a basket is worth what it sells for"


def test_recipes_of_another_year_reach_the_kernels(tmp_path):
    file = write(tmp_path, "baseline: {made_from: {NdFeB: {Dy: 0.005}}, output: {magnets_cn: 90 %}}")
    new, old = load_scenario(file).params.recipes, load_scenario("base").params.recipes
    magnets = 0.9 * 0.92 + 0.08
    ratio = new.taken / old.taken
    np.testing.assert_allclose(ratio[old.product == old.product[0]][[0, 1, 3]], magnets)
    assert ratio[2] == pytest.approx(magnets * 0.005 / 0.008108)
    assert new.cost[2] == pytest.approx(old.cost[2] * 0.005 / 0.008108)


def test_no_baseline_is_the_data_set():
    assert load_scenario("base", {"baseline": {}}).digest == load_scenario("base").digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("baseline: {output: {bayan_obo: 0}}", "above 0"),
        ("baseline: {output: {bayan_obo: 5 t}}", "a rate such as"),
        ("baseline: {output: {fab_tw: 5 kt/year}}", "the source supplies no material"),
        ("baseline: {cn_use: {Dy: 99.9 %}}", "under which the rest of the world imports it"),
        ("baseline: {price: {Dyy: 5}}", "did you mean 'Dy'?"),
        ("baseline: {made_from: {NdFeB: {Dy: 0}}}", "a number above 0"),
        ("baseline: {made_from: {NdFeB: {Sm: 0.1}}}", "an input that the data set makes it from"),
        ("baseline: {made_from: {NdFeB: {Nd: 0.3}}}", "makers in CN that take at most 0.99 of the Nd used there"),
        ("baseline: {price: {NdFeB: 10 USD/kg}}", "inputs of NdFeB that cost no more than it does"),
        ("levers: {demand: [{market: Dy, sector: ev_auto, factor: 2}]}", "either `market` or `sector`"),
        ("levers: {demand: [{sector: ev_autos, factor: 2}]}", "did you mean 'ev_auto'?"),
        ("levers: {demand: [{sector: ev_auto}]}", "`factor` or `path`"),
        ("levers: {demand: [{sector: ev_auto, path: {2026-10-07: 0}}]}", "0.01"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, text, said):
    with pytest.raises(ConfigError, match="mine.yaml") as error:
        load_scenario(write(tmp_path, text))
    assert said in str(error.value)
    assert error.value.exit_code == 65


def test_demand_of_a_sector_follows_its_path_in_all_it_uses(tmp_path):
    text = "levers: {demand: [{sector: ev_auto, bloc: XC, path: {2026-10-07: 1, 2026-12-16: 0.5, 2027-02-24: 1.2}}]}"
    scenario = load_scenario(write(tmp_path, text))
    labels, demand = scenario.labels, scenario.params.schedule.demand
    data = load_config("base").dataset
    for market in ("Dy", "Ga", "NdFeB", "mature_logic"):
        share = data.inputs[market, "ev_auto", "use_share"].value
        got = demand[:, labels.market.index(market), 1]
        assert got[0] == pytest.approx(1)
        assert got[10] == pytest.approx(1 - 0.5 * share)
        assert got[15] == pytest.approx(1 - 0.15 * share), "a straight line between"
        assert got[-1] == pytest.approx(1 + 0.2 * share), "the last factor stays"
    np.testing.assert_array_equal(demand[:, :, 0], 1)


def test_sectors_add_up(tmp_path):
    one = "{sector: SECTOR, factor: 1.3}"
    sectors = load_config("base").dataset.labels.sector_ids
    text = f"levers: {{demand: [{', '.join(one.replace('SECTOR', k) for k in sectors)}]}}"
    schedule = load_scenario(write(tmp_path, text)).params.schedule
    np.testing.assert_allclose(schedule.demand, 1.3, rtol=1e-3)
    assert (schedule.recipe == 1).all(), "what makers take follows what they make"
