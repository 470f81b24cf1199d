"""The suites, as classes that airspeed velocity (asv) can run too: `params`, `setup`, `time_*`, `teardown`.

A case is a class, a combination of its parameters and a method. `work` is how much one call does, in market-steps or
in megabytes, so that a time becomes a rate.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from supplyshock_kernels import backends
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import FIELDS, Grid, Params, cast, require_shapes

from ..analysis.open_run import open_run
from ..common.machine_limits import usable_cores
from ..execution.backend_selection import find_backend, recorded_backend
from ..execution.block_runner import BlockRunner
from ..execution.run import run_scenarios
from ..execution.run_request import RunRequest
from ..execution.session import prepare
from ..scenarios.scenario import Scenario, load_scenario
from ..store.partition import BLOCK

SEED = 1


class Case:
    """Base of every suite."""

    params: tuple[Any, ...] = ()
    """Values of each parameter."""
    param_names: tuple[str, ...] = ()
    unit = "market-steps"
    timeout = 600.0
    """Seconds, for asv."""

    def setup(self, *values: Any) -> None:
        """Before the first call; not timed."""

    def teardown(self, *values: Any) -> None:
        """After the last one."""

    def work(self, *values: Any) -> float:
        """Units of work in one call."""
        raise NotImplementedError


def _steps(params: Params, paths: int) -> float:
    return float(paths * params.weeks * len(params.markets.group))


class Kernels(Case):
    """One call of a backend on one thread, statistics included."""

    params = (("numba float32", "numba float64", "reference float32", "jax float32"),)
    param_names = ("kernel",)
    PATHS: ClassVar[dict[str, int]] = {"numba": 8192, "reference": 2048, "jax": 4096}

    def setup(self, kernel: str) -> None:
        """Loads the scenario and the backend. Raises `NotImplementedError`, which skips, without JAX."""
        self.backend, precision = kernel.split()
        try:
            self.simulate = backends.get(self.backend)
        except ImportError as e:
            raise NotImplementedError(f"{self.backend} is not installed") from e
        self.grid = Grid(precision, device="cpu")
        self.scenario = load_scenario("status_quo").params

    def time_call(self, kernel: str) -> None:
        """Simulates."""
        self.simulate(self.scenario, self.grid, SEED, range(self.PATHS[self.backend]))

    def work(self, kernel: str) -> float:
        """See `Case`."""
        return _steps(self.scenario, self.PATHS[self.backend])


class Threads(Case):
    """numba calls side by side."""

    params = (tuple(sorted({1, 2, usable_cores()})),)
    param_names = ("threads",)
    PATHS = 8192

    def setup(self, threads: int) -> None:
        """Loads the scenario."""
        self.scenario, self.simulate = load_scenario("status_quo").params, backends.get("numba")

    def time_calls(self, threads: int) -> None:
        """A call on each thread."""
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._one, range(threads)))

    def _one(self, i: int) -> Observed:
        return self.simulate(self.scenario, Grid(), SEED, range(i * self.PATHS, (i + 1) * self.PATHS))

    def work(self, threads: int) -> float:
        """See `Case`."""
        return _steps(self.scenario, threads * self.PATHS)


class Weeks(Case):
    """numba on horizons of many lengths."""

    params = ((13, 52, 104, 520),)
    param_names = ("weeks",)
    STEPS = 416_000
    """Path-weeks."""

    def setup(self, weeks: int) -> None:
        """Loads the scenario."""
        self.scenario = load_scenario("status_quo", {"weeks": weeks}).params

    def time_call(self, weeks: int) -> None:
        """Simulates."""
        backends.get("numba")(self.scenario, Grid(), SEED, range(self.STEPS // weeks))

    def work(self, weeks: int) -> float:
        """See `Case`."""
        return _steps(self.scenario, self.STEPS // weeks)


class Markets(Case):
    """numba with fewer markets: the last ones of the materials are left out."""

    params = ((8, 16, 26),)
    param_names = ("markets",)
    PATHS = 8192

    def setup(self, markets: int) -> None:
        """Cuts the parameters."""
        self.scenario = fewer_markets(load_scenario("status_quo").params, markets)

    def time_call(self, markets: int) -> None:
        """Simulates."""
        backends.get("numba")(self.scenario, Grid(), SEED, range(self.PATHS))

    def work(self, markets: int) -> float:
        """See `Case`."""
        return _steps(self.scenario, self.PATHS)


def fewer_markets(params: Params, markets: int) -> Params:
    """The same world at rest without the last of its materials, and none made from others; chips stay. For timing only:
    shares are as they were."""
    total, materials = len(params.markets.group), params.n_materials
    keep = np.r_[0 : materials - (total - markets), materials:total]

    def cut(key: str, value: Any) -> Any:
        for at, axis in enumerate(FIELDS[key].axes):
            if axis == "market":
                value = np.ascontiguousarray(np.take(value, keep, at))
        return value

    few = Params(**{
        group: fields._replace(**{name: cut(f"{group}.{name}", x) for name, x in fields._asdict().items()})
        for group, fields in params._asdict().items()
    })  # fmt: skip
    few = few._replace(
        recipes=few.recipes._replace(**{n: a[:0] for n, a in few.recipes._asdict().items()}),
        initial=few.initial._replace(members=few.initial.members[:0, :0]),
    )
    require_shapes(few)  # loops write as far as the longest array says
    return few


class _InFolder(Case):
    """A suite that writes."""

    def setup(self, *values: Any) -> None:
        """Makes a folder."""
        self.folder = Path(tempfile.mkdtemp(prefix="supplyshock-bench-"))
        self.calls = 0

    def teardown(self, *values: Any) -> None:
        """Removes it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def next(self) -> Path:
        """An empty folder for each call; the previous one is removed."""
        shutil.rmtree(self.folder / str(self.calls), ignore_errors=True)
        self.calls += 1
        return self.folder / str(self.calls)


class EndToEnd(_InFolder):
    """Whole runs: plan, simulate, store, summarise, differences; within this process."""

    params = ((1_000, 100_000), (1, 3))
    param_names = ("paths", "scenarios")
    NAMES = ("status_quo", "swap_deal", "breakdown")

    def setup(self, paths: int, scenarios: int) -> None:
        """Loads the scenarios."""
        super().setup()
        self.scenarios = [load_scenario(name) for name in self.NAMES[:scenarios]]

    def time_run(self, paths: int, scenarios: int) -> None:
        """Runs into a new folder."""
        run_scenarios(
            self.scenarios, self.next(), paths=paths, seed=SEED, save_series=min(paths, 1000), progress="quiet"
        )

    def work(self, paths: int, scenarios: int) -> float:
        """See `Case`."""
        return scenarios * _steps(self.scenarios[0].params, paths)


class Scenarios(_InFolder):
    """Runs of many scenarios on the same paths."""

    params = ((1, 2, 4, 8),)
    param_names = ("scenarios",)
    PATHS = 16_384

    def setup(self, scenarios: int) -> None:
        """Makes scenarios that differ in name and in one number."""
        super().setup()
        self.scenarios = [_renamed(load_scenario("status_quo"), i) for i in range(scenarios)]

    def time_run(self, scenarios: int) -> None:
        """Runs into a new folder."""
        run_scenarios(self.scenarios, self.next(), paths=self.PATHS, seed=SEED, progress="quiet")

    def work(self, scenarios: int) -> float:
        """See `Case`."""
        return scenarios * _steps(self.scenarios[0].params, self.PATHS)


def _renamed(scenario: Scenario, i: int) -> Scenario:
    return replace(scenario, name=f"{scenario.name}_{i}", digest=f"{i:064x}")


class Workers(_InFolder):
    """A run by several processes: their start counts."""

    params = ((1, 2),)
    param_names = ("workers",)
    PATHS = 200_000

    def setup(self, workers: int) -> None:
        """Loads the scenario."""
        super().setup()
        self.scenarios = [load_scenario("status_quo")]

    def time_run(self, workers: int) -> None:
        """Runs into a new folder."""
        run_scenarios(self.scenarios, self.next(), paths=self.PATHS, seed=SEED, workers=workers, progress="quiet")

    def work(self, workers: int) -> float:
        """See `Case`."""
        return _steps(self.scenarios[0].params, self.PATHS)


class Store(_InFolder):
    """Blocks of 32,768 paths into the store and back, without the model: megabytes of float32."""

    unit = "MB"
    PATHS = 32_768

    def setup(self) -> None:
        """Simulates a block once, prepares a run and writes it once, to be read."""
        super().setup()
        scenario, numba = load_scenario("status_quo"), find_backend("numba", "cpu")
        block = numba.simulate(scenario.params, Grid(), SEED, range(self.PATHS))
        canned = recorded_backend(numba.name, numba.device, _returning(block))
        request = RunRequest(
            [scenario], self.PATHS, SEED, save_series=0, backend=backends.DEFAULT, device="cpu", threads=1
        )
        folder = prepare(self.folder / "run", request, numba)
        self.blocks, self.size = BlockRunner(folder, canned), block.outcomes.nbytes / 1e6
        self.unit_of_work = next(u for u in folder.plan.units(0) if u.kind == BLOCK)
        self.time_write()

    def time_write(self) -> None:
        """Outcomes and exact sums of a block, put on disk and entered."""
        self.blocks.make(self.unit_of_work)

    def time_read(self) -> None:
        """All outcomes of the block."""
        tree = open_run(self.folder / "run", partial=True)
        for values in tree["outcomes"].to_dataset().data_vars.values():
            values.values  # noqa: B018

    def work(self) -> float:
        """See `Case`."""
        return self.size


def _returning(block: Observed) -> Callable[..., Observed]:
    def simulate(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
        cast(params, grid.precision)
        return block

    return simulate


SUITES: dict[str, tuple[type[Case], ...]] = {
    "kernels": (Kernels,),
    "scaling": (Threads, Weeks, Markets, Scenarios, Workers),
    "store": (Store,),
    "end-to-end": (EndToEnd,),
}
