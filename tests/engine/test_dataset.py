"""Data folders: what is read, and what is refused with file, line and column."""

from __future__ import annotations

import shutil
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from supplyshock.common.errors import DataError
from supplyshock.scenarios.dataset.dataset import read_dataset
from supplyshock.scenarios.shipped import default_data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(default_data(), copy, ignore=shutil.ignore_patterns("raw"))
    return copy


def edit(path: Path, old: str, new: str) -> int:
    """Replace the first `old`; returns its line."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def refused(folder: Path) -> DataError:
    with pytest.raises(DataError) as error:
        read_dataset(folder)
    assert error.value.exit_code == 65
    return error.value


def test_default_data(folder: Path) -> None:
    data = read_dataset(folder)
    figure = data.market["Dy", "world_volume"]
    assert figure.value > 0
    assert (figure.unit, figure.table) == ("t/yr", "market_figures")
    assert figure.mark in ("sourced", "derived", "unverified", "expert judgement")
    assert figure.source
    assert data.parameter["material.eta",].low == 0.2
    assert data.prior["pain_cn"].factor == "pain_us"


def test_frozen(folder: Path) -> None:
    data = read_dataset(folder)
    with pytest.raises(FrozenInstanceError):
        data.folder = folder  # type: ignore[misc]
    with pytest.raises(TypeError):
        data.market["Dy", "price"] = None  # type: ignore[index]


@pytest.mark.parametrize(
    ("file", "old", "new", "parts"),
    [
        ("market_figures.csv", "Sc,cn_demand_share,0.45", "Sx,cn_demand_share,0.45",
         ("market: expected a known market, got 'Sx'",)),
        ("market_figures.csv", "Sc,cn_demand_share,0.45", "Sc,cn_demand_shar,0.45",
         ("did you mean 'cn_demand_share'?",)),
        ("market_figures.csv", "Sc,cn_demand_share,0.45", "Sc,cn_demand_share,1.45",
         ("value: expected a number in 0.001..0.999, got '1.45'",)),
        ("market_figures.csv", "Sc,cn_demand_share,0.45", "Sc,cn_demand_share,nan", ("value", "'nan'")),
        ("market_figures.csv", "Sc,cn_demand_share,0.45", "Sc,cn_demand_share,abc", ("value", "'abc'")),
        ("market_figures.csv", "Sc,cn_demand_share,0.45", 'Sc,cn_demand_share,"0,45"',
         ("value: expected a number in 0.001..0.999, got '0,45'; a comma inside a number", "write 0.45")),
        ("priors.csv", "0.13,0.65,0.03,0.5", '"0,13",0.65,0.03,0.5', ("center", "write 0.13")),
        ("market_figures.csv", "Sc,cn_demand_share,0.45,1", "Sc,cn_demand_share,0.45,%",
         ("unit: expected 1, got '%'",)),
        ("market_figures.csv", "Sc,cn_demand_share,0.45,1,expert judgement", "Sc,cn_demand_share,0.45,1,guess",
         ("mark: expected one of sourced, derived, unverified, expert judgement, got 'guess'",)),
        ("source_figures.csv", "bayan_obo,lead_time,78", "bayan_obo,lead_time,0", ("a number in 3..10000",)),
        ("source_figures.csv", "bayan_obo,", "byan_obo,", ("did you mean 'bayan_obo'?",)),
        ("parameters.csv", "material.eta,", "material.etta,", ("did you mean 'material.eta'?",)),
        ("priors.csv", "substitution,lognormal", "substitution,weibull",
         ("distribution: expected one of lognormal, normal",)),
        ("priors.csv", "0.13,0.65,0.03,0.5", "0.6,0.65,0.03,0.5", ("low <= center <= high",)),
        ("control_lists.csv", "ree_2025_04,Sm", "ree_2025_4,Sm", ("did you mean 'ree_2025_04'?",)),
        ("made_from.csv", "NdFeB,Nd,kg", "NdFeB,Ndd,kg", ("input: expected a known input", "'Ndd'")),
        ("made_from.csv", "NdFeB,Nd,kg_per_kg,0", "NdFeB,Nd,kg_per_kg,-0", ("a number above 0, at most 1000",)),
        ("made_from.csv", "SmCo,Sm,share_needed,1", "SmCo,Sm,share_needed,1.1", ("a number above 0, at most 1,",)),
    ],
)  # fmt: skip
def test_refused_cells(folder: Path, file: str, old: str, new: str, parts: tuple[str, ...]) -> None:
    line = edit(folder / file, old, new)
    problem = refused(folder).problems[0]
    assert problem.where == f"{folder / file}:{line}"
    for part in parts:
        assert part in str(problem)


def test_all_defects_are_listed(folder: Path) -> None:
    edit(folder / "market_figures.csv", "Sc,cn_demand_share,0.45", "Sc,cn_demand_share,7")
    edit(folder / "priors.csv", "substitution,lognormal", "substitution,weibull")
    assert len(refused(folder).problems) == 2


@pytest.mark.parametrize(
    ("file", "old", "new", "parts"),
    [
        ("baskets.csv", "bayan_obo,La,0.50023400", "bayan_obo,La,0.51",
         ("La: expected shares that sum to 1", "1.009766")),
        ("sector_inputs.csv", "Sc,ev_auto,use_share,0.02", "Sc,ev_auto,use_share,0.2", ("Sc: ", "1.18")),
        ("parameters.csv", "policy.expiry.roll,0.666666666667", "policy.expiry.roll,0.7", ("policy.expiry", "1.0333")),
        ("market_figures.csv", "Y,cn_demand_share,0.6", "Y,cn_demand_share,0.999",
         ("the rest of the world imports Y",)),
    ],
)  # fmt: skip
def test_refused_sums(folder: Path, file: str, old: str, new: str, parts: tuple[str, ...]) -> None:
    edit(folder / file, old, new)
    (problem,) = refused(folder).problems
    assert file in problem.where
    for part in parts:
        assert part in str(problem)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("NdFeB,Nd,share_needed", "NdFeB,nand,share_needed", ("input: expected a material, got 'nand', a chip",)),
        ("SmCo,Sm,", "SmCo,SmCo,", ("input: expected a market that is not made from SmCo, got 'SmCo'",)),
        ("NdFeB,Nd,kg_per_kg,0.2103", "NdFeB,Nd,kg_per_kg,0.25",
         ("makers in CN that take at most 0.99 of the Nd used there, got 1.115",)),
        ("SmCo,Sm,kg_per_kg,0.35", "SmCo,Sm,kg_per_kg,0.84", ("makers in CN", "Sm", "1.004")),
    ],
)  # fmt: skip
def test_refused_recipes(folder: Path, old: str, new: str, parts: tuple[str, ...]) -> None:
    """A recipe with a chip, a market made of itself, more of an input than there is: one problem each."""
    path = folder / "made_from.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    problems = [p for p in refused(folder).problems if "a row" not in p.expected]
    assert len(problems) == 1
    assert str(path) in problems[0].where
    for part in parts:
        assert part in str(problems[0])


def test_products_cost_what_they_are_made_of(folder: Path) -> None:
    edit(folder / "market_figures.csv", "NdFeB,price,50", "NdFeB,price,20")
    edit(folder / "market_figures.csv", "NdFeB,world_value,11.5", "NdFeB,world_value,4.6")
    (problem,) = refused(folder).problems
    assert "inputs of NdFeB that cost no more than it does" in str(problem)


def test_a_recipe_lacks_no_figure(folder: Path) -> None:
    path = folder / "made_from.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[2:]]), encoding="utf-8")
    (problem,) = refused(folder).problems
    assert problem.key == "NdFeB Nd kg_per_kg"


def test_sums_within_the_tolerance_pass(folder: Path) -> None:
    """Negative control of the sums."""
    edit(folder / "baskets.csv", "bayan_obo,La,0.50023400", "bayan_obo,La,0.50023450")
    assert read_dataset(folder).basket["bayan_obo", "La"].value == 0.5002345


@pytest.mark.parametrize(
    "file", ["market_figures", "source_figures", "sector_figures", "sector_inputs", "parameters", "priors"]
)
def test_missing_row(folder: Path, file: str) -> None:
    path = folder / f"{file}.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[2:]]), encoding="utf-8")
    problems = refused(folder).problems
    assert str(problems[0]).endswith("expected a row, got none")
    assert problems[0].key.split()[0] == lines[1].split(",")[0]


def test_second_row(folder: Path) -> None:
    path = folder / "market_figures.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    (problem,) = refused(folder).problems
    assert problem.where == f"{path}:{len(lines) + 1}"
    assert f"{path}:2" in problem.got


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda path: path.unlink(), "expected a file that can be read, got no such file or directory"),
        (lambda path: path.write_bytes(b""), "a column 'market', got an empty file"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b",", b";")),
         "expected columns separated by commas, got columns separated by semicolons; save the table as CSV"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b",", b"\t")), "got columns separated by tabs"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"value", b"vlue", 1)),  # codespell:ignore vlue
         "expected a column 'value', got 6 other columns; did you mean 'vlue'?"),
        (lambda path: path.write_bytes(b"market,field\n"), "a column 'value'"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "bytes that are not UTF-8, at offset 0"),
        (lambda path: path.write_bytes(path.read_bytes() + b"Sc,price\n"), "cells, got fewer"),
    ],
)  # fmt: skip
def test_broken_table(folder: Path, make: Any, part: str) -> None:
    make(folder / "market_figures.csv")
    assert part in str(refused(folder))


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("kind: material", "kind: metal",
         ("dataset.yaml:5: markets[0].kind", "'material' or 'chip'", "did you mean 'material'?")),
        ("id: Y\n", "id: Sc\n", ("markets", "Sc twice")),
        ("group: minor", "grop: minor", ("did you mean 'group'?",)),  # codespell:ignore grop
        ("group: minor", "grup: null\n  group: minor", ("did you mean 'group'?",)),  # codespell:ignore grup
        ("group: minor", "group: chip", ("Sc of kind material in group chip",)),
        ("id: chip_tools", "id: tools", ("a list 'chip_tools'",)),
        ("id: us_tariffs", "id: us_duties", ("one list of US whose id ends in 'tariffs'",)),
    ],
)  # fmt: skip
def test_refused_labels(folder: Path, old: str, new: str, parts: tuple[str, ...]) -> None:
    edit(folder / "dataset.yaml", old, new)
    message = str(refused(folder))
    for part in parts:
        assert part in message


def test_one_list_of_a_party_per_market(folder: Path) -> None:
    path = folder / "control_lists.csv"
    path.write_text(path.read_text(encoding="utf-8") + "ga_ge,Sm,1,1,expert judgement,test 2026\n", encoding="utf-8")
    (problem,) = refused(folder).problems
    assert "Sm on one CN list" in str(problem)


def test_no_folder(tmp_path: Path) -> None:
    assert "no such folder" in str(refused(tmp_path / "none"))
