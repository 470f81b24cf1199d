"""Markets and other names as people know them: one resolver, wherever they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import supplyshock as ss
from supplyshock.calibration.backtest.observations import read_points
from supplyshock.common.errors import ConfigError, DataError, UsageError
from supplyshock.execution.request_checks import check_scenarios
from supplyshock.scenarios.display_names import DisplayNames
from supplyshock.scenarios.exposure.load import load_exposure
from support.command import invoke, said, small_run, tree

__all__ = ["small_run", "tree"]
HEAD = "episode,scenario,target,measure,market,bloc,from,to,value,low,high,unit,mark,source,note"
IDS = ("Nd", "Pr", "NdFeB", "cn_tariffs", "us_tariffs")


@pytest.mark.parametrize(
    ("axis", "text", "label"),
    [
        ("market", "Nd", "Nd"), ("market", "nd", "Nd"), ("market", "NEODYMIUM", "Nd"), ("market", " neodymium ", "Nd"),
        ("market", "ndfeb  magnets", "NdFeB"), ("list", "tariffs", ""), ("list", "US_tariffs", "us_tariffs"),
        ("market", "Neodym", ""), ("market", "", ""),
    ],
)  # fmt: skip
def test_what_a_text_means(axis: str, text: str, label: str) -> None:
    """An id wins, then the one id or name that it is in any case; two lists are called tariffs."""
    assert DisplayNames().find(axis, text, IDS) == label


def test_an_id_wins_over_a_name_of_another() -> None:
    names = DisplayNames({"market": {"A": "B", "B": "A"}})
    assert [names.find("market", text, ("A", "B")) for text in ("A", "B", "a")] == ["A", "B", ""]


def test_the_nearest_names() -> None:
    text = DisplayNames().nearest("market", "Neodymum", IDS)
    assert text == "did you mean 'Nd'? nearest: Neodymium (Nd), Praseodymium (Pr)"
    assert DisplayNames().nearest("market", "zzz", IDS) == ""


def test_in_a_config() -> None:
    outage = {"source": "Mountain Pass", "availability": 0.2, "from": "2026-12-01", "to": "2027-03-01"}
    levers = {"stockpile": [{"market": "neodymium", "initial": "8 weeks"}], "outages": [outage]}
    changes = {"levers": levers, "initial": {"price_ratio": {"Dysprosium": {"XC": 2}}}}
    config = ss.load_scenario("base", changes).config
    assert (config["levers"]["stockpile"][0]["market"], config["levers"]["outages"][0]["source"]) == (
        "Nd",
        "mountain_pass",
    )
    assert set(config["initial"]["price_ratio"]) == {"Dy"}
    with pytest.raises(ConfigError, match="unknown control list 'tariffs'; did you mean"):
        ss.load_scenario("base", {"policy": {"control_levels": {"tariffs": 0.3}}})


def test_in_a_book(tmp_path: Path) -> None:
    book = tmp_path / "plant.yaml"
    book.write_text(
        "inputs: [{market: Dysprosium, use: 3 t/year, stock: 8 weeks}]\n"
        "lines: [{title: motors, needs: [dy], value_added: 2 M USD/year}]\n"
    )
    loaded = load_exposure(book, ss.load_scenario("base", {"weeks": 4})).exposure
    assert (loaded.inputs[0].market, loaded.lines[0].needs) == ("Dy", ("Dy",))


def test_in_a_table_of_observed_points(tmp_path: Path) -> None:
    file = tmp_path / "news.csv"
    row = "news,history,,quote,{},XC,2026-11-01,2026-11-15,2,,,1,unverified,agency,"
    cells = ("NdFeB magnets", "neodymium", "Neodymium*.5 Pr*.5")
    file.write_text("\n".join([HEAD, *map(row.format, cells)]) + "\n")
    points = read_points(file, {"market": IDS, "chip": ()})
    assert [p.market for p in points] == ["NdFeB", "Nd", "Nd*.5 Pr*.5"]
    file.write_text(f"{HEAD}\n{row.format('Neodymum')}\n")
    with pytest.raises(DataError, match=r"nearest: Neodymium \(Nd\)"):
        read_points(file, {"market": IDS, "chip": ()})


def test_in_results(tree: Any, small_run: Path) -> None:
    named, plain = (ss.fan(tree, market=m, bloc="XC", scenario="status_quo") for m in ("neodymium", "Nd"))
    assert named.identical(plain)
    assert ss.measure(tree, "quote:Neodymium").equals(ss.measure(tree, "quote:Nd"))
    shown = [invoke("show", small_run, "--market", m).stdout for m in ("Neodymium", "Nd")]
    assert shown[0] == shown[1]
    assert "Neodymium" in shown[0]
    wrong = invoke("show", small_run, "--market", "Neodymum")
    assert (wrong.exit_code, "Neodymium (Nd)" in said(wrong)) == (2, True)
    for axis in ("quantile", "time"):
        with pytest.raises(UsageError, match="no such axis with labels"):
            ss.fan(tree, **{axis: "0.5"})


def test_scenarios_of_two_days_show_them_as_people_write_them() -> None:
    early, late = (
        ss.load_scenario("base", {"weeks": 2}),
        ss.load_scenario("base", {"weeks": 2, "name": "late", "start": "2026-11-18", "initial": {"states": None}}),
    )
    with pytest.raises(UsageError, match="expected that of base, 2026-10-07, got 2026-11-18"):
        check_scenarios([early, late])
