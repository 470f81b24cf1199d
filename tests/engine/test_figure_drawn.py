"""What is in the picture of a run of the shipped scenarios: panels, lines, bands, and texts that fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from supplyshock.reporting.plots.fan_chart import fan_chart
from support.command import SCENARIOS, small_run, tree

__all__ = ["small_run", "tree"]


@pytest.fixture
def draw(tree: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Draws, and gives the figure as it was saved."""
    kept: list[Figure] = []
    save = Figure.savefig

    def remember(self: Figure, *args: Any, **kwargs: Any) -> None:
        kept.append(self)
        save(self, *args, **kwargs)

    def drawn(*markets: str) -> Figure:
        fan_chart(tree, markets or None, tmp_path / "fan.png")
        return kept.pop()

    monkeypatch.setattr(Figure, "savefig", remember)
    return drawn


def quantile(tree: Any, scenario: str, market: str, bloc: str, p: float) -> np.ndarray:
    quantiles = tree["summary"]["price_ratio_quantile"].sel(scenario=scenario, market=market, bloc=bloc)
    return quantiles.sel(quantile=p, method="nearest").to_numpy()


def test_a_panel_for_every_scenario_and_market(tree: Any, draw: Any) -> None:
    figure = draw()
    titles = [str(t) for t in tree["inputs"]["scenario_title"].to_numpy()]
    assert len(figure.axes) == 2 * len(SCENARIOS)
    assert [ax.get_title("left") for ax in figure.axes[: len(SCENARIOS)]] == titles
    labels = [ax.get_ylabel().replace("\n", " ") for ax in figure.axes if ax.get_ylabel()]
    assert labels[0] == "Dysprosium quote outside China, 1 = 239 USD/kg"
    assert labels[1] == "Advanced logic chips quote in China, 1 = price at rest"


@pytest.mark.parametrize(("market", "bloc"), [("Dy", "XC"), ("leading_logic", "CN"), ("Ga", "XC")])
def test_lines_and_bands_are_the_weekly_quantiles(market: str, bloc: str, tree: Any, draw: Any) -> None:
    for ax, scenario in zip(draw(market).axes, SCENARIOS, strict=True):
        lines = [np.asarray(line.get_ydata(), float) for line in ax.get_lines()]
        for where in ("CN", "XC"):
            median = quantile(tree, scenario, market, where, 0.5)
            assert any(len(y) == len(median) and np.allclose(y, median) for y in lines), where
        edges = [np.round(path.vertices[:, 1], 6) for band in ax.collections for path in band.get_paths()]
        assert len(edges) == 2
        for p in (0.05, 0.25, 0.75, 0.95):
            wanted = np.round(quantile(tree, scenario, market, bloc, p), 6)
            assert any(np.isin(wanted, y).all() for y in edges), p


def test_panels_share_a_scale_that_holds_all_of_them(tree: Any, draw: Any) -> None:
    axes = draw("Dy").axes
    assert len({ax.get_ylim() for ax in axes}) == 1
    low, high = axes[0].get_ylim()
    assert low < 1 < max(quantile(tree, s, "Dy", "XC", 0.95).max() for s in SCENARIOS) < high


def test_the_title_says_what_is_seen(draw: Any) -> None:
    figure = draw()
    said = figure._suptitle.get_text().replace("\n", " ")
    assert "Dysprosium outside China: in the dearest week 1 path in 20" in said
    assert "Advanced logic chips in China: in the dearest week 1 path in 20" in said


@pytest.mark.parametrize("markets", [(), ("Dy",), ("Y", "Ga", "leading_logic", "dram_hbm")])
def test_all_texts_are_inside_the_picture_and_apart(markets: tuple[str, ...], draw: Any) -> None:
    figure = draw(*markets)
    figure.canvas.draw()
    whole = figure.bbox
    for text in (
        *figure.texts,
        figure._suptitle,
        figure._supxlabel,
        *(t for ax in figure.axes for t in ax.texts),
    ):
        box = text.get_window_extent()
        assert min(box.x0 - whole.x0, whole.x1 - box.x1, box.y0 - whole.y0, whole.y1 - box.y1) > -1, text
    for ax in figure.axes:
        names = [t.get_window_extent() for t in ax.texts if not t.get_text().startswith("1 in")]
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                assert min(a.y1, b.y1) - max(a.y0, b.y0) < 0.35 * a.height
