"""Recomputes one path of a run and compares it with the store, bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from supplyshock_kernels.backends import SPECS, Simulate
from supplyshock_kernels.backends.reference.walk import Trace, trace
from supplyshock_kernels.outputs import outcome_rows, series_rows
from supplyshock_kernels.params import Array, Grid, Params
from supplyshock_kernels.params.path_state import locate_parts

from ...analysis.ranking import check_path
from ...analysis.run_groups import Run, dataset, names_of, require_known, scenarios_of
from ...common.errors import ReplayError, UsageError
from ...common.safe_text import load_json
from ...execution.backend_selection import find_backend
from ...execution.branching.simulate import BranchCall, going_on
from ...execution.importance_sampling.proposal import proposal_params
from ...scenarios.display_names import DisplayNames
from ...store.branch import Branch, read_branch
from ...store.mantissa_rounding import rounded
from ...store.proposal import Proposal, is_from_proposal
from ...store.stored_params import read_params
from .unstored_trace import UnstoredTrace, unstored_trace


@dataclass(frozen=True)
class ReplayedPath:
    """A path with all of its weeks."""

    scenario: str
    path: int
    series: xr.Dataset
    """Every weekly series, with the coordinate time; float32."""
    outcomes: xr.Dataset
    """Totals of the path; float32."""
    unstored: UnstoredTrace | None
    """Quantities that no store has; None if they cannot be reconstructed."""
    params: Params
    n_compared: int
    """Numbers that were compared with the store, bit by bit."""
    names: DisplayNames
    """What people read in place of ids."""

    @property
    def stops(self) -> xr.DataArray | None:
        """(time, bloc, sector) whether the sector is stopped; None if that is unknown week by week."""
        return None if self.unstored is None else self.unstored.stops


def replay_path(run: Run, path: int, scenario: str | None = None) -> ReplayedPath:
    """Recomputes a path from the stored inputs and seed, with the backend and precision of the run.

    Raises `ReplayError` unless every total and every stored weekly value has the stored bits, `UsageError` for an
    unknown scenario or path, and `DeviceError` for a backend that this machine lacks.
    """
    if not isinstance(run, xr.DataTree):
        raise UsageError("a story needs the whole run", expected="the tree that open_run returns", got="one group")
    names = scenarios_of(run)
    name = names[0] if scenario is None else require_known(scenario, names, "scenario")
    check_path(path, int(run["outcomes"].sizes["path"]))
    params, replayer = read_params(dataset(run, "inputs"), name), PathReplayer.of(run)
    params = replayer.params_of(params, path)
    axes, (totals, weekly) = _axes(run), replayer.one_path(params, path)
    outcomes, series = _labelled(axes, params, totals, weekly)
    compared = _check(run, name, path, outcomes, series)
    unstored = unstored_trace(params, replayer.numpy_trace(params, path), weekly, outcomes, axes)
    told = replayer.told_params(params)
    return ReplayedPath(name, path, series, outcomes, unstored, told, compared, names_of(run))


@dataclass(frozen=True)
class PathReplayer:
    """Recomputes paths with the backend, device kind, seed and precision of a run."""

    simulate: Simulate
    seed: int
    grid: Grid
    first: int = 0
    """Number of the first path of the run."""
    proposal: Proposal | None = None
    """The importance-sampling proposal of most paths."""
    branch: Branch | None = None
    """The origin of the paths of a branch."""

    @classmethod
    def of(cls, run: xr.DataTree) -> PathReplayer:
        """The replayer of a run. Raises `DeviceError` if its device or backend is not here."""
        about = run.attrs
        device = str(about.get("device", "cpu"))
        kind = "cpu" if device == "cpu" else "tpu" if "tpu" in device.lower() else "gpu"
        backend = find_backend(str(about["backend"]), kind)
        grid, first = Grid(about["precision"], device=backend.kind), int(about.get("first_path", 0))
        stored = about.get("importance_sampling")
        proposal = Proposal.of(load_json(str(stored).encode())) if stored else None
        return cls(backend.simulate, int(about["seed"]), grid, first, proposal, read_branch(run))

    def params_of(self, params: Params, path: int) -> Params:
        """The parameters from which the path is drawn; for a branch, with the state that it continues."""
        if self.branch:
            call = BranchCall(self.simulate, params, self.grid, self.seed, self.branch)
            return going_on(call, range(self.first + path, self.first + path + 1))
        return (
            proposal_params(self.proposal, params) if self.proposal and is_from_proposal(self.first + path) else params
        )

    def told_params(self, params: Params) -> Params:
        """The parameters with the first day of a story; for a branch, the first day of its parent."""
        if not self.branch:
            return params
        state = params.initial.members[0]
        place = {p.part.name: slice(p.start, p.stop) for p in locate_parts(params)}
        regime, clock = (state[place[name]][0] for name in ("regime", "clock"))
        first = {"regime": np.int64(regime), "clock": np.float64(clock), "control": state[place["controls.level"]]}
        return params._replace(initial=params.initial._replace(**first))

    def one_path(self, params: Params, path: int) -> tuple[Array, Array]:
        """Totals (rows,) and weekly series (rows, T) of one path."""
        path = self._number(path)
        observed = self.simulate(params, self.grid._replace(keep=path + 1), self.seed, range(path, path + 1))
        return np.asarray(observed.outcomes)[:, 0], np.asarray(observed.series)[:, :, 0]

    def numpy_trace(self, params: Params, path: int) -> Trace:
        """The same path by the array program in NumPy, with the quantities that no store has."""
        return trace(params, self.grid._replace(device="cpu"), self.seed, self._number(path))

    def _number(self, path: int) -> int:
        """Whose random words it has."""
        path += self.first
        return int(self.branch.numbers_of(range(path, path + 1))[0]) if self.branch else path


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
    groups = [("outcomes", outcomes)]
    if "paths" in run.children and path < run["paths"].sizes["path"]:
        groups.append(("paths", series))
    compared, wrong = 0, []
    for group, computed in groups:
        stored = run[group].to_dataset().sel(scenario=scenario).isel(path=path)
        for name in map(str, computed.data_vars):
            a, b = computed[name], stored[name].transpose(*computed[name].dims)
            computed_as_stored = rounded(a.to_numpy(), int(run.attrs.get("round_bits", 0)))
            differ = int(np.count_nonzero(~_same_bits(computed_as_stored, b.to_numpy())))
            compared += a.size
            wrong += [f"{group}/{name}"] * bool(differ)
    if wrong:
        raise ReplayError(
            f"path {path} of {scenario}, recomputed, differs from the stored one",
            where=", ".join(wrong[:4]) + (f" and {len(wrong) - 4} more" if len(wrong) > 4 else ""),
            fix=_reason(run),
        )
    return compared


def _same_bits(a: Array, b: Array) -> Array:
    """Where two float32 arrays have the same bits; all NaNs are equal."""
    same: Array = (a.view(np.uint32) == b.astype(np.float32).view(np.uint32)) | (np.isnan(a) & np.isnan(b))
    return same


def _reason(run: xr.DataTree) -> str:
    from ...store.provenance import machine, model_digest

    if run.attrs.get("model_digest") != model_digest():
        return "another version of the model or of numba made the run: use that version, or run it again"
    if run.attrs.get("machine") != machine() or run.attrs.get("device", "cpu") != "cpu":
        where = f"{run.attrs.get('machine')}, device {run.attrs.get('device', 'cpu')}"
        return f"another machine made the run ({where}): replay it there"
    spec = SPECS.get(str(run.attrs.get("backend")))
    if spec and spec.width:
        return "a block may have another width because memory was short (see its entry in journal/)"
    return "the stored results are damaged, or this is a defect: please report it"
