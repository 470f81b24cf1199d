"""The answer of a run on one screen, and what it knows of parameters."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.analysis.summary_tables import Row, headline
from supplyshock.analysis.summary_tables.parameter_errors import (
    FILE,
    Key,
    as_csv,
    digests_of,
    figures_by_key,
    key_of,
    read_spread,
    spread_over,
    with_parameter_sd,
)
from supplyshock.calibration.parameter_posterior import drawn_params, read_posterior, shipped_posterior
from supplyshock.common.errors import DataError
from supplyshock.common.number_format import number
from supplyshock.execution.run import run_scenarios
from supplyshock.reporting.answer.figures import Figures
from supplyshock.reporting.answer.sentences import sentences
from supplyshock.scenarios.config.load import load_config
from supplyshock.scenarios.scenario import build_scenario
from support.command import SCENARIOS, invoke, is_one_clear_line, said, small_run, tree

__all__ = ["small_run", "tree"]
US = "United States: lost output"


@pytest.fixture
def copied(small_run: Path, tmp_path: Path) -> Path:
    """The small run, to write into."""
    return Path(shutil.copytree(small_run, tmp_path / "run"))


def row(value: float, scenario: str = "a", statistic: str = "mean", se: float = float("nan")) -> Row:
    return Row("losses", scenario, US, statistic, value, se, "bn USD", US)


def test_the_answer_fits_a_page_and_says_five_things(small_run: Path, tree: Any) -> None:
    shown = invoke("show", small_run).stdout
    lines = shown.splitlines()
    assert all(len(line) <= 80 or str(small_run) in line for line in lines)
    assert len(lines) < 60
    figures = Figures(tree, headline(tree))
    told = sentences(figures)
    assert len(told) == 5 and all(text.endswith(".") for text in told)
    assert "base price of 239 USD/kg" in told[0] or "USD/kg" in told[0]
    assert not any(name in shown for name in SCENARIOS if "_" in name)  # titles, not ids
    mean = figures.get("losses", "status_quo", US, "mean")
    assert mean is not None and number(mean.value, mean.se) in shown


def test_one_scenario_has_no_difference_and_markets_are_those_asked_for(small_run: Path) -> None:
    shown = invoke("show", small_run, "breakdown", "--market", "La").stdout
    assert "against" not in shown and "Lanthanum outside China" in shown and "Lanthanum in China" in shown
    assert "Dysprosium" not in shown
    answer = invoke("show", small_run, "--market", "Laa")
    assert answer.exit_code == 2 and is_one_clear_line(answer) and "did you mean 'La'?" in said(answer)


def test_both_errors_count_where_both_are_known(copied: Path) -> None:
    """Spreads go by what a scenario is: those of another world do not apply."""
    run = open_run(copied)
    loss = next(r for r in headline(run) if (r.scenario, r.item, r.statistic) == ("status_quo", US, "mean"))
    key = key_of(loss, digests_of(run))
    plain = invoke("show", copied).stdout
    (copied / FILE).write_text(as_csv({key._replace(digest="0" * 16): 5.0}))
    assert invoke("show", copied).stdout == plain  # of another scenario
    (copied / FILE).write_text(as_csv({key: 3 * loss.se}))
    shown = invoke("show", copied).stdout
    assert number(loss.value, loss.se * 10**0.5) in shown
    told = " ".join(shown.split())
    assert "of paths and of what the calibration of the markets leaves open, together" in told
    others = told[told.index("the back-test shows what they miss.") :]
    assert "± is one standard error from the number of paths alone" in others and "“Status quo”" not in others
    assert all(open_run(copied)["inputs"]["scenario_title"].sel(scenario=s).item() in others for s in SCENARIOS[1:])
    heads = " ".join(shown[: shown.index("United States: lost output")].split())
    assert heads.count("(± of") == len(SCENARIOS) - 1 and "(± of" not in plain
    known = [r for r in with_parameter_sd(run, copied, headline(run)) if r.parameter_sd == r.parameter_sd]
    assert [(r.scenario, r.item, r.statistic) for r in known] == [("status_quo", US, "mean")]
    assert known[0].error == pytest.approx(loss.se * 10**0.5, rel=1e-3)


def test_the_spread_is_that_of_the_draws() -> None:
    """Only of figures that every draw has; differences go by both digests."""
    values, digests = np.array([1.0, 4.0, 7.0]), {"a": "1" * 64, "b": "2" * 64}
    draws = [[row(v), row(v, "b - a"), row(v if v < 5 else float("nan"), statistic="P95")] for v in values]
    spread = dict(spread_over([figures_by_key(rows, digests) for rows in draws]))
    alone, pair = "1" * 16, f"{'2' * 16} - {'1' * 16}"
    assert spread == {
        Key(alone, "losses", US, "mean"): pytest.approx(values.std(ddof=1)),
        Key(pair, "losses", US, "mean"): pytest.approx(values.std(ddof=1)),
    }


def test_a_table_of_spreads_that_is_none_is_refused(copied: Path) -> None:
    assert read_spread(copied / "nothing.csv") == {}
    for text in ("a,b\n1,2\n", as_csv({}) + "x,losses,y,mean,-1\n", as_csv({}) + "x,losses,y,mean,nan\n"):
        (copied / FILE).write_text(text)
        with pytest.raises(DataError, match="not a table of spreads"):
            read_spread(copied / FILE)
    answer = invoke("show", copied)
    assert answer.exit_code == 65 and is_one_clear_line(answer) and FILE in said(answer)


def test_the_command_gives_the_spread_of_runs_by_hand(copied: Path, tmp_path: Path) -> None:
    """Two draws, each as a run of its own: half the distance times the root of two, of every figure."""
    done = invoke(
        "uncertainty",
        "--run",
        copied / "results.zarr",
        "--draws",
        2,
        "--paths",
        40,
        "--backend",
        "reference",
        "--quiet",
    )
    assert done.exit_code == 0, done.output
    spread = read_spread(copied / FILE)
    loaded = load_config("status_quo", {"weeks": 52})
    rows = []
    for i, params in enumerate(drawn_params(loaded, read_posterior(shipped_posterior()).draw(2, 1))):
        scenario = replace(build_scenario(loaded), params=params)
        out = tmp_path / f"draw{i}"
        run_scenarios([scenario], out, paths=40, seed=1, backend="reference", save_series=0, progress="quiet")
        rows.append({(r.item, r.statistic): r.value for r in headline(open_run(out)) if r.table == "prices"})
    digest = digests_of(open_run(copied))["status_quo"][:16]
    both = [key for key in rows[0] if key in rows[1] and Key(digest, "prices", *key) in spread]
    assert len(both) > 10
    for key in both:
        distance = abs(rows[0][key] - rows[1][key])
        assert spread[Key(digest, "prices", *key)] == pytest.approx(distance / 2**0.5, rel=1e-3, abs=1e-12)
    assert any(rows[0][key] != rows[1][key] for key in both)
    for named in (copied, copied / "results.zarr"):
        told = invoke("show", named).stdout.replace("\n", " ")
        assert "leaves open, together" in told and "number of paths alone" not in told


def test_only_the_tables_that_are_asked_for(tree: Any) -> None:
    whole = headline(tree)
    assert headline(tree, tables=("prices", "losses")) == [r for r in whole if r.table in ("losses", "prices")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("status_quo", "--run", "{run}"), "no CONFIG"),
        (("--run", "{run}", "--weeks", "9"), "no --weeks"),
        (("--run", "{run}", "--draws", "2000"), "from 2 to 1,000"),
        ((), "a CONFIG, or --run RUN"),
        (("status_quo",), "--out DIR"),
    ],
)
def test_wrong_words_of_the_command(words: tuple[str, ...], expected: str, small_run: Path) -> None:
    answer = invoke("uncertainty", *(w.replace("{run}", str(small_run)) for w in words))
    assert answer.exit_code == 2 and is_one_clear_line(answer)
    assert expected in said(answer)


@pytest.mark.parametrize("name", ["", "nothing", "results.zarr"])
def test_a_folder_without_a_run(name: str, tmp_path: Path) -> None:
    answer = invoke("uncertainty", "--run", tmp_path / name)
    assert answer.exit_code == 74 and is_one_clear_line(answer) and "no run here" in said(answer)
