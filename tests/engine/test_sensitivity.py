"""Sobol indices against a function whose indices are known, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplyshock.common.errors import UsageError
from supplyshock.studies import sobol
from supplyshock.studies.design import saltelli
from supplyshock.studies.factors import Factor
from supplyshock.studies.sobol_indices import sobol_indices
from support.command import invoke, is_one_clear_line, said

pytest.importorskip("SALib")
A, B = 7.0, 0.1
PI = float(np.pi)
FACTORS = tuple(Factor(name, low=-PI, high=PI) for name in ("x1", "x2", "x3"))
SMALL = ("--points", 4, "--paths", 24, "--weeks", 8, "--backend", "reference")
VARY = ("--vary", "levers.demand.0.factor=1..1.5", "--vary", "priors.parts=3..8")


def ishigami(x: np.ndarray) -> np.ndarray:
    y = np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])
    return np.asarray(y)


def known() -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices (Ishigami and Homma, 1990)."""
    v1 = 0.5 * (1 + B * PI**4 / 5) ** 2
    v2, v13 = A**2 / 8, B**2 * PI**8 * 8 / 225
    v = v1 + v2 + v13
    return np.array([v1, v2, 0]) / v, np.array([v1 + v13, v2, v13]) / v


def test_indices_of_the_ishigami_function() -> None:
    x = saltelli(FACTORS, 2048, seed=1)
    assert x.shape == (2048 * 5, 3)
    indices = sobol_indices(FACTORS, np.stack([ishigami(x), 3 + 2 * x[:, 0]], axis=1), ["ishigami", "linear"])
    first, total = known()
    assert np.allclose(indices.first[:, 0], first, atol=0.03)
    assert np.allclose(indices.total[:, 0], total, atol=0.03)
    assert (np.abs(indices.first[:, 0] - first) < 2 * indices.first_ci[:, 0]).all()
    assert np.allclose(indices.first[:, 1], [1, 0, 0], atol=0.01)
    assert not np.allclose(indices.first[:, 0], total, atol=0.03)  # the two are not the same thing


def test_a_single_nan_is_refused_by_name() -> None:
    x = saltelli(FACTORS, 16, seed=1)
    y = np.stack([ishigami(x), ishigami(x)], axis=1)
    y[3, 1] = np.nan
    with pytest.raises(UsageError, match="quote:Dy: an outcome is not finite.*1 of 80 design points"):
        sobol_indices(FACTORS, y, ["loss:US", "quote:Dy"])
    y[3, 1] = np.inf
    with pytest.raises(UsageError, match="quote:Dy"):
        sobol_indices(FACTORS, y, ["loss:US", "quote:Dy"])


def test_what_does_not_move_has_no_indices() -> None:
    x = saltelli(FACTORS, 16, seed=1)
    indices = sobol_indices(FACTORS, np.stack([0 * x[:, 0] + 4, ishigami(x)], axis=1), ["flat", "moves"])
    assert np.isnan(indices.first[:, 0]).all()
    assert np.isfinite(indices.first[:, 1]).all()


def test_points_are_a_power_of_two() -> None:
    with pytest.raises(UsageError, match="power of 2"):
        saltelli(FACTORS, 48, seed=1)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "busy.yaml"
    path.write_text("base: status_quo\nlevers:\n  demand:\n    - {market: Dy, factor: 1.2}\n")
    return path


def test_the_command(base: Path, tmp_path: Path) -> None:
    import xarray as xr

    out = tmp_path / "s"
    made = invoke(
        "sensitivity", base, *VARY, "--measure", "quote:Dy", "--measure", "rift", "--out", out, *SMALL, "--json"
    )
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert (told["method"], told["points"], told["weeks"]) == ("sobol", 16, 8)
    rows = {(r["outcome"], r["factor"]): r for r in told["rows"]}
    demand = rows["quote:Dy", "levers.demand.0.factor"]
    assert demand["low"] < 0 < demand["high"]  # less use is a lower peak, on the same luck
    assert demand["total"] > 0.9
    parts = rows["quote:Dy", "priors.parts"]
    assert abs(parts["low"]) < 0.01 * demand["high"]  # chips of cars do not move dysprosium in eight weeks
    assert rows["rift", "priors.parts"]["first"] is None  # never seen: nothing to share out
    with xr.open_zarr(out / "sensitivity.zarr", consolidated=False) as stored:
        assert stored["total"].dims == ("factor", "outcome")
        assert float(stored["total"][0, 0]) == demand["total"]
    assert (out / "sensitivity.png").read_bytes().startswith(b"\x89PNG")
    text = invoke("sensitivity", base, *VARY, "--measure", "quote:Dy", "--out", out, *SMALL, "--overwrite")
    assert "levers.demand.0.factor" in text.stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--method", "sobel"), "sobol"),
        (("--method", "gradient"), "--vary is an option of --method sobol"),
        (("--parameter", "theta.parts"), "--parameter is an option of --method gradient"),
        (("--points", "48"), "power of 2"),
        (("--measure", "los:US"), "did you mean 'loss'?"),
        (("--measure", "hold"), "needs a market"),
        (("--measure", "quote:Dx"), "got 'Dx'"),
        (("--measure", "loss:US,CN"), "two labels for one axis"),
        (("--measure", "peak_week:Dy,XC"), "has no mean"),
        (("--measure", "quote:Dy at week 999"), "outside the run"),
        (("--vary", "priors.part=3..8"), "parts"),
        (("--vary", "priors.parts=8..3"), "LOW below HIGH"),
        (("--vary", "priors.parts=few"), "KEY=LOW..HIGH"),
        (("--vary", "priors.parts=3..8"), "each key once"),
        (("--vary", "levers.stockpile.0.initial=0..3 t"), "entry 0 in the list levers.stockpile"),
        (("--vary", "levers.stockpil.0.initial=0..3 t"), "did you mean 'stockpile'?"),
        (("--vary", "parameters.material.eta=-1..1"), "0.001"),
    ],
)
def test_what_is_refused(args: tuple[str, ...], words: str, base: Path, tmp_path: Path) -> None:
    answer = invoke("sensitivity", base, *VARY, *args, "--out", tmp_path / "s")
    assert answer.exit_code in (2, 65), answer.output
    assert words in answer.stderr
    assert not answer.stdout
    assert not (tmp_path / "s").exists()


def test_salib_missing_is_one_clear_line(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for module in [m for m in sys.modules if m.startswith("SALib")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "SALib", None)
    answer = invoke("sensitivity", base, *VARY, "--out", tmp_path / "s", *SMALL)
    assert answer.exit_code == 2
    assert is_one_clear_line(answer)
    assert "supplyshock[sensitivity]" in said(answer)


def test_the_indices_refuse_what_a_run_gives(base: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An outcome that is not finite on one path of one design point stops the command."""
    from supplyshock.analysis.measures import KernelMeasure

    before = KernelMeasure.of

    def broken(self: KernelMeasure, observed: Any) -> np.ndarray:
        x = before(self, observed)
        x[x > np.quantile(x, 0.99)] = np.inf
        return x

    monkeypatch.setattr(KernelMeasure, "of", broken)
    answer = invoke("sensitivity", base, *VARY, "--measure", "quote:Dy", "--out", tmp_path / "s", *SMALL, "--quiet")
    assert answer.exit_code == 2
    assert "not finite" in said(answer)
    assert not (tmp_path / "s" / "sensitivity.zarr").exists()


def test_methods_are_a_table() -> None:
    assert set(sobol.METHODS) == set(sobol.DESIGN)
    method: Any = sobol.method("sobol")
    assert method is sobol.sobol
