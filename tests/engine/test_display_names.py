"""Names that a data set of one's own gives, in everything that people read; results keep the ids."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from supplyshock import measure
from supplyshock.analysis.measures import find_measure
from supplyshock.analysis.open_run import open_run
from supplyshock.analysis.run_groups import names_of
from supplyshock.common.errors import DataError, StoreError
from supplyshock.reporting.page.collect import collect
from supplyshock.reporting.page.findings import answers
from supplyshock.reporting.plots.fan_panels import headline, read_panels
from supplyshock.reporting.story.accidents import accident_events
from supplyshock.reporting.story.damage import losses
from supplyshock.reporting.story.events import market_word
from supplyshock.reporting.story.negotiation import names_of_list
from supplyshock.reporting.story.replay import replay_path
from supplyshock.scenarios.dataset.dataset_labels import read_labels
from supplyshock.scenarios.display_names import DisplayNames
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock.scenarios.shipped import default_data
from supplyshock.store.stored_names import ATTRIBUTE
from supplyshock.store.stored_scenarios import stored_scenarios
from support.command import invoke, said

OWN = {
    "Dysprosium": "Dy metal at US$ 5 to US$ 9",
    "Advanced logic chips": "AI chips",
    "cars": "Vehicles",
    "Bayan Obo": "The big mine",
    "advanced chips": "October rules",
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config with a data folder of its own, whose names differ from the shipped ones; terbium has none."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(default_data(), folder / "data", ignore=shutil.ignore_patterns("raw"))
    text = (folder / "data/dataset.yaml").read_text(encoding="utf-8")
    for old, new in OWN.items():
        assert f"name: {old}\n" in text
        text = text.replace(f"name: {old}\n", f"name: {new}\n")
    text = text.replace("  name: Terbium\n", "")
    (folder / "data/dataset.yaml").write_text(text, encoding="utf-8")
    (folder / "mine.yaml").write_text("base: status_quo\ndata: data\n", encoding="utf-8")
    return folder / "mine.yaml"


@pytest.fixture(scope="module")
def own(config: Path) -> Scenario:
    """Its scenario."""
    return load_scenario(config)


@pytest.fixture(scope="module")
def out(config: Path) -> Path:
    """A run of it."""
    done = invoke("run", config, "--paths", "64", "--seed", "5", "--weeks", "52", "--out", config.parent / "run")
    assert done.exit_code == 0, done.output
    return config.parent / "run"


@pytest.fixture(scope="module")
def run(out: Path) -> xr.DataTree:
    """Its results."""
    return open_run(out)


def test_names_are_those_of_the_data_set(own: Scenario) -> None:
    """And of the shipped one where the data set has none; without both, the id in words."""
    names = own.labels.names
    assert names.of("market", "Dy") == "Dy metal at US$ 5 to US$ 9"
    assert names.of("chip", "leading_logic") == "AI chips"
    assert (names.of("sector", "ev_auto"), names.of("source", "bayan_obo")) == ("Vehicles", "The big mine")
    assert names.of("list", "advanced_chips") == "October rules"
    assert names.of("market", "Tb") == "Terbium"
    assert names.of("market", "my_metal") == "my metal"
    assert names.of("list", "ga_ge", "Ga, Ge") == "Ga, Ge"
    assert names.of("regime", "deal") == "deal"


def test_no_number_and_no_identity_depends_on_a_name(own: Scenario) -> None:
    shipped = load_scenario("status_quo")
    assert own.digest == shipped.digest
    assert own.labels == shipped.labels
    assert "names" not in repr(own.labels)
    with pytest.raises(KeyError):
        own.labels.of("names")


def test_a_run_keeps_them(out: Path, run: xr.DataTree, own: Scenario) -> None:
    names = names_of(run)
    assert names.of("sector", "ev_auto") == "Vehicles"
    assert names_of(run["outcomes"].to_dataset()).of("market", "Dy") == names.of("market", "Dy")
    assert names_of(run["outcomes"].to_dataset().isel(market=[10])).of("market", "Dy") == names.of("market", "Dy")
    assert [str(v) for v in run["outcomes"]["sector"].values] == list(own.labels.sector), "ids stay"
    (stored,) = stored_scenarios(out)
    assert stored.labels.names.by_axis == own.labels.names.by_axis


def without_names(run: xr.DataTree, text: str | None = None) -> xr.DataTree:
    """The run as an older one has it; or with another text in place of the names."""
    groups = {}
    for key, node in run.children.items():
        data = node.to_dataset().copy()
        for axis in data.coords:
            old = data[axis].attrs.pop(ATTRIBUTE, None)
            if old and text is not None:
                data[axis].attrs[ATTRIBUTE] = text
        groups[key] = data
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = dict(run.attrs)
    return tree


def test_an_older_run_has_the_shipped_names(run: xr.DataTree) -> None:
    names = names_of(without_names(run))
    assert not any(names.by_axis.values())
    assert (names.of("market", "Dy"), names.of("sector", "ev_auto")) == ("Dysprosium", "cars")


@pytest.mark.parametrize("text", ["[1]", '{"Dy": 1}', "{", '{"Dy": "\\u001b[2J"}'])
def test_damaged_names_are_an_error_of_the_store(run: xr.DataTree, text: str) -> None:
    with pytest.raises(StoreError, match="the names in these results cannot be read"):
        names_of(without_names(run, text))


def test_measures(run: xr.DataTree) -> None:
    assert find_measure(run, "quote:Dy").measure.title().endswith("Dy metal at US$ 5 to US$ 9, outside China")
    assert "Vehicles" in find_measure(run, "loss:US,ev_auto").measure.title()
    assert measure(run, "quote:Dy").name == "quote:Dy"


def test_show_and_measures(out: Path) -> None:
    """People read names; JSON and CSV have the id in `item` and the name in `label`."""
    shown = invoke("show", out, "--full", "--market", "Dy", "--market", "Tb").stdout
    for line in ("quote outside China: Dy metal at US$ 5 to US$ 9", "AI chips, mean", "quote outside China: Terbium"):
        assert line in shown
    rows = json.loads(invoke("show", out, "--json").stdout)["rows"]
    pairs = {(r["item"], r["label"]) for r in rows}
    assert ("quote in China: leading_logic", "quote in China: AI chips") in pairs
    stops = {(r["item"], r["label"]) for r in rows if r["table"] == "stops" and "ev_auto" in r["item"]}
    assert all(label == item.replace("ev_auto", "Vehicles") for item, label in stops)
    listed = invoke("measures", out).stdout
    assert "ev_auto (Vehicles)" in listed


def test_two_ids_with_one_name_are_two_lines(out: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(out, copy)
    for path in (copy / "results.zarr").rglob("zarr.json"):
        text = path.read_text(encoding="utf-8").replace("AI chips", "Neodymium")
        path.write_text(text, encoding="utf-8")
    shown = invoke("show", copy, "--full").stdout
    assert shown.count("supply made outside China at the end: Neodymium, mean") == 2


def test_figures(run: xr.DataTree) -> None:
    panels = read_panels(run, ["Dy", "leading_logic"])
    text = headline(panels, ["t"])
    assert text.startswith(r"Dy metal at US\$ 5 to US\$ 9 "), "no formula between dollar signs"
    assert "AI chips " in text


def test_reports(run: xr.DataTree) -> None:
    page = collect(run, stories=False)
    assert page["names"]["sector"]["ev_auto"] == "Vehicles"
    assert {m["id"]: m["name"] for m in page["markets"]}["leading_logic"] == "AI chips"
    assert {m["id"]: m["base"] for m in page["markets"]}["Dy"] == "1 = 239 USD/kg"
    stops = [a.text for a in answers(page) if a.text.startswith("of paths stop")]
    assert stops
    assert not any("cars" in text or "ev_auto" in text for text in stops)


def test_stories(run: xr.DataTree) -> None:
    replayed = replay_path(run, 3)
    lists = [str(v) for v in replayed.series["list"].values]
    assert names_of_list(replayed, lists.index("advanced_chips")) == "October rules"
    assert names_of_list(replayed, lists.index("ga_ge")) == "Ga, Ge"
    assert replayed.unstored is not None
    replayed.unstored.outage[:] = 0.0
    replayed.unstored.outage.loc[{"source": "bayan_obo", "time": replayed.unstored.outage["time"][4]}] = 0.5
    (event,) = accident_events(replayed)
    assert "of the output of The big mine" in event.text
    replayed.outcomes["loss_usd_bn"].loc[{"party": "US"}] = 0.0
    replayed.outcomes["loss_usd_bn"].loc[{"party": "US", "sector": "ev_auto"}] = 9.0
    assert "(Vehicles 9.0)" in losses(replayed)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Dysprosium", "dysprosium"),
        ("Memory chips (DRAM, HBM)", "memory chips (DRAM, HBM)"),
        ("DRAM", "DRAM"),
        ("NdPr oxide", "NdPr oxide"),
        ("Sb", "Sb"),
        ("Sb 99.6 %", "Sb 99.6 %"),
        ("3N gallium", "3N gallium"),
        ("Оксид", "оксид"),
    ],
)
def test_a_name_inside_a_sentence(name: str, word: str) -> None:
    assert market_word(DisplayNames({"market": {"x": name}}), "x") == word


@pytest.mark.parametrize("name", ["' '", "'a '", "' a'", '"a\\nb"', "x" * 101, "7"])
def test_what_is_no_name(config: Path, tmp_path: Path, name: str) -> None:
    text = (config.parent / "data/dataset.yaml").read_text(encoding="utf-8")
    (tmp_path / "dataset.yaml").write_text(text.replace("name: AI chips", f"name: {name}"), encoding="utf-8")
    with pytest.raises(DataError, match=r"markets\[20\].name"):
        read_labels(tmp_path / "dataset.yaml")


def test_a_picture_of_a_path_draws(out: Path, tmp_path: Path) -> None:
    """Dollar signs in a name, too."""
    done = invoke("replay", out, "--path", "3", "--figure", tmp_path / "path.png")
    assert done.exit_code == 0, said(done)
    assert np.fromfile(tmp_path / "path.png", np.uint8).size > 1000


def test_lines_of_measures(out: Path, tmp_path: Path) -> None:
    """As asked for, since commands take ids, with the names behind; of one week and of a difference, too."""
    asked = ("--measure", "quote:leading_logic > 5", "--measure", "loss:US,ev_auto", "--measure", "paid:Tb at week 3")
    shown = invoke("show", out, *asked, "--measure", "loss:US").stdout
    for line in ("quote:leading_logic > 5 (AI chips)", "loss:US,ev_auto (Vehicles)", "at week 3 (Terbium)", "loss:US,"):
        assert line in shown
    other = tmp_path / "other.yaml"
    other.write_text(f"base: {out.parent / 'mine.yaml'}\nparameters: {{material.eta: 0.4}}\n", encoding="utf-8")
    two = tmp_path / "two"
    made = invoke("run", out.parent / "mine.yaml", other, "--paths", "64", "--weeks", "26", "--out", two, "--quiet")
    assert made.exit_code == 0, said(made)
    assert "loss:US,ev_auto (Vehicles), bn USD" in invoke("compare", two, *asked[2:4]).stdout
    (row, *_) = json.loads(invoke("compare", two, *asked[2:4], "--json").stdout)["rows"]
    assert (row["item"], row["label"]) == ("loss:US,ev_auto", "loss:US,ev_auto (Vehicles)")
