"""The optional data set of more minerals: it builds, leaves the default one alone, rests, and runs the past."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from supplyshock.calibration.backtest.episode_tables import choose
from supplyshock.calibration.backtest.run import run_episode
from supplyshock.common.errors import ConfigError, DataError
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.reporting.page.backtest_publish import Extras, held_out, publish, render
from supplyshock.scenarios.config.load import load_config
from supplyshock.scenarios.dataset.csv_table import MARKS
from supplyshock.scenarios.dataset.dataset import Dataset, read_dataset
from supplyshock.scenarios.new_market.add_market import add_markets
from supplyshock.scenarios.new_market.with_market import read_data, with_markets
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.scenarios.shipped import configs_dir, default_data, find_config, optional_names, shipped_names
from support import worlds
from support.command import invoke

MARKETS = configs_dir() / "minerals" / "markets"
FILES = sorted(MARKETS.glob("*.yaml"))
NEW = {"Sb": "antimony_2024", "Bi": "metals_2025_02", "graphite": "graphite_2023", "In": "metals_2025_02",
       "Mo": "metals_2025_02", "W": "metals_2025_02"}  # fmt: skip
EPISODES = ("antimony", "graphite", "metals")


@pytest.fixture(scope="module")
def minerals() -> Dataset:
    """The optional data set."""
    return read_data(MARKETS)


def test_the_default_data_set_is_in_it_unchanged(minerals: Dataset) -> None:
    """Figure by figure, and the default scenarios neither know the new markets nor the new lists."""
    default = read_dataset(default_data())
    now = {(f.table, f.key): f for f in minerals.figures()}
    old = {(f.table, f.key): f for f in default.figures()}
    assert {key: now[key] for key in old} == old
    words = {*NEW, *NEW.values(), *minerals.labels.source_ids[len(default.labels.source_ids) :]}
    assert all(words & {*key, *key[0].split(".")} for _, key in now.keys() - old.keys())
    assert not {*NEW, *NEW.values()} & {*load_scenario("base").labels.market, *load_scenario("base").labels.list}
    assert not set(optional_names()) & set(shipped_names())


def test_every_new_figure_says_where_it_is_from(minerals: Dataset) -> None:
    """Its mark, its source, and the file of the market that brought it."""
    new = [f for f in minerals.figures() if f.where.startswith(str(MARKETS))]
    assert len(new) > 30 * len(NEW)
    assert all(f.mark in MARKS and len(f.source) > 10 for f in new)
    assert {Path(f.where) for f in new} == set(FILES)
    borrowed = [f for f in new if f.note]
    assert borrowed
    assert {f.mark for f in borrowed} == {"expert judgement"}


def test_markets_are_on_their_lists(minerals: Dataset) -> None:
    p, labels = load_scenario("minerals/hindcast_metals").params, load_scenario("minerals/hindcast_metals").labels
    for market, control_list in NEW.items():
        i = labels.market.index(market)
        assert labels.list[p.markets.cn_list[i]] == control_list
        assert minerals.coverage[control_list, market].value == pytest.approx(p.markets.cn_coverage[i])
    assert labels.market.index("W") < labels.market.index(labels.chip[0])


def test_the_written_folder_gives_the_same_world(tmp_path: Path) -> None:
    """`data add-market` with all files writes what a config reads from their folder: digests are equal."""
    folder = tmp_path / "data"
    assert [m.market for m in add_markets(FILES, default_data(), folder).markets] == [*NEW]
    config = tmp_path / "hindcast_metals.yaml"
    text = find_config("minerals/hindcast_metals").read_text(encoding="utf-8")
    config.write_text(text.replace("data: markets", "data: data"), encoding="utf-8")
    assert load_scenario(config).digest == load_scenario("minerals/hindcast_metals").digest
    assert (folder / "states" / "first_day.npz").is_file()
    assert load_config("status_quo", {"data": str(folder)}).dataset.projects


def test_the_command_takes_several_files(tmp_path: Path) -> None:
    """It says what each brought; a market on a list that nobody brought is refused, and nothing is left behind."""
    by_name = {f.stem: f for f in FILES}
    done = invoke("data", "add-market", by_name["bismuth"], by_name["tungsten"], "--out", tmp_path / "d", "--json")
    rows = json.loads(done.stdout)["markets"]
    assert [(r["market"], r["lists"]) for r in rows] == [("Bi", ["metals_2025_02"]), ("W", [])]
    alone = invoke("data", "add-market", by_name["tungsten"], "--out", tmp_path / "e")
    assert alone.exit_code == 65, "its list comes with bismuth"
    assert "metals_2025_02" in alone.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("like: ga_ge", "like: ga_gee", "did you mean 'ga_ge'?"),
        ("id: antimony_2024", "id: ga_ge", "expected a new id, got 'ga_ge', a list of the data set"),
        ("id: antimony_2024", "id: new_tariffs", "an id that does not end in 'tariffs'"),
        ("  antimony_2024: {", "  antimony_2025: {", "did you mean 'antimony_2024'?"),
        ("0.28", "0.8", "less than 0.8, the share of supply from China"),
    ],
)
def test_wrong_lists_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = FILES[0].read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "sb.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError) as error:
        with_markets(read_dataset(default_data()), [tmp_path / "sb.yaml"])
    assert message in str(error.value)


def test_a_folder_without_markets_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"dataset\.yaml"):
        read_data(tmp_path)


def test_new_markets_rest() -> None:
    """Nobody acts and there is no noise: quotes and stocks stay within 2 % for a quarter."""
    free = {"policy": {"events": None}, "levers": {"outages": None}, "weeks": 13}
    p = load_scenario("minerals/hindcast_metals", free).params
    still = worlds.change(p, "material", sigma_cn=0.0, sigma_xc=0.0, sigma_demand=0.0)
    still = worlds.change(still, "chip", sigma_broker=0.0, sigma_contract=0.0, sigma_demand=0.0)
    still = worlds.change(still, "policy", leniency_sd=0.0, strait_hazard=0 * p.policy.strait_hazard)
    still = worlds.change(still, "sources", outage_hazard=0 * p.sources.outage_hazard)
    rows = [load_scenario("minerals/hindcast_metals").labels.market.index(m) for m in NEW]
    for name in ("price_ratio", "inventory_weeks"):
        shown = worlds.collect_series(still, 16, 3, name)[rows]
        assert np.abs(shown / shown[:, :, :1] - 1).max() < 0.02, name
    noisy = worlds.collect_series(p, 16, 3, "price_ratio")[rows]
    assert np.abs(noisy - 1).max() > 0.05, "with noise they move"


@pytest.mark.parametrize("name", optional_names())
def test_configs_of_the_set_are_whole(name: str) -> None:
    config = load_config(name).config
    assert config.title
    assert config.description
    assert json.loads(json.dumps(config.plain()))["data"].endswith("markets")


@pytest.mark.parametrize("name", EPISODES)
def test_episodes_run_by_name(name: str) -> None:
    """Every point has a number; a licence that lets little through makes prices outside rise, or exports fall."""
    (chosen,) = choose(name)
    assert chosen.held_out
    assert not any(p.target for p in chosen.points), "nothing is fitted to them"
    episode = run_episode(name, chosen.points, SimulationSettings(64, seed=3))
    assert len(episode.rows) == len(chosen.points)
    assert all(np.isfinite((r.median, r.low, r.high)).all() and r.low <= r.median <= r.high for r in episode.rows)
    medians = {(r.point.market, r.point.measure, str(r.point.first)): r.median for r in episode.rows}
    if name == "antimony":
        assert medians["Sb", "quote", "2025-06-24"] > 1.5
    if name == "graphite":
        assert medians["graphite", "exports", "2024-01-01"] < 0.5 < medians["graphite", "exports", "2023-11-01"]
    if name == "metals":
        assert medians["Mo", "quote", "2025-06-03"] == pytest.approx(1, abs=0.1), "a negative case stays flat"


def test_all_has_them_apart() -> None:
    """`all` is what was there before, then the episodes that no total counts."""
    chosen = choose("all")
    assert [e.name for e in chosen if e.held_out] == [*EPISODES]
    assert [e.name for e in chosen][-3:] == [*EPISODES]
    result = json.loads(invoke("hindcast", "antimony", "--paths", "16", "--quiet", "--json").stdout)
    assert result["episodes"] == ["antimony"]
    assert invoke("hindcast", "antimonny").exit_code == 65


def test_the_page_shows_them_in_a_section_of_their_own(tmp_path: Path) -> None:
    how = SimulationSettings(16, seed=3)
    (fitted,), (apart,) = choose("2023"), choose("antimony")
    first, second = (run_episode(e.name, e.points, how) for e in (fitted, apart))
    publish([first], tmp_path / "b.md", tmp_path, Extras(held_out=[second]))
    text = (tmp_path / "b.md").read_text(encoding="utf-8")
    assert text == render(tmp_path, tmp_path)
    before, after = text.split("## Out of sample: other minerals")
    assert "Sb" not in before
    assert after.count("| quote of Sb outside China |") == 4
    assert len(held_out(tmp_path)) == len(apart.points)
