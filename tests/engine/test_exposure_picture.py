"""The picture of an exposure, of made-up firms: one to seven scenarios, with and without options and sweeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from supplyshock.analysis.exposure.at_bound import AT_BOUND
from supplyshock.analysis.exposure.best_stock import CHEAPEST_ON_AVERAGE, CHEAPEST_WITH_TAIL
from supplyshock.reporting.plots import exposure, style
from supplyshock.reporting.plots.exposure_findings import calendar_finding, drawn_finding, option_finding, sweep_finding
from supplyshock.reporting.plots.scenario_looks import look
from support.pictures import keep_figures, texts_outside, texts_over_each_other

TITLES = ("Status quo", "Swap deal", "Breakdown at expiry", "Rift", "The truce rolls over",
          "A dysprosium stockpile outside China", "More separation outside China")  # fmt: skip
NAMES = ("13 weeks of Dy, bought over half a year", "second source of Dy, for $ 2 and $ 3", "motors with less Dy",
         "minimum rate of 10 % and more spares")  # fmt: skip
SWEEPS = {"Dy.stock": [f"{n} weeks" for n in (0, 2, 4, 8, 13, 26, 52)],
          "Dy.contract.share": [f"{n} %" for n in range(0, 101, 5)],
          "leading_logic.second_source.share": ["0 %", "20 %", "40 %"]}  # fmt: skip
LOWEST = 2
"""The value of every sweep whose costs are lowest in the first scenario."""


def firm(scenarios: int, options: int, sweeps: int, *, stands: float = 0.3) -> xr.Dataset:
    """Costs are a parabola along a sweep, and lower with every named option."""
    named = [(NAMES[i % len(NAMES)], "", "") for i in range(options)]
    swept = [(f"{s} {v}", s, v) for s, values in list(SWEEPS.items())[:sweeps] for v in values]
    rows = [("as it is", "", ""), *named, *swept]
    order = [0, *(-1 - i for i in range(options)), *((i - LOWEST) ** 2 for s in list(SWEEPS)[:sweeps]
             for i in range(len(SWEEPS[s])))]  # fmt: skip
    cost = 1e6 * np.array(order)[None, :, None] * (1 + np.arange(scenarios))[:, None, None] * np.array([1.0, 5.0])
    weeks = np.datetime64("2026-10-07", "ns") + np.arange(104) * np.timedelta64(7, "D")
    share = np.abs(np.sin(np.arange(104) / 20)) * np.linspace(0.2, 1, scenarios)[:, None]
    weekly = np.broadcast_to(share[:, None, None], (scenarios, len(rows), 1, 104))
    all_options, one = ("scenario", "option"), np.ones((scenarios, len(rows)))
    costs = ("scenario", "option", "tail_weight")
    return xr.Dataset(
        {
            "scenario_title": ("scenario", list(TITLES[:scenarios])),
            "sweep": ("option", [r[1] for r in rows]),
            "value": ("option", [r[2] for r in rows]),
            "total_cost_usd_difference": (costs, cost),
            "total_cost_usd_difference_se": (costs, np.full_like(cost, 2e5)),
            "slower_probability": (("scenario", "option", "line", "time"), weekly),
            "standing_probability": (("scenario", "option", "line", "time"), stands * weekly),
            "stop_probability": (all_options, 0.02 * one),
            "slow_probability": (all_options, 0.3 * one),
            "total_cost_usd_mean": (all_options, 7e6 * one),
            "total_cost_usd_cvar95": (all_options, 4e7 * one),
            AT_BOUND: (("scenario", "input"), np.zeros((scenarios, 1))),
        },
        {"scenario": [f"s{i}" for i in range(scenarios)], "option": [r[0] for r in rows], "line": ["Motors"],
         "input": ["Dy"], "time": weeks, "tail_weight": [0.0, 1.0]},
        {"title": "Motors, plant A", "paths": 2000, "weeks": 104, "tail_weight": 0.5},
    )  # fmt: skip


def drawn(results: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Figure:
    kept = keep_figures(monkeypatch)
    exposure.chart(results, tmp_path / "firm.png")
    return kept.pop()


@pytest.mark.parametrize(
    ("scenarios", "options", "sweeps"),
    [(1, 0, 0), (1, 1, 0), (4, 4, 0), (2, 0, 1), (4, 0, 1), (3, 2, 2), (5, 4, 1), (6, 4, 3), (7, 1, 1)],
)
def test_texts_are_inside_and_apart(
    scenarios: int, options: int, sweeps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = drawn(firm(scenarios, options, sweeps), tmp_path, monkeypatch)
    assert texts_outside(figure) == []
    assert texts_over_each_other(figure) == []
    assert figure.get_size_inches()[0] == style.COLUMN
    panels = [ax for ax in figure.axes if ax.axison]
    assert len(panels) == 2 * (bool(options) + sweeps + 1)
    assert all(ax.get_title("left") for ax in panels), "every panel says what it shows"
    assert [t.get_text() for ax in figure.axes if ax.get_legend() for t in ax.get_legend().get_texts()] == (
        list(TITLES[:scenarios]) if scenarios > 1 else []
    ), "one legend, and none for one scenario"


def test_seven_scenarios_look_different_in_grey_too() -> None:
    looks = [look(s) for s in range(7)]
    assert len(set(looks)) == 7 and len({one.mark for one in looks}) == 7
    assert len({one.colour for one in looks[:6]}) == len({str(one.dash) for one in looks[:6]}) == 6


def test_the_lowest_is_filled_and_bars_are_two_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn(firm(2, 0, 1), tmp_path, monkeypatch)
    ax = figure.axes[1]
    filled = [line for line in ax.get_lines() if line.get_marker() == "o" and line.get_markerfacecolor() == style.BLUE]
    assert [line.get_ydata().tolist() for line in filled] == [[0.0]]
    assert round(float(filled[0].get_xdata()[0])) == LOWEST
    bars = ax.containers[0][2][0].get_segments()
    assert [float(b[1, 1] - b[0, 1]) for b in bars] == pytest.approx([0.8] * 7), "2 x 2 x 0.2 M USD"
    assert "lowest at 4 weeks" in ax.get_title("left")


def test_a_firm_that_never_stands_has_one_wide_calendar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = drawn(firm(2, 0, 0, stands=0.0), tmp_path, monkeypatch).axes[-1]
    title = "Slower or standing: at most 100\N{NO-BREAK SPACE}% of paths (Swap deal, Jul 2028)"
    assert calendar.get_title("left") == title
    assert calendar.get_position().width > 0.8


def test_what_is_not_drawn_is_told() -> None:
    told = exposure.caption(firm(1, 14, 0))
    assert "2 more options are in exposure.csv" in told and "sweeps" not in told
    assert "more" not in exposure.caption(firm(1, 4, 3))


def curves(*rows: list[float]) -> Any:
    return np.array(rows, float)


def test_sweeps_say_where_they_are_lowest_and_nothing_the_paths_cannot_tell() -> None:
    values = ["0 weeks", "4 weeks", "8 weeks"]
    one, other = [3.0, 1.0, 2.0], [1.0, 2.0, 3.0]
    sure, unsure = np.full((1, 3), 0.1), np.full((1, 3), 2.0)
    assert sweep_finding(values, curves(one), sure) == "lowest at 4 weeks"
    assert sweep_finding(values, curves(one, other), np.full((2, 3), 0.1)) == "lowest at 0 to 4 weeks, by scenario"
    assert sweep_finding(values, curves(one), unsure) == "no difference beyond the errors"
    assert sweep_finding(values, curves(one, other), curves([0.1] * 3, [2.0] * 3)) == "lowest at 4 weeks"
    assert sweep_finding(["0 %", "1 M EUR"], curves([1, 2], [2, 1]), np.zeros((2, 2))) == (
        "lowest at 0 % to 1 M EUR, by scenario"
    )


def test_draws_of_the_parameters_say_between_which_values_the_lowest_lies() -> None:
    values = ["0 weeks", "4 weeks", "8 weeks"]
    assert drawn_finding(values, np.array([[0, 32, 0]])) == "lowest at 4 weeks under every draw of the parameters"
    assert drawn_finding(values, np.array([[0, 20, 12]])) == "lowest at 4 to 8 weeks, by draw of the parameters"
    both = np.array([[32, 0, 0], [0, 32, 0]])
    assert drawn_finding(values, both) == "lowest at 0 to 4 weeks, by scenario"
    assert drawn_finding(values, both[:, ::-1]) == "lowest at 4 to 8 weeks, by scenario"
    assert drawn_finding(values, np.array([[32, 0, 0], [1, 31, 0]])) == (
        "lowest at 0 to 4 weeks, by scenario and draw of the parameters"
    )


def test_a_title_counts_draws_where_they_are_of_its_own_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = firm(1, 0, 1)
    wins = np.zeros((1, results.sizes["option"]), int)
    wins[0, 2:4] = 20, 12
    results = results.assign({CHEAPEST_ON_AVERAGE: (("scenario", "option"), wins),
                              CHEAPEST_WITH_TAIL: (("scenario", "option"), wins)})  # fmt: skip
    mean, tail = (ax.get_title("left") for ax in drawn(results, tmp_path, monkeypatch).axes[1:3])
    assert " ".join(mean.split()) == "On average: lowest at 2 to 4 weeks, by draw of the parameters"
    assert "draw" not in tail, "the count is of costs with 50 % weight on the tail"
    results.attrs["tail_weight"] = 1.0
    tail = drawn(results, tmp_path, monkeypatch).axes[2].get_title("left")
    assert "by draw of the parameters" in " ".join(tail.split())


def test_options_save_only_where_the_paths_tell() -> None:
    titles = ["more stock", "less use", "luck"]
    cost, error = np.array([-1.0, -2.0, -9.0]), np.array([0.1, 0.1, 5.0])
    assert option_finding(titles, cost, error, "Rift") == "“less use” saves most in “Rift”"
    assert option_finding(titles, -cost, error, "") == "no option surely saves"


def test_a_calendar_says_when_it_is_worst() -> None:
    weeks = np.array(["2026-10-07", "2026-12-30"], "datetime64[ns]")
    share = xr.DataArray([[0.0, 0.1], [0.02, 0.0]], {"time": weeks}, ("scenario", "time"))
    assert calendar_finding(share, ["a", "b"]) == "at most 10 % of paths (a, Dec 2026)"
    assert calendar_finding(0 * share, ["a", "b"]) == "on no path"
