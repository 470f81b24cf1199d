"""Computes one path of a run again, alone, and holds it against what was stored, bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from supplyshock_kernels.backends import SPECS, Simulate
from supplyshock_kernels.outputs import outcome_rows, series_rows
from supplyshock_kernels.params import Array, Grid, Params

from ...analysis import dataset, scenarios_of
from ...analysis.ranking import check_path
from ...analysis.run_groups import Run, require_known
from ...common.errors import ReplayError, UsageError
from ...common.safe_text import load_json
from ...execution.backend_selection import find_backend
from ...execution.importance_sampling.proposal import proposal_params
from ...store.mantissa_rounding import rounded
from ...store.proposal import Proposal, is_from_proposal
from ...store.stored_params import read_params
from .unstored_trace import UnstoredTrace, trace_path


@dataclass(frozen=True)
class ReplayedPath:
    """A path with all of its weeks."""

    scenario: str
    path: int
    series: xr.Dataset
    """Every weekly series, with the coordinate time; float32."""
    outcomes: xr.Dataset
    """Totals of the path; float32."""
    hidden: UnstoredTrace | None
    """What no store keeps; None where it cannot be told."""
    params: Params
    compared: int
    """Numbers that were compared with the store, bit by bit."""

    @property
    def stops(self) -> xr.DataArray | None:
        """(time, bloc, sector) whether the sector stands still; None where it cannot be told week by week."""
        return None if self.hidden is None else self.hidden.stops


def replay_path(run: Run, path: int, scenario: str | None = None) -> ReplayedPath:
    """Computes a path from the stored inputs and seed, with the backend and precision of the run.

    Raises `ReplayError` unless every total, and every kept weekly value, has the very bits that the run
    stored; `UsageError` for a scenario or path that is not there; `DeviceError` for a backend that is not here.
    """
    if not isinstance(run, xr.DataTree):
        raise UsageError("a story needs the whole run", expected="the tree that open_run gives", got="one group")
    names = scenarios_of(run)
    name = names[0] if scenario is None else require_known(scenario, names, "scenario")
    check_path(path, int(run["outcomes"].sizes["path"]))
    params, maker = read_params(dataset(run, "inputs"), name), PathReplayer.of(run)
    params = maker.params_of(params, path)
    axes, (totals, weekly) = _axes(run), maker.one_path(params, path)
    outcomes, series = _labelled(axes, params, totals, weekly)
    compared = _check(run, name, path, outcomes, series)
    hidden = trace_path(params, maker.grid, maker.seed, maker.first + path, weekly, outcomes, axes)
    return ReplayedPath(name, path, series, outcomes, hidden, params, compared)


@dataclass(frozen=True)
class PathReplayer:
    """What computed a run: its backend and kind of device, seed and precision."""

    simulate: Simulate
    seed: int
    grid: Grid
    first: int = 0
    """Number of the path that the run has first."""
    tilt: Proposal | None = None
    """Another law that most paths were drawn from."""

    @classmethod
    def of(cls, run: xr.DataTree) -> PathReplayer:
        """The maker of a run. Raises `DeviceError` where its device or backend is not here."""
        about = run.attrs
        device = str(about.get("device", "cpu"))
        kind = "cpu" if device == "cpu" else "tpu" if "tpu" in device.lower() else "gpu"
        found = find_backend(str(about["backend"]), kind)
        grid, first = Grid(about["precision"], device=found.kind), int(about.get("first_path", 0))
        drawn = about.get("importance_sampling")
        tilt = Proposal.of(load_json(str(drawn).encode())) if drawn else None
        return cls(found.simulate, int(about["seed"]), grid, first, tilt)

    def params_of(self, params: Params, path: int) -> Params:
        """The parameters that a path was drawn with."""
        return proposal_params(self.tilt, params) if self.tilt and is_from_proposal(self.first + path) else params

    def one_path(self, params: Params, path: int) -> tuple[Array, Array]:
        """Totals (rows,) and weekly series (rows, T) of one path, computed alone."""
        path += self.first
        observed = self.simulate(params, self.grid._replace(keep=path + 1), self.seed, range(path, path + 1))
        return np.asarray(observed.outcomes)[:, 0], np.asarray(observed.series)[:, :, 0]


def _axes(run: xr.DataTree) -> dict[str, Any]:
    axes: dict[str, Any] = {}
    for group in ("outcomes", "summary", "inputs"):
        axes |= {str(k): v.to_numpy() for k, v in run[group].to_dataset().coords.items()}
    return axes


def _labelled(axes: dict[str, Any], params: Params, outcomes: Array, series: Array) -> tuple[xr.Dataset, xr.Dataset]:
    totals = {r.name: (r.axes, outcomes[r.start : r.stop].reshape(r.shape)) for r in outcome_rows(params)}
    weeks = series.shape[1]
    weekly = {
        r.name: (("time", *r.axes), np.moveaxis(series[r.start : r.stop].reshape(*r.shape, weeks), -1, 0))
        for r in series_rows(params)
    }
    return _dataset(totals, axes), _dataset(weekly, axes)


def _dataset(table: dict[str, Any], axes: dict[str, Any]) -> xr.Dataset:
    used = {d for dims, _ in table.values() for d in dims}
    return xr.Dataset(table, {k: v for k, v in axes.items() if k in used})


def _check(run: xr.DataTree, scenario: str, path: int, outcomes: xr.Dataset, series: xr.Dataset) -> int:
    held = [("outcomes", outcomes)]
    if "paths" in run.children and path < run["paths"].sizes["path"]:
        held.append(("paths", series))
    compared, wrong = 0, []
    for group, mine in held:
        stored = run[group].to_dataset().sel(scenario=scenario).isel(path=path)
        for name in map(str, mine.data_vars):
            a, b = mine[name], stored[name].transpose(*mine[name].dims)
            mine_as_stored = rounded(a.to_numpy(), int(run.attrs.get("round_bits", 0)))
            differ = int(np.count_nonzero(~_same_bits(mine_as_stored, b.to_numpy())))
            compared += a.size
            wrong += [f"{group}/{name}"] * bool(differ)
    if wrong:
        raise ReplayError(
            f"path {path} of {scenario} computed again is not the stored one",
            where=", ".join(wrong[:4]) + (f" and {len(wrong) - 4} more" if len(wrong) > 4 else ""),
            fix=_reason(run),
        )
    return compared


def _same_bits(a: Array, b: Array) -> Array:
    """Where two float32 arrays have the same bits; NaN is NaN, whichever."""
    same: Array = (a.view(np.uint32) == b.astype(np.float32).view(np.uint32)) | (np.isnan(a) & np.isnan(b))
    return same


def _reason(run: xr.DataTree) -> str:
    from ...store.provenance import machine, model_digest

    if run.attrs.get("model_digest") != model_digest():
        return "the run was made by another version of the model or of numba; use that version, or run it anew"
    if run.attrs.get("machine") != machine() or run.attrs.get("device", "cpu") != "cpu":
        where = f"{run.attrs.get('machine')}, device {run.attrs.get('device', 'cpu')}"
        return f"the run was made elsewhere ({where}); replay it there"
    spec = SPECS.get(str(run.attrs.get("backend")))
    if spec and spec.width:
        return "a block may have been made in another width for want of memory (its entry in journal/ says so)"
    return "the stored results are damaged, or this is a defect; please report it"
