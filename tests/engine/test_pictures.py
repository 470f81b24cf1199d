"""Pictures of made-up results: texts inside and apart, scales that end where they should, words that explain."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.text import Text

from supplyshock.calibration.backtest.coverage import Coverage
from supplyshock.calibration.backtest.loss_curve import Loss
from supplyshock.calibration.backtest.observed_point import ObservedPoint
from supplyshock.calibration.backtest.run import CurveFan
from supplyshock.calibration.policy.predictive_checks import Check, Predicted
from supplyshock.reporting.plots import backtest, loss_curve, pit, policy_fit, sobol_tornado, style
from supplyshock.reporting.plots.heatmap import heat_map
from supplyshock.reporting.plots.wrap_text import unbroken, wrapped
from support.pictures import keep_figures, shown_texts, texts_outside, texts_over_each_other

PLOTS = Path(style.__file__).parent


def bargain(n: int, scale: float) -> xr.Dataset:
    """A square of n x n swaps whose gains reach `scale`."""
    shares = np.linspace(0, 1, n)
    china, us = np.meshgrid(shares, shares, indexing="ij")
    gain = scale * np.stack([china * (1 - china) * 4 - 0.3 * us, us - 0.1 * china])
    square = ("china", "us")
    zone = np.where(gain.min(0) > 0.05 * scale, 1, np.where(gain.min(0) < -0.05 * scale, -1, 0))
    nash = np.zeros((n, n), bool)
    nash[n // 2, -1] = True
    return xr.Dataset(
        {
            "gain": (("party", *square), gain),
            "gain_se": (("party", *square), np.full_like(gain, 0.02 * scale)),
            "both_gain": (square, zone),
            "frontier": (square, nash | np.roll(nash, 1, 0)),
            "nash": (square, nash),
            "nash_share": (square, 0.8 * nash),
            "compute_change": (square, 0.11 * us),
            "base_compute": 0.81,
            "hold_change": (("market", *square), 0.002 * china[None]),
            "hold_change_se": (("market", *square), 0.0001 + 0 * china[None]),
            "is_material": ("market", [True]),
            "value_usd_bn_week": ("market", [1.0]),
        },
        coords={"party": ["US", "CN"], "market": ["Dy"], "china": shares, "us": shares},
        attrs={"weeks": 104, "start": "2026-10-07", "base": "a", "deal": "a", "base_title": "Status quo",
               "deal_title": "Status quo", "paths": 1000, "seed": 1, "china_lists": "ree", "us_lists": "chips"},
    )  # fmt: skip


def losses() -> list[Loss]:
    rows = [Loss("rare_earth_stop", "US", s, 80 - 60 * s, 1, 20, 60, 150, 0.3) for s in (0.03, 0.1, 0.5)]
    return rows + [Loss("gallium_stop", "US", s, 0.0, 0, 0, 0, 0.0, 0.0) for s in (0.03, 0.1, 0.5)]


def fit() -> Any:
    days = tuple(date(2009 + i, 1, 1) for i in range(18))
    up = np.stack([np.arange(18.0), 1.2 * np.arange(18.0)], axis=1)
    checks = [
        Check(f"weeks with an act of {p}, {e}", 10, 5, 9, 14, 0.6) for e in ("2009-2017", "2018") for p in ("CN", "US")
    ]
    checks += [
        Check("weeks with an act of US, 2025-2026", 23, 7, 12, 20, 0.99),
        Check("longest quiet, weeks", 9, 5, 9, 14, 0.5),
    ]
    return SimpleNamespace(
        predicted=Predicted(days, up, 0.7 * up, up, 1.4 * up), checks=checks, events=Path("policy_timeline.csv"),
        acts=152, first=days[0], last=days[-1], trained_to=date(2023, 1, 1),
    )  # fmt: skip


def point(value: float | None, first: date, end: date, where: str) -> ObservedPoint:
    return ObservedPoint(
        "2010", "s", "", "quote", "Nd", "XC", first, end, value, 3.0, None, "1", "sourced", "", "", where
    )


def episode() -> Any:
    """A curve with an average that is met, a day that is missed, and a bound."""
    q = np.outer([0.5, 0.8, 1.0, 1.3, 2.0], np.linspace(1, 5, 100))
    points = (
        point(2.0, date(2010, 10, 1), date(2011, 4, 1), "a:1"),
        point(30.0, date(2011, 6, 1), date(2011, 6, 2), "a:2"),
        point(None, date(2011, 1, 1), date(2012, 1, 1), "a:3"),
    )
    fans = [CurveFan("s", f"quote of {m} outside China (1 = 19.1 USD/kg)", date(2010, 7, 8), q, points)
            for m in ("Neodymium", "Praseodymium", "Dysprosium")]  # fmt: skip
    rows = [SimpleNamespace(point=p, inside=i) for p, i in zip(points, (True, False, None), strict=True)]
    return SimpleNamespace(fans=fans, rows=rows, titles={"s": "Export quota of July 2010"}, paths=300)


def sobol() -> xr.Dataset:
    factors = ["priors.hazard_deal", "priors.substitution"]
    one = {
        "low": -3.0,
        "high": 3.0,
        "low_se": 1.0,
        "high_se": 1.0,
        "first": -0.1,
        "first_ci": 0.3,
        "total": 0.9,
        "total_ci": 0.6,
    }
    data = {k: (("factor", "outcome"), np.full((2, 1), v)) for k, v in one.items()}
    data |= {"factor_unit": ("factor", ["", ""]), "end": (("factor", "side"), np.ones((2, 2)))}
    data |= {"outcome_unit": ("outcome", ["bn USD"]), "outcome_title": ("outcome", ["lost output, United States"])}
    return xr.Dataset(
        data | {"mean": (("point", "outcome"), np.zeros((8, 1)))},
        coords={"factor": factors, "outcome": ["loss:US"]},
        attrs={"paths": 10, "seed": 1, "base_title": "Status quo"},
    )


GROUPS = [Coverage(n, 10, {90: 8}, 1, 1, 5, 2.0, 0.1) for n in ("all", "up to 8 weeks", "quotes in China")]
DRAWN = {
    "bargain of 4": lambda path: heat_map(bargain(4, 0.7), path),
    "bargain of 11": lambda path: heat_map(bargain(11, 0.7), path),
    "bargain in billions": lambda path: heat_map(bargain(11, 30.0), path),
    "losses": lambda path: loss_curve.draw(losses(), {"rare_earth_stop": "A year without Chinese rare earths",
                                                      "gallium_stop": "A year without Chinese gallium"}, path),
    "policy": lambda path: policy_fit.draw(fit(), path),
    "backtest": lambda path: backtest.fan_chart(episode(), path),
    "pit": lambda path: pit.draw([3, 4, 4, 5, 7, 8, 8, 6, 7, 13], (0, 17), GROUPS, path),
    "sobol": lambda path: sobol_tornado.tornado(sobol(), path),
}  # fmt: skip


def drawn(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Figure:
    kept = keep_figures(monkeypatch)
    DRAWN[name](tmp_path / "one.png")
    return kept.pop()


@pytest.mark.parametrize("name", DRAWN)
def test_texts_are_inside_and_apart(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn(name, tmp_path, monkeypatch)
    assert len(shown_texts(figure)) > 5
    assert texts_outside(figure) == []
    assert texts_over_each_other(figure) == []
    assert figure.get_size_inches()[0] <= style.COLUMN + 0.1
    assert min(t.get_size() for t in figure.findobj(lambda a: isinstance(a, Text) and a.get_text().strip())) > 4


def test_the_measurement_finds_faults() -> None:
    """Negative control: a text that leaves the picture, and two that lie over each other."""
    figure = style.new_figure(4, 3)
    ax = figure.subplots()
    ax.text(0.5, 0.5, "one"), ax.text(0.52, 0.5, "other")
    figure.text(0.9, 0.2, "a text that leaves the picture")
    figure.canvas.draw()
    assert len(texts_outside(figure)) == 1
    assert [tuple(t[:3] for t in pair) for pair in texts_over_each_other(figure)] == [("one", "oth")]


@pytest.mark.parametrize("name", ["bargain of 4", "bargain of 11"])
def test_numbers_stay_in_their_cells_and_ticks_are_at_cells(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = drawn(name, tmp_path, monkeypatch)
    for ax in figure.axes[:2]:
        n = round(len(ax.texts) ** 0.5)
        cell = ax.get_window_extent().width / n
        assert max(t.get_window_extent().width for t in ax.texts) < cell
        assert np.allclose(ax.get_xticks(), np.linspace(0, 1, n))
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes), "every panel says what its axes are"
    said = figure._suptitle.get_text().replace("\n", " ")
    assert "Not counted: the security cost" in said
    assert not re.search(r"\bfair|\bbest\b", " ".join(shown_texts(figure)), re.IGNORECASE), "no judgement of value"


def test_shares_end_at_none_and_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A confidence interval beyond 0 or 1 is cut there."""
    ax = drawn("sobol", tmp_path, monkeypatch).axes[1]
    assert ax.get_xlim() == (0, 1)
    ends = np.concatenate([path.vertices[:, 0] for c in ax.collections for path in c.get_paths()])
    assert ends.min() == 0 and ends.max() == 1


def test_losses_are_money(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn("losses", tmp_path, monkeypatch)
    assert {ax.get_yscale() for ax in figure.axes} == {"linear"}
    texts = " ".join(shown_texts(figure)).replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert "harder to substitute" in texts and "easier" in texts and "10^" not in texts
    assert "78 bn USD if inputs are hard to substitute, 50 if easy" in texts
    assert "loses next to nothing" in texts


def test_the_backtest_gives_its_score_and_marks_the_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn("backtest", tmp_path, monkeypatch)
    said = figure._suptitle.get_text().replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert said == "Export quota of July 2010: 1 of 2 observed numbers lie in the 90 % bands"
    (ax, *_) = figure.axes
    assert [line.get_ydata()[0] for line in ax.get_lines() if line.get_marker() == "x"] == [30.0]
    bars = [line for line in ax.get_lines() if line.get_linewidth() == 5]
    assert [bar.get_ydata()[0] for bar in bars] == [2.0], "an average is a broad bar without a dot"


def test_the_rank_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = " ".join(shown_texts(drawn("policy", tmp_path, monkeypatch)))
    assert "as the model\nexpects" in texts and "weeks with an act of the United States, 2025-2026" in texts
    assert not re.search(r"\bCN\b|\bUS\b|\brank\b", texts)


@pytest.mark.parametrize(("low", "high"), [(0.8, 3.0), (0.7, 1.6), (0.95, 1.2), (0.5, 60), (0.6, 1000), (0.9, 2.1)])
def test_a_scale_of_multiples_has_three_ticks_or_more(low: float, high: float) -> None:
    ticks = style.multiples(low, high)
    assert 3 <= len(ticks) <= 9
    assert all(low <= t <= high for t in ticks)


def test_texts_can_be_read_on_white() -> None:
    """Contrast of 4.5 and more, as the guidelines for the accessibility of web content ask."""
    texts = {style.INK, style.GREY, *style.LINE_COLOURS, *style.COLOURS.values()}
    assert min(_contrast(colour) for colour in texts) >= 4.5
    assert _contrast(style.FAINT) < 4.5, "negative control: rules and shades may be faint"


def _contrast(colour: str) -> float:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05))


def test_colours_and_sizes_are_in_the_style_sheet_alone() -> None:
    files = [p for p in (*PLOTS.glob("*.py"), PLOTS.parent / "story/path_chart.py") if p.name != "style.py"]
    assert len(files) > 10
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not re.findall(r'"#[0-9A-Fa-f]{6}"|\bsize=\d|fontsize=\d|"white"|"black"', text), file.name


def test_lines_break_at_words_and_not_in_numbers() -> None:
    figure = style.new_figure(4, 3)
    text = "The United States loses 3.9 ± 1.0 bn USD in 46 % of 10 futures, China gains 12.4 ± 0.9 bn USD in 8 of 16"
    lines = wrapped(figure, text, style.HEADLINE, bold=True).split("\n")
    assert " ".join(lines) == unbroken(text)
    assert len(lines) > 2
    assert not any(line.startswith(("±", "%", "bn", "USD")) or line.endswith("±") for line in lines)
    assert max(map(len, lines)) - min(map(len, lines)) < 20, "about equally long"
    assert wrapped(figure, "", style.NOTE) == ""
