"""Losses priors_at the elasticity of substitution."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from supplyshock.analysis.summary_tables.rows import COUNTRIES
from supplyshock.calibration.backtest.loss_curve import EXPERIMENTS, loss_curve, priors_at
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.reporting.page.loss_curve import page, provenance_line
from supplyshock.reporting.plots.loss_curve import draw
from supplyshock.scenarios.config.load import load_config
from support.command import invoke, said

SIGMAS = (0.05, 0.2, 0.5)


@pytest.fixture(scope="module")
def curve():
    return loss_curve(["rare_earth_stop"], SIGMAS, SimulationSettings(48, seed=2))


def test_easier_substitution_costs_less(curve):
    """On the same paths. The elasticity works through the price users answer; what is then missing stops output."""
    china = [r.mean for r in curve if r.party == "CN"]
    assert max(china) < 0.02 * max(r.mean for r in curve), "China keeps its rare earths, at nervous prices"
    assert (np.diff([r.mean for r in curve if r.party == "US"]) < 0).all()
    us = [r for r in curve if r.party == "US"]
    assert us[0].mean > 1.1 * us[-1].mean > 0
    assert all(r.low <= r.median <= r.high for r in curve)
    assert us[0].percent_of_gdp == pytest.approx(100 * us[0].mean / 29_200)


def test_what_is_one_draw_moves_along():
    at = {s: priors_at("rare_earth_stop", s) for s in (0.03, 0.13, 0.5)}
    prior = load_config("base").dataset.prior
    assert at[0.13]["use_elasticity"] == pytest.approx(prior["use_elasticity"].center)
    assert at[0.03]["use_elasticity"] < at[0.13]["use_elasticity"] <= at[0.5]["use_elasticity"]
    assert {k for v in at.values() for k in v} == {"substitution", "use_elasticity"}


def test_page_and_picture(curve, tmp_path):
    named = {"rare_earth_stop": "A year without"}
    curve = [r._replace(mean=0.0) if r.party == "CN" else r for r in curve]
    text = page(curve, named, "x.png", 48, 2)
    assert text.count("| United States |") == len(SIGMAS)
    assert "China: less than" in text
    spared = [r._replace(mean=0.0) for r in curve]
    for rows in (spared, spared[::-1]):  # in the order of the rows, whatever the hashes of a process
        lines = [line for line in page(rows, named, "x.png", 48, 2).splitlines() if "less than 0.01" in line]
        assert lines == [
            f"{COUNTRIES[p]}: less than 0.01 bn USD everywhere." for p in dict.fromkeys(r.party for r in rows)
        ]
    assert draw(curve, named, tmp_path / "x.png").read_bytes()[:4] == b"\x89PNG"


def test_the_command(tmp_path):
    given = ("losses", "gallium_stop", "--at", "0.05,0.2", "--paths", 16, "--quiet")
    done = invoke(*given, "--json", "--page", tmp_path / "l.md")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["rows"]
    assert [(r["party"], r["sigma"]) for r in rows] == [(p, s) for s in (0.05, 0.2) for p in ("CN", "US")]
    text = (tmp_path / "l.md").read_text(encoding="utf-8")
    assert "3.1 bn USD (1.7 to 8.2)" in text
    bad = invoke("losses", "--at", "0.1,two", "--quiet")
    assert bad.exit_code == 2
    assert "--at" in said(bad)


def test_overrides_of_other_laws_are_kept():
    """A law that a user fixes stays fixed, whatever the elasticity."""
    loose = loss_curve(["rare_earth_stop"], (0.1,), SimulationSettings(32, seed=2))
    fixed = loss_curve(
        ["rare_earth_stop"], (0.1,), SimulationSettings(32, seed=2), overrides={"priors": {"criticality_scale": 2.0}}
    )
    assert loose[1].mean != fixed[1].mean


@pytest.mark.parametrize("sigma", [0.01, 0.7])
def test_elasticities_outside_the_law_are_refused(sigma):
    """They would be moved to its ends, and shown as what was asked for."""
    bad = invoke("losses", "gallium_stop", "--at", sigma, "--quiet")
    assert bad.exit_code == 2
    assert "0.03 to 0.5" in said(bad)


def test_the_shipped_page_is_of_today():
    text = (Path(__file__).parents[2] / "docs/losses.md").read_text(encoding="utf-8")
    assert provenance_line(EXPERIMENTS) in text, "stale: run `make backtest`"
