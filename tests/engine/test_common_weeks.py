"""Weeks that scenarios have in common are simulated once, and no bit of a result says so."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from supplyshock.common.errors import StoreError
from supplyshock.execution import plan as planning
from supplyshock.execution.backend_selection import find_backend
from supplyshock.execution.plan import plan_run
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_request import RunRequest
from supplyshock.execution.shared_weeks import SharedWeeks
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock.store.common_weeks import LEAST, CommonWeeks
from supplyshock_kernels.backends import SPECS
from supplyshock_kernels.outputs import outcome_rows
from supplyshock_kernels.params import FIELDS, Grid, Params
from supplyshock_kernels.params.path_state import count_rows
from supplyshock_kernels.paused import Pausing
from support import worlds

WEEKS, EVENT, PATHS = 26, 19, 200
DATED = [key.removeprefix("schedule.") for key, field in FIELDS.items() if "time" in field.axes]


def from_week(params: Params, week: int, k: int = 1, field: str = "demand") -> Params:
    """The parameters with other values of a dated one from a week on."""
    array = getattr(params.schedule, field).copy()
    array[week:] = k if field == "regime" else 0.9 - 0.05 * k
    return worlds.change(params, "schedule", **{field: array})


def scenarios(*params: Params) -> list[Scenario]:
    """Named by number."""
    base = load_scenario("status_quo", {"weeks": params[0].weeks})
    return [replace(base, name=f"s{i}", params=p, digest=f"{i}") for i, p in enumerate(params)]


@pytest.fixture(scope="module")
def params() -> Params:
    return load_scenario("status_quo", {"weeks": WEEKS}).params


def simulated(*params: Params) -> int:
    return CommonWeeks.of(params).simulated


class TestWhatIsInCommon:
    def test_eight_that_differ_from_week_19_on(self) -> None:
        """The known answer of the issue."""
        year = load_scenario("status_quo").params
        common = CommonWeeks.of([from_week(year, 19, k) for k in range(8)])
        assert common.simulated == 19 + 8 * 85
        assert [(s.scenarios, s.start, s.stop) for s in common.all_stems] == [(tuple(range(8)), 0, 19)]
        plan = plan_run(RunRequest(scenarios(*(from_week(year, 19, k) for k in range(8))), 1000, backend="numba"))
        assert plan.path_weeks == 1000 * (19 + 8 * 85)

    @pytest.mark.parametrize("field", DATED)
    def test_every_dated_parameter_counts(self, params: Params, field: str) -> None:
        assert simulated(params, from_week(params, EVENT, field=field)) == EVENT + 2 * (WEEKS - EVENT)

    def test_a_difference_without_a_date_leaves_nothing(self, params: Params) -> None:
        """Negative control, with the smallest difference there is."""
        other = worlds.change(params, "policy", cross=np.nextafter(params.policy.cross, 9))
        assert simulated(params, other) == 2 * WEEKS
        assert simulated(params, from_week(params, 0)) == 2 * WEEKS
        assert simulated(params) == WEEKS

    def test_few_weeks_are_not_worth_it(self, params: Params) -> None:
        assert simulated(params, from_week(params, LEAST - 1)) == 2 * WEEKS
        assert simulated(params, from_week(params, LEAST)) == 2 * WEEKS - LEAST

    def test_pairs_within_a_group(self, params: Params) -> None:
        """0 and 3 part in week 20, 1 and 2 in week 15, the pairs in week 6; 4 has nothing in common."""
        early, other = from_week(params, 6), worlds.change(params, "policy", cross=0.5)
        common = CommonWeeks.of([params, early, from_week(early, 15, 2), from_week(params, 20), other])
        assert common.simulated == 6 + (20 - 6) + (15 - 6) + 2 * (WEEKS - 20) + 2 * (WEEKS - 15) + WEEKS
        assert common.depth == 2
        assert common.order == (0, 3, 1, 2, 4)

    def test_the_same_twice_goes_apart_before_the_end(self, params: Params) -> None:
        assert simulated(params, params) == WEEKS - 1 + 2

    def test_only_where_a_run_can(self, params: Params, monkeypatch: pytest.MonkeyPatch) -> None:
        both = scenarios(params, from_week(params, EVENT))
        assert plan_run(RunRequest(both, 100, backend="numba")).common is not None
        assert plan_run(RunRequest(both, 100, backend=SPECS["reference"].load())).common is None
        short = scenarios(params, *(from_week(params, 0, k) for k in range(1, 9)), from_week(params, 7))
        assert CommonWeeks.of([s.params for s in short]).depth > 0
        assert plan_run(RunRequest(short, 100, backend="numba")).common is None  # 7 of 260 weeks
        shared, alone = (plan_run(RunRequest(s, 20_000, backend="numba", threads=1)) for s in (both, both[:1]))
        monkeypatch.setattr(planning, "available_memory", lambda: shared.memory_bytes - 1)
        assert plan_run(RunRequest(both, 20_000, backend="numba", threads=1)).memory_bytes == alone.memory_bytes


def arrays(folder: Path, scenario: int) -> dict[str, np.ndarray]:
    """Everything that a run has of one scenario alone."""
    group = zarr.open_group(folder / "results.zarr", mode="r")
    names = [f"{part}/{name}" for part in ("outcomes", "paths", "summary") for name, _ in group[part].arrays()]
    stored = {name: group[name] for name in names}
    return {n: np.asarray(a[scenario]) for n, a in stored.items() if a.metadata.dimension_names[0] == "scenario"}


def check_same_as_alone(tmp_path: Path, some: Sequence[Scenario], **options: Any) -> None:
    run_scenarios(some, tmp_path / "all", progress="quiet", **options)
    for i, scenario in enumerate(some):
        run_scenarios([scenario], tmp_path / f"{i}", progress="quiet", **options)
        together, alone = arrays(tmp_path / "all", i), arrays(tmp_path / f"{i}", 0)
        assert len(alone) > 40
        for name, values in alone.items():
            assert together[name].tobytes() == values.tobytes(), name


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Path-weeks that numba simulates in calls that stop or go on."""
    spec, done = SPECS["numba"], []
    assert spec.load_pausing
    inner = spec.load_pausing()

    def pause(params: Params, grid: Grid, seed: int, paths: range, stop: int, since: Any) -> Any:
        done.append(len(paths) * (stop - (since.week if since else 0)))
        return inner.pause(params, grid, seed, paths, stop, since)

    def go_on(params: Params, grid: Grid, seed: int, paths: range, since: Any) -> Any:
        done.append(len(paths) * (params.weeks - since.week))
        return inner.go_on(params, grid, seed, paths, since)

    monkeypatch.setitem(SPECS, "numba", replace(spec, load_pausing=lambda: Pausing(pause, go_on)))
    return done


def fail_after_a_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk fails when the second scenario goes on from the common weeks."""
    spec = SPECS["numba"]
    assert spec.load_pausing
    inner, done = spec.load_pausing(), []

    def go_on(params: Params, grid: Grid, seed: int, paths: range, since: Any) -> Any:
        done.append(len(paths) > 1)
        if sum(done) > 1:
            raise OSError(errno.EIO, "Input/output error", "results.zarr")
        return inner.go_on(params, grid, seed, paths, since)

    monkeypatch.setitem(SPECS, "numba", replace(spec, load_pausing=lambda: Pausing(inner.pause, go_on)))


class TestRuns:
    @pytest.mark.parametrize("backend", ["numba", "reference"])
    def test_the_bits_of_each_alone(self, tmp_path: Path, params: Params, backend: str) -> None:
        """Also where every dated parameter changes: no week may look ahead."""
        every = params
        for field in DATED:
            every = from_week(every, EVENT, field=field)
        some = scenarios(params, every, from_week(params, EVENT, 3), from_week(params, 22), from_week(params, 0))
        check_same_as_alone(tmp_path, some, paths=PATHS, save_series=70, backend=backend, threads=2)

    @pytest.mark.thorough
    def test_in_double_precision(self, tmp_path: Path, params: Params) -> None:
        some = scenarios(params, from_week(params, EVENT))
        check_same_as_alone(tmp_path, some, paths=PATHS, save_series=9, backend="numba", precision="float64")

    @pytest.mark.parametrize("threads", [1, 2])
    def test_the_work_of_a_run(self, tmp_path: Path, params: Params, counted: list[int], threads: int) -> None:
        """Of many blocks on several threads, each common week is simulated once for each path."""
        some = scenarios(*(from_week(params, EVENT, k) for k in range(4)))
        report = run_scenarios(some, tmp_path / "run", paths=5000, backend="numba", threads=threads, progress="quiet")
        assert report.complete
        assert sum(counted) - 1 * WEEKS == 5000 * (EVENT + 4 * (WEEKS - EVENT))  # less the path that warms up

    def test_a_resumed_run(
        self, tmp_path: Path, params: Params, counted: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is done stays done; of the rest, common weeks are simulated once more, each scenario's own ones once."""
        some = scenarios(params, from_week(params, EVENT), from_week(params, EVENT, 2))
        options = {"paths": 50, "backend": "numba", "threads": 1, "progress": "quiet"}
        run_scenarios(some, tmp_path / "undisturbed", **options)
        with monkeypatch.context() as context:
            fail_after_a_scenario(context)
            with pytest.raises(StoreError):
                run_scenarios(some, tmp_path / "run", **options)
        counted.clear()
        report = run_scenarios(some, tmp_path / "run", **options)
        assert report.blocks_resumed == 1
        assert sum(counted) - 1 * WEEKS == 50 * (EVENT + 2 * (WEEKS - EVENT))  # less the path that warms up
        for scenario in range(3):
            undisturbed = arrays(tmp_path / "undisturbed", scenario)
            for name, values in arrays(tmp_path / "run", scenario).items():
                assert values.tobytes() == undisturbed[name].tobytes(), name


class TestWhatIsKept:
    @pytest.fixture
    def shared(self, params: Params) -> SharedWeeks:
        some = scenarios(*(from_week(params, EVENT, k) for k in range(3)))
        request = RunRequest(some, PATHS, backend="numba", threads=1)
        return SharedWeeks(plan_run(request), some, find_backend("numba"))

    def test_it_goes_with_the_last_who_asks(self, shared: SharedWeeks) -> None:
        for scenario in range(3):
            shared.observe(scenario, range(PATHS), Grid())
            assert len(shared._kept) == (scenario < 2)
        assert shared.spared == 2 * EVENT * PATHS

    def test_without_room_it_is_made_again(self, shared: SharedWeeks, params: Params) -> None:
        shared.room = 0
        for scenario in range(3):
            seen = shared.observe(scenario, range(PATHS), Grid())
            plain = SPECS["numba"].load()(shared.params[scenario], Grid(), shared.seed, range(PATHS))
            np.testing.assert_array_equal(seen.outcomes.view(np.uint32), plain.outcomes.view(np.uint32))
        assert shared.spared == 0
        assert not shared._kept

    def test_its_size_is_in_the_plan(self, shared: SharedWeeks, params: Params) -> None:
        """The plan counts a number for each row of the state and each total; numba keeps about as many."""
        shared.observe(0, range(128), Grid())
        (kept,) = shared._kept.values()
        assert kept.paused is not None
        planned = count_rows(params) + outcome_rows(params)[-1].stop
        assert 0.9 < kept.paused.memory.size / 128 / planned < 1.1
