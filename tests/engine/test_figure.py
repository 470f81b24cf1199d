"""Fan charts: what they say and that they are drawn."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from supplyshock.analysis.open_run import open_run
from supplyshock.analysis.price_bound import PRICE_BOUND
from supplyshock.common.errors import StoreError, UsageError
from supplyshock.reporting.plots import fan_chart as fan_chart_module
from supplyshock.reporting.plots.fan_chart import fan_chart, scales
from supplyshock.reporting.plots.fan_panels import caption, headline, read_panels, times
from supplyshock.reporting.plots.style import spread_labels
from support import synthetic


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> xr.DataTree:
    from supplyshock.execution.run import run_scenarios

    out = tmp_path_factory.mktemp("figure") / "run"
    scenarios = [synthetic.scenario(), synthetic.scenario("swap_deal", 0.5, title="A deal")]
    run_scenarios(scenarios, out, paths=500, backend=synthetic.simulate, progress="quiet")
    return open_run(out)


def test_panels_are_the_quantiles_of_the_summary(tree: xr.DataTree) -> None:
    panel = read_panels(tree, ["Ga"])[0][1]
    quotes = tree["summary"]["price_ratio_quantile"].sel(scenario="swap_deal", market="Ga")
    for q, values in panel.fan.items():
        np.testing.assert_array_equal(values, quotes.sel(bloc=panel.bloc, quantile=q))
    paid = tree["summary"]["paid_price_ratio_quantile"].sel(scenario="swap_deal", market="Ga", quantile=0.5)
    np.testing.assert_array_equal(panel.paid, paid)
    assert panel.top == float(quotes.sel(bloc=panel.bloc, quantile=0.95).max())


def test_the_fan_is_of_the_bloc_that_spreads_more(tree: xr.DataTree) -> None:
    turned = tree.load().copy(deep=True)
    summary = turned["summary"].to_dataset()
    summary["price_ratio_quantile"].loc[{"bloc": "CN", "market": "Dy"}] *= 3
    summary["price_ratio_quantile"].loc[{"bloc": "XC", "market": "Ga"}] *= 3
    turned["summary"] = xr.DataTree(summary)
    dy, ga = read_panels(turned, ["Dy", "Ga"])
    assert [p.bloc for p in dy + ga] == ["CN", "CN", "XC", "XC"]


def test_default_markets_are_those_the_run_has(tree: xr.DataTree) -> None:
    assert [line[0].market for line in read_panels(tree)] == ["Dy"]


def test_unknown_market_is_answered_with_the_nearest(tree: xr.DataTree) -> None:
    with pytest.raises(UsageError, match=r"did you mean 'logic'\?"):
        read_panels(tree, ["logik"])


def test_words(tree: xr.DataTree) -> None:
    panels = read_panels(tree, ["Dy", "logic"])
    said = headline(panels, ["A tiny world", "A deal"]).splitlines()
    tops = [times(p.top) for p in panels[0]]
    assert said[0].startswith("Dysprosium ")
    assert f"{tops[1]} in “A deal”, {tops[0]} in “A tiny world”" in said[0]
    assert len(said) == 2
    alone = headline([panels[0][:1]], ["A tiny world"])
    assert alone.endswith(f"is above {tops[0]}")
    text = caption(tree)
    assert all(part in text for part in ("N = 500 paths", "seed 0", "status_quo, swap_deal"))


@pytest.mark.parametrize(("x", "text"), [(2.14, "2.1×"), (9.94, "9.9×"), (9.96, "10×"), (1234.0, "1,234×")])
def test_times(x: float, text: str) -> None:
    assert times(x) == text


@pytest.mark.parametrize("markets", [None, ("Dy", "Ga", "logic")])
def test_a_png_of_the_right_shape(tree: xr.DataTree, tmp_path: Path, markets: tuple[str, ...] | None) -> None:
    path = fan_chart(tree, markets, tmp_path / "fan.png")
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    _, heights = scales(read_panels(tree, markets))
    assert width == pytest.approx(150 * (2 * 2.35 + 2.6), abs=2)
    assert height == pytest.approx(150 * (sum(heights) + 0.15 * len(heights) + 1.7), abs=2)


def test_a_place_that_cannot_be_written(tree: xr.DataTree, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot write the file"):
        fan_chart(tree, path=tmp_path / "file" / "fan.png")


def test_labels_move_apart_and_keep_their_order() -> None:
    values = [5.0, 1.0, 1.01, 0.99, 1.0]
    placed = spread_labels(values, 1.1)
    assert np.argsort(placed, kind="stable").tolist()[-1] == 0
    gaps = np.diff(np.sort(placed))
    assert (np.sort(placed)[1:] / np.sort(placed)[:-1] > 1.0999).all()
    assert (gaps > 0).all()
    assert placed[0] == pytest.approx(5.0)
    assert spread_labels([4.0, 2.0, 1.0], 1.1) == pytest.approx([4.0, 2.0, 1.0])


def test_a_factor_has_the_same_height_in_all_rows(tree: xr.DataTree) -> None:
    """So that fans of two markets compare; the row of a calm market has its least height."""
    panels = read_panels(tree, ["Dy", "Ga", "logic"])
    ends, heights = scales(panels)
    inches = [height / np.log(high / low) for (low, high), height in zip(ends, heights, strict=True)]
    assert np.ptp(inches) < 1e-9
    assert min(heights) > 1.39 and max(heights) < 2.71
    assert all(high > 1.2 * max(p.top for p in line) for (_, high), line in zip(ends, panels, strict=True))


def test_the_headline_names_the_market_that_rises_most(tree: xr.DataTree) -> None:
    """Whatever the order in which markets are asked for; and says where the model's bound is reached."""
    dy, logic = read_panels(tree, ["Dy", "logic"])
    high = [replace(p, name="Yttrium", fan={q: np.minimum(400 * v, PRICE_BOUND) for q, v in p.fan.items()}) for p in dy]
    steep = [replace(p, fan={q: v * (1 + 9 * (q == 0.95)) for q, v in p.fan.items()}) for p in logic]
    first, second = headline([high, steep], ["A", "B"]).splitlines()
    assert first.startswith(steep[0].name)
    assert second.startswith("Yttrium") and second.endswith("1 path in 20 is at the model’s bound, 493×")
    assert headline([steep, high], ["A", "B"]).splitlines()[0] == first
    one = headline([[replace(high[0], fan=dy[0].fan), high[1]]], ["A", "B"])
    low = times(dy[0].top)
    assert one.endswith(f"1 path in 20 is at the model’s bound, 493×, in “B”, and above {low} in “A”")


def test_the_label_at_the_bound_stays_inside_its_panel(tree: xr.DataTree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the picture of two scenarios, whether the week of the peak is early, late or in between."""
    weeks = tree["summary"].sizes["time"]
    for week in (0, weeks * 2 // 5, weeks - 1):
        figures = []
        monkeypatch.setattr(fan_chart_module, "save", lambda figure, path, kept=figures: kept.append(figure))
        high = tree.load().copy(deep=True)
        summary = high["summary"].to_dataset()
        summary["price_ratio_quantile"].loc[{"market": "Dy", "quantile": 0.95, "time": summary["time"][week]}] = 600
        high["summary"] = xr.DataTree(summary)
        fan_chart(high, ["Dy"])
        figures[0].draw_without_rendering()
        for ax in figures[0].axes:
            label = next(text for text in ax.texts if text.get_text().startswith("1 in 20"))
            assert label.get_text() == "1 in 20 at the bound, 493×"
            text, box = label.get_window_extent(), ax.get_window_extent()
            assert box.x0 <= text.x0 and text.x1 <= box.x1, week
