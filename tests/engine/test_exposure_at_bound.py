"""An exposure says where its costs rest on prices that the model caps, and only there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import supplyshock as ss
from supplyshock.analysis.exposure.at_bound import AT_BOUND, bound_sentences, quotes_at_bound
from supplyshock.analysis.exposure.figures import exposure_of
from supplyshock.analysis.price_bound import PRICE_BOUND
from supplyshock.common.errors import StoreError
from supplyshock.reporting.plots.exposure import caption
from support.command import invoke

BOOK = """\
title: Plant
inputs:
  - {market: Y, use: 10 t/year, stock: 2 weeks}
  - {market: leading_logic, use: 5 M USD/year, stock: 2 weeks}
lines: [{title: A, needs: [Y, leading_logic], value_added: 20 M USD/year}]
"""
SCENARIOS = ("status_quo", "swap_deal")


def by_hand(peaks: list[float]) -> tuple[xr.DataTree, xr.Dataset]:
    """Two markets and blocs: the peaks are those of Dy abroad; every other quote is at its base price."""
    outcome = np.ones((1, len(peaks), 2, 2), np.float32)
    outcome[0, :, 1, 1] = peaks
    axes = ("scenario", "path", "market", "bloc")
    labels = {"scenario": ["one"], "market": ["nand", "Dy"], "bloc": ["CN", "XC"]}
    run = xr.DataTree.from_dict({"outcomes": xr.Dataset({"peak_price_ratio": (axes, outcome)}, labels)})
    firm = xr.Dataset(coords={"scenario": ["one"], "input": ["Dy", "nand"]}, attrs={"bloc": "XC"})
    return run, firm


def test_the_share_is_of_paths_at_the_bound_and_counts_weights() -> None:
    run, firm = by_hand([PRICE_BOUND, PRICE_BOUND, 400.0, 2.0])
    plain = quotes_at_bound(run, firm, [None])
    assert plain[AT_BOUND].dims == ("scenario", "input") and plain[AT_BOUND].values.tolist() == [[0.5, 0.0]]
    assert plain[f"{AT_BOUND}_se"].values[0, 0] == pytest.approx(0.25, rel=0.2)
    weighted = quotes_at_bound(run, firm, [np.array([0.2, 0.2, 1.8, 1.8])])
    assert weighted[AT_BOUND].values[0] == pytest.approx([0.1, 0.0])
    firm.attrs["bloc"] = "CN"
    assert quotes_at_bound(run, firm, [None])[AT_BOUND].values.tolist() == [[0.0, 0.0]], "the bloc of the firm"


def test_a_missing_peak_is_an_error() -> None:
    with pytest.raises(StoreError, match="values are missing"):
        quotes_at_bound(*by_hand([np.nan, 2.0]), [None])


def test_a_sentence_from_one_path_in_a_hundred_on() -> None:
    shares = {AT_BOUND: (("scenario", "input"), [[0.52, 0.0099], [0.0, 0.01]])}
    titles = {"scenario_title": ("scenario", ["Heavy stop", "Calm"]), "input": ["Dy", "Y"]}
    said = bound_sentences(xr.Dataset(shares, titles))
    assert said == [
        "“Heavy stop”: the quote of Dy reaches the model's bound of 493 times the base price on 52 % of paths, so "
        "costs there are a lower estimate.",
        "“Calm”: the quote of Y reaches the model's bound of 493 times the base price on 1 % of paths, so costs there "
        "are a lower estimate.",
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bound")
    (out / "plant.yaml").write_text(BOOK, encoding="utf-8")
    scenarios = [ss.load_scenario(name, {"weeks": 26}) for name in SCENARIOS]
    ss.exposure(out / "plant.yaml", scenarios, out / "run", paths=400)
    return out / "run"


def test_text_picture_page_and_table_say_it(folder: Path) -> None:
    """Yttrium starts at 150 times its base price; a chip stays near one."""
    run = ss.open_run(folder)
    shares = [
        float((run["outcomes"]["peak_price_ratio"].sel(scenario=s, market="Y", bloc="XC") > 480).mean())
        for s in SCENARIOS
    ]
    assert min(shares) > 0.01
    done = invoke("exposure", folder)
    words = " ".join(done.stdout.split())
    for title, share in zip(("Status quo", "Swap deal"), shares, strict=True):
        assert f"“{title}”: the quote of Y reaches the model's bound of 493 times the base price on " in words
        assert f"on {100 * share:.0f} % of paths, so costs there are a lower estimate." in words
    assert words.count("lower estimate") == 2 and "quote of leading_logic" not in words
    assert max(len(line) for line in done.stdout.splitlines() if str(folder) not in line) <= 80
    assert "± leaves out what the calibration of the markets leaves open." in words
    results = exposure_of(run)
    np.testing.assert_allclose(results[AT_BOUND].sel(input="Y"), shares)
    assert [s for s in bound_sentences(results) if s in caption(results)] == bound_sentences(results)
    header, first = (folder / "exposure.csv").read_text(encoding="utf-8").splitlines()[:2]
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    assert float(cells[f"{AT_BOUND}_Y"]) == pytest.approx(shares[0]) and float(cells[f"{AT_BOUND}_leading_logic"]) == 0
    assert invoke("report", folder, "--no-stories").exit_code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    costs = page.partition("<caption>What it costs")[2].partition("</caption>")[0]
    assert costs.count("so costs there are a lower estimate") == 2
