"""The picture of a sweep, of made-up results: a curve, a map, rows of dots, and what the paths cannot tell."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from supplyshock.reporting.plots import style, sweep
from supplyshock.reporting.plots.sweep_findings import (
    ALIKE,
    NOTHING,
    Measured,
    curve_finding,
    curve_headline,
    whole_finding,
)
from supplyshock.reporting.plots.sweep_layout import LEVELS, ROWS, layout_of, with_base
from supplyshock.studies.base_values import base_value
from supplyshock.studies.config_template import Template
from supplyshock.studies.factors import parse_factors
from support.pictures import keep_figures, shown_texts, texts_outside, texts_over_each_other

KEYS = ("levers.stockpile.0.initial", "levers.thrift.0.cut", "priors.parts", "priors.substitution",
        *(f"priors.hazard_{n}" for n in range(6)))  # fmt: skip
UNITS = ("days", "%", *[""] * 8)
MEASURES = [
    ("short:Dy", "ever short, Dysprosium, outside China", "%"),
    ("loss:US", "lost output, United States", "bn USD"),
    ("deal", "ever a deal", "%"),
    ("quote:Dy", "highest quote, Dysprosium, outside China", "x baseline"),
    ("compute", "advanced chips delivered to China", "x baseline"),
    ("bill:US", "price bill, United States", "bn USD"),
    ("bill:CN", "price bill, China", "bn USD"),
]


def results(*levels: list[float], measures: int = 3, base: tuple[float, ...] = ()) -> xr.Dataset:
    """Every combination of the levels: the first measure falls, the second rises, the third does not move."""
    points = np.array(list(product(*levels)), float)
    step = points.sum(1)
    mean = np.stack([40 - step / 10, 3 + step / 100, np.full(len(points), 46.5)] * 3, axis=1)[:, :measures]
    at_base = np.array([40.0, 3.0, 46.5] * 3)[:measures]
    named = np.full(len(levels), np.nan)
    named[: len(base)] = base
    both, names = ("point", "outcome"), MEASURES[:measures]
    return xr.Dataset(
        {
            "mean": (both, mean),
            "se": (both, np.full_like(mean, 1.0)),
            "difference": (both, mean - at_base),
            "difference_se": (both, np.full_like(mean, 0.05)),
            "base": ("outcome", at_base),
            "base_se": ("outcome", np.ones(measures)),
            "value": (("point", "factor"), points),
            "base_value": ("factor", named),
            "factor_unit": ("factor", list(UNITS[: len(levels)])),
            "outcome_title": ("outcome", [n[1] for n in names]),
            "outcome_unit": ("outcome", [n[2] for n in names]),
        },
        {"factor": list(KEYS[: len(levels)]), "outcome": [n[0] for n in names]},
        {"base_title": "A stock for $ 5 or $ 6", "paths": 2000, "weeks": 104, "seed": "1"},
    )


MANY = [float(n) for n in range(20)]
SHOWN = {
    "curve": results([0, 7, 15, 30, 90], base=(0,)),
    "logarithmic curve": results([0.03, 0.06, 0.12, 0.24, 0.48, 0.96], measures=1),
    "many measures": results([0, 90], measures=7),
    "map": results([0, 7, 15, 30], [0, 5, 20], base=(7, 5)),
    "large map": results(MANY, MANY, measures=2),
    "dots": results([0, 7], [0, 5, 10], [3, 8], base=(0, 0)),
    "many dots": results([0, 7, 1234.5678], [0.0123456, 5, 10], [3, 8], [0.03, 0.06, 0.09]),
    "ten factors": results(*[[0, 1]] * 10),
    "one point": results([7], [5]),
}


def drawn(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Figure:
    kept = keep_figures(monkeypatch)
    sweep.chart(SHOWN[name], tmp_path / "sweep.png")
    return kept.pop()


@pytest.mark.parametrize("name", SHOWN)
def test_texts_are_inside_and_apart(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn(name, tmp_path, monkeypatch)
    assert texts_outside(figure) == []
    assert texts_over_each_other(figure) == []
    assert figure.get_size_inches()[0] == style.COLUMN
    panels = [ax for ax in figure.axes if ax.axison]
    assert len(panels) == min(SHOWN[name].sizes["outcome"], sweep.MOST)
    assert all(ax.get_title("left") for ax in panels), "every panel says what it shows"


def said(figure: Figure) -> str:
    return figure._suptitle.get_text().replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ")


def test_a_curve_has_the_means_their_errors_and_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn("curve", tmp_path, monkeypatch)
    assert said(figure) == (
        "Ever short, Dysprosium, outside China falls from 40.0 to 31.0 % as levers.stockpile.0.initial goes from 0 to "
        "90 days. 2 of 3 measures surely change."
    )
    ax, flat = figure.axes[0], figure.axes[2]
    lines = [line for line in ax.get_lines() if len(line.get_xdata()) == 5]
    assert all(line.get_xdata().tolist() == [0, 7, 15, 30, 90] for line in lines) and lines
    assert np.allclose(lines[0].get_ydata(), [40, 39.3, 38.5, 37, 31])
    bars = ax.containers[0][2][0].get_segments()
    assert np.allclose([b[1, 1] - b[0, 1] for b in bars], 0.2), "four errors of the change, the smaller of the two"
    own = [line for line in ax.get_lines() if line.get_marker() == "D"]
    assert [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in own] == [(0, 40)]
    assert NOTHING in flat.get_title("left").replace("\n", " ")
    assert np.ptp(flat.get_ylim()) >= 6, "a change below the error of the base looks like none"


def test_a_map_has_a_number_in_each_cell_and_a_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ax, _, same = drawn("map", tmp_path, monkeypatch).axes[:3]
    assert len(ax.texts) == 12
    at = {tuple(t.get_position()): t.get_text() for t in ax.texts}
    assert at[0, 0] == "(40.0)", "in brackets: not told from the config"
    assert at[3, 2] == "35.0"
    frames = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert [p.get_xy() for p in frames] == [(0.5, 0.5)]
    inside = [t.get_text() for t in same.texts]
    assert inside.count("(46.50)") == 11 and inside.count("46.50") == 1, "the config itself has no brackets"
    cell = ax.get_window_extent().width / 4
    assert max(t.get_window_extent().width for t in ax.texts) < cell


def test_what_is_left_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captions = {name: sweep.caption(data, layout_of(data)) for name, data in SHOWN.items()}
    assert f"Drawn: {LEVELS**2} of 400 points." in captions["large map"]
    assert "Drawn: the 8 points with the lowest and the 8 with the highest short:Dy, of 54." in captions["many dots"]
    assert "1 more measure is not drawn. sweep.csv has all." in captions["many measures"]
    assert not any("sweep.csv" in captions[name] for name in ("curve", "map", "dots"))
    assert "Points have their number in sweep.zarr." in captions["ten factors"]
    figure = drawn("many dots", tmp_path, monkeypatch)
    rows = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert len(rows) == ROWS
    assert any("A\N{NO-BREAK SPACE}1,230\N{NO-BREAK SPACE}days" in row for row in rows)
    assert any("A\N{NO-BREAK SPACE}0\N{NO-BREAK SPACE}days" in row for row in rows)
    assert "A levers.stockpile.0.initial" in figure.axes[0].get_ylabel()


def test_the_config_is_a_point_of_its_curve() -> None:
    off = results([7, 15, 30], base=(0,))
    own = with_base(off)
    assert own["value"].values.ravel().tolist() == [7, 15, 30, 0]
    assert own["mean"].values[3].tolist() == off["base"].values.tolist()
    assert own["difference_se"].values[3].tolist() == [0, 0, 0] and own["se"].values[3].tolist() == [1, 1, 1]
    assert with_base(results([7, 15, 30])).sizes["point"] == 3, "it names no value"
    assert with_base(results([0, 7, 15], base=(0,))).sizes["point"] == 3, "it is among them"
    assert with_base(results([7, 15], [5], base=(0, 10))).sizes["point"] == 2, "it lies beside the curve"
    assert with_base(results([7, 15], [5, 20], base=(0, 10))).sizes["point"] == 4, "a map has cells"


def test_the_diamond_is_on_its_curve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep_figures(monkeypatch)
    sweep.chart(results([7, 15, 30], [5], base=(0, 5)), tmp_path / "on.png")
    sweep.chart(results([7, 15, 30], [5], base=(0, 10)), tmp_path / "off.png")
    marks = [[line.get_marker() for line in figure.axes[0].get_lines()].count("D") for figure in kept]
    assert marks == [1, 0], "a config with another cut lies beside the curve"


def test_points_without_a_mean_are_not_the_highest() -> None:
    data = results(MANY, MANY, [1, 2])
    data["mean"][:3, 0] = np.nan
    assert not set(layout_of(data).points) & {0, 1, 2}


def test_layouts_follow_what_varies() -> None:
    kinds = {name: layout_of(data).kind for name, data in SHOWN.items()}
    curves, maps = ("curve", "logarithmic curve", "many measures"), ("map", "large map")
    dots = ("dots", "many dots", "ten factors", "one point")
    assert kinds == dict.fromkeys(curves, "curve") | dict.fromkeys(maps, "map") | dict.fromkeys(dots, "dots")
    assert layout_of(results([5], [0, 1, 2])).kind == "curve", "one of two varies"
    scattered = results([0, 1, 2], [0, 1, 2]).isel(point=[0, 4, 8])
    assert layout_of(scattered).kind == "dots", "no grid"
    assert layout_of(results([90, 0, 7])).points == [1, 2, 0], "in the order of the values"


def measured(mean: list[float], error: float, *, se: float = 9.0) -> Measured:
    change = np.array(mean) - mean[0]
    n = len(mean)
    return Measured("Loss", "bn USD", list(range(n)), np.array(mean), np.full(n, se), change, np.full(n, error))


@pytest.mark.parametrize(
    ("mean", "error", "se", "finding"),
    [
        ([4.1, 3.0, 2.3], 0.1, 9, "falls from 4.1 to 2.3"),
        ([2.3, 3.0, 4.1], 0.1, 9, "rises from 2.3 to 4.1"),
        ([2.3, 4.1, 2.5], 0.1, 9, "between 2.3 and 4.1"),
        ([4.1, 2.3, 2.31], 0.1, 9, "falls from 4.1 to 2.3"),
        ([4.1, 3.0, 2.3], 0.5, 9, NOTHING),
        ([4.1, 3.0, 2.3], 0.5, 0.1, "falls from 4.1 to 2.3"),
        ([5.0, 5.0, 5.0], 0.0, 0, NOTHING),
        ([0.00041, 0.0, -0.00001], 0.0, 0, "falls from 0.00041 to -0.00001"),
    ],
)
def test_a_curve_says_what_the_paths_tell(mean: list[float], error: float, se: float, finding: str) -> None:
    assert curve_finding(measured(mean, error, se=se)) == finding


def test_points_that_are_alike_and_off_the_config() -> None:
    alike = measured([3.36, 3.35], 0.04)._replace(change=np.array([-0.18, -0.19]))
    assert curve_finding(alike) == f"{ALIKE}; all are below the config as it is"
    assert curve_finding(alike._replace(change_se=np.full(2, 0.1))) == NOTHING
    assert curve_finding(alike._replace(change=np.array([0.18, 0.19]))).endswith("above the config as it is")


def test_a_headline_names_the_values() -> None:
    values = ["0\N{NO-BREAK SPACE}days", "7\N{NO-BREAK SPACE}days", "90\N{NO-BREAK SPACE}days"]
    hump = curve_headline(measured([2.3, 4.1, 2.5], 0.1), "the stock", values)
    assert hump.replace("\N{NO-BREAK SPACE}", " ") == "Loss, bn USD: 2.3 at 0 days to 4.1 at 7 days (the stock)."
    assert curve_headline(measured([2.3, 4.1, 2.5], 9), "the stock", values) == f"Loss, bn USD: {NOTHING} (the stock)."
    assert whole_finding(measured([5.0, 2.0], 0.1), ["a", "b"]) == "2.0 at b to 5.0 at a"
    assert whole_finding(measured([5.0], 9), ["a"]) == "5.00 at a", "one point has none to differ from"


def test_a_measure_without_a_mean_is_said_to_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = results([0, 7, 15])
    data["mean"][:, 0] = np.nan
    data["mean"][1, 1] = np.nan
    kept = keep_figures(monkeypatch)
    sweep.chart(data, tmp_path / "sweep.png")
    figure = kept.pop()
    assert "is not a number" in said(figure)
    assert any("is not a number" in text.replace("\n", " ") for text in shown_texts(figure))
    assert len(figure.axes[1].get_lines()[0].get_xdata()) == 2, "a gap is left out"


@pytest.mark.parametrize(
    ("vary", "own"),
    [
        ("levers.stockpile.0.initial=0,30 t", 100.0),
        ("levers.stockpile.0.initial=0,30 days", None),
        ("levers.stockpile.0.buy=0,30 t/week", 2.0),
        ("levers.stockpile.0.paid=0,1", None),
        ("priors.parts=3,8", None),
        ("weeks=5,10", 10.0),
    ],
)
def test_the_value_of_the_config(vary: str, own: float | None, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "base: status_quo\nlevers: {stockpile: [{market: Dy, initial: 100 t, buy: 2 t/week, from: 2026-10-07}]}\n",
        encoding="utf-8",
    )
    template = Template(path, {"weeks": 10})
    found = base_value(template, parse_factors([vary], template.dataset)[0])
    assert np.isnan(found) if own is None else found == own


def test_a_parameter_that_a_config_leaves_alone_is_that_of_the_data(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("base: status_quo\nparameters: {material.eta: 0.31}\n", encoding="utf-8")

    def value(of: Any) -> float:
        template = Template(of)
        return base_value(template, parse_factors(["parameters.material.eta"], template.dataset)[0])

    assert value(path) == 0.31
    assert value("status_quo") == Template("status_quo").dataset.parameter[("material.eta",)].value
