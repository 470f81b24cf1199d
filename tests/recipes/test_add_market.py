"""The recipe "A market" of docs/extending.md, executed; and descriptions that are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import DataError, UsageError
from supplyshock.scenarios.dataset.dataset import Dataset, read_dataset
from supplyshock.scenarios.display_names import DisplayNames
from supplyshock.scenarios.new_market.add_market import add_markets
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.scenarios.shipped import default_data
from support.recipes import PAGE

HEADING = "A market"
DESCRIPTION = """\
id: Sb
name: Antimony
group: minor
like: Ge
source: test
figures: {world_volume: 83000, price: 12, cn_demand_share: 0.5}
sources:
  - {id: cn_sb, name: Chinese antimony, bloc: CN, kind: byproduct, place: CN, like: cn_ge, share: 0.8}
  - {id: xc_ge, share: 0.2}
use: {ev_auto: 1}
"""


def test_recipe(execute: Callable[[str], list[str]]) -> None:
    """Antimony is in the labels, gated by its list, and moves in the results of the run that the recipe makes."""
    first, *_ = execute(HEADING)
    rows = re.search(r"Sb added: (\d+) figures", first)
    assert rows
    assert f"adds {rows[1]} rows to five tables" in " ".join(PAGE.read_text(encoding="utf-8").split())
    scenario = load_scenario("with_antimony.yaml")
    i = scenario.labels.market.index("Sb")
    assert scenario.labels.market[i + 1] == scenario.labels.chip[0]
    assert scenario.labels.list[scenario.params.markets.cn_list[i]] == "ga_ge"
    run = open_run("runs/antimony")
    prices = run["summary"]["price_ratio_quantile"].sel(market="Sb", scenario="with_antimony", bloc="XC")
    low, high = prices.isel(time=-1, quantile=[0, -1]).values
    assert 0 < low < high < np.inf
    assert Path("runs/antimony/fan.png").stat().st_size > 1000


@pytest.fixture(scope="module")
def shipped() -> Dataset:
    """The default data set."""
    return read_dataset(default_data())


def add(tmp_path: Path, text: str) -> Dataset:
    """The data set with the market that `text` describes."""
    (tmp_path / "market.yaml").write_text(text, encoding="utf-8")
    return read_dataset(add_markets([tmp_path / "market.yaml"], default_data(), tmp_path / "data").folder)


def test_every_figure_of_the_data_set_stays(tmp_path: Path, shipped: Dataset) -> None:
    """The new folder has the shipped figures, in their order, and beside them rows of the new market alone."""
    new = add(tmp_path, DESCRIPTION)
    old = {(f.table, f.key): (f.value, f.unit, f.mark, f.source) for f in shipped.figures()}
    now = {(f.table, f.key): (f.value, f.unit, f.mark, f.source) for f in new.figures()}
    assert {k: now[k] for k in old} == old
    assert all("Sb" in key or "cn_sb" in key for _, key in now.keys() - old.keys())
    assert new.prior.keys() == shipped.prior.keys()


def test_names_are_those_of_the_description(tmp_path: Path, shipped: Dataset) -> None:
    """And of the data set that it is added to, with what they cover."""
    new = add(tmp_path, DESCRIPTION)
    names, before = DisplayNames(new.labels.given_names()), DisplayNames(shipped.labels.given_names())
    assert names.of("market", "Sb") == "Antimony"
    assert names.of("source", "cn_sb") == "Chinese antimony"
    assert {k: names.by_axis["market"][k] for k in before.by_axis["market"]} == before.by_axis["market"]
    assert (names.by_axis["sector"], names.by_axis["list"]) == (before.by_axis["sector"], before.by_axis["list"])
    assert new.labels.sectors == shipped.labels.sectors
    config = tmp_path / "mine.yaml"
    config.write_text("base: status_quo\ndata: data\n", encoding="utf-8")
    assert load_scenario(config).labels.names == names


def test_what_is_left_out_is_borrowed_or_computed(tmp_path: Path, shipped: Dataset) -> None:
    """Value is volume times price; cover is germanium's, as a judgement; unused sectors do not depend on the market."""
    new = add(tmp_path, DESCRIPTION)
    assert new.market["Sb", "world_value"].value == pytest.approx(83000 * 12 * 1e-6)
    cover = new.market["Sb", "cover_weeks"]
    assert (cover.value, cover.mark) == (shipped.market["Ge", "cover_weeks"].value, "expert judgement")
    assert cover.source.startswith("As Ge: ")
    cars = shipped.sector["ev_auto", "va_us"].value, shipped.sector["ev_auto", "va_rest"].value
    assert new.market["Sb", "us_share_of_xc_use"].value == pytest.approx(cars[0] / sum(cars))
    assert new.inputs["Sb", "ev_auto", "criticality"].value == shipped.inputs["Ge", "ev_auto", "criticality"].value
    assert new.inputs["Sb", "computing_dc", "criticality"].value == 0
    assert new.source["cn_sb", "lead_time"].value == shipped.source["cn_ge", "lead_time"].value


def test_a_chip_segment(tmp_path: Path) -> None:
    """It goes behind the other chips; its value is given, its times are borrowed."""
    text = """\
id: accelerators
name: AI accelerators
group: chip
like: leading_logic
source: test
figures: {world_value: 100, cn_demand_share: 0.1}
sources: [{id: fab_tw, share: 0.8}, {id: fab_cn, share: 0.2}]
use: {computing_dc: 1}
"""
    new = add(tmp_path, text)
    assert new.labels.market_ids[-1] == "accelerators"
    lent = new.market["leading_logic", "fab_weeks"].value
    assert new.market["accelerators", "fab_weeks"].value == lent


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: Sb", "id: Ga", "market.yaml:1: id: expected a new id, got 'Ga', a market of the data set"),
        ("name: Antimony", "name: ' Antimony'", "market.yaml:2: name: expected one line, without space at its ends"),
        ("like: Ge", "like: Gee", "did you mean 'Ge'?"),
        ("group: minor", "group: chip", "a group of a material, as Ge is"),
        ("price: 12, ", "", "market.yaml:6: figures: expected a value for price, got none"),
        ("price: 12", "price: 12, world_value: 1", "figures.world_value: expected one of"),
        ("price: 12", "price: cheap", "a number, or value, mark and source"),
        ("price: 12", "price: -12", "a number above 0"),
        ("share: 0.8", "share: 0.7", "market.yaml:7: sources: expected shares that sum to 1, got 0.9"),
        ("ev_auto: 1", "ev_auto: 0.5", "use: expected shares that sum to 1, got 0.5"),
        ("ev_auto: 1", "ev_autos: 1", "did you mean 'ev_auto'?"),
        ("like: cn_ge", "like: cn_gee", "did you mean 'cn_ge'?"),
        ("bloc: CN, ", "", "`bloc` of the new source 'cn_sb'"),
        ("{id: xc_ge, share: 0.2}", "{id: xc_ge, share: 0.2, like: cn_ge}", "id and share alone"),
        ("cn_demand_share: 0.5", "cn_demand_share: 0.9", "figures.cn_demand_share: expected less than 0.8"),
        ("source: test", "source: test\nmark: found", "mark: expected 'sourced', 'derived'"),
    ],
)
def test_wrong_descriptions(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Each is refused with its place and what was expected, and leaves no folder."""
    assert old in DESCRIPTION
    with pytest.raises(DataError) as error:
        add(tmp_path, DESCRIPTION.replace(old, new))
    assert message in str(error.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["market.yaml"]


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    """An existing `--out` is refused."""
    add(tmp_path, DESCRIPTION)
    with pytest.raises(UsageError, match="the folder exists"):
        add(tmp_path, DESCRIPTION)
