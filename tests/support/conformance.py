"""What every backend promises; subclass once per backend (see test_conformance.py).

The result for a path depends only on (params, seed, path index): never on the block it came in, nor on what
else was asked for. Equal means equal to the last bit.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from supplyshock_kernels import backends
from supplyshock_kernels.outputs import FIXED_POINT, MAX_BLOCK, Observed, Stats, outcome_rows, series_rows, weekly_rows
from supplyshock_kernels.params import Grid, Params
from supplyshock_kernels.params.path_state import locate_parts, part_of
from supplyshock_kernels.statistics import bin_starts
from support import worlds

SEED = 20260701
PATHS = 200
WEEKS = 40
LONGER = 104
"""The horizon of the shipped scenarios, on which backends are compared: JAX compiles one program for both."""


def same(a: np.ndarray, b: np.ndarray) -> None:
    """Equal to the last bit, NaN to NaN."""
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(a.view(np.uint32), b.view(np.uint32))


def merged(parts: list[Stats]) -> list[np.ndarray]:
    """Sums of the integers of statistics; counts in 64 bits."""
    fields = ("paths", "total", "square", "regime", "histogram")
    return [sum(np.asarray(getattr(s, f)).astype(np.int64) for s in parts) for f in fields]


def started_from(params: Params, ensemble: np.ndarray) -> Params:
    """The parameters with an ensemble of states that paths draw their start from."""
    return params._replace(initial=params.initial._replace(members=ensemble, drawn=np.float64(1)))


class Conformance:
    """Tests of one backend in one precision; `backend` names it."""

    backend = ""
    precision = "float32"
    normals = "box_muller"
    most = MAX_BLOCK
    """Paths of one call."""

    @pytest.fixture(scope="class")
    @classmethod
    def params(cls) -> Params:
        return worlds.status_quo(WEEKS)

    @classmethod
    def run(cls, params: Params, paths: range, keep: int = 10**9, seed: int = SEED) -> Observed:
        return backends.get(cls.backend)(params, Grid(cls.precision, cls.normals, keep), seed, paths)

    @pytest.fixture(scope="class")
    @classmethod
    def whole(cls, params: Params) -> Observed:
        return cls.run(params, range(PATHS))

    def test_shapes(self, params, whole):
        assert whole.outcomes.shape == (outcome_rows(params)[-1].stop, PATHS)
        assert whole.series.shape == (series_rows(params)[-1].stop, WEEKS, PATHS)
        assert whole.outcomes.dtype == whole.series.dtype == np.float32
        assert whole.stats.histogram.dtype == np.uint16
        assert whole.stats.total.dtype == whole.stats.square.dtype == np.int64

    def test_again(self, params, whole):
        other = self.run(params, range(PATHS))
        same(other.outcomes, whole.outcomes)
        same(other.series, whole.series)

    def test_split_at_any_week(self, params, whole):
        """A run that stops after some weeks and goes on from its state has the bits of the one that does not."""
        first = self.go_on(params, range(17))
        second = self.go_on(params, range(17, WEEKS), first.state)
        same(first.series, np.ascontiguousarray(whole.series[:, :17]))
        same(second.series, np.ascontiguousarray(whole.series[:, 17:]))
        np.testing.assert_array_equal(second.state, self.go_on(params, range(WEEKS)).state)

    @classmethod
    def go_on(cls, params: Params, weeks: range, state: np.ndarray | None = None) -> Observed:
        grid = Grid(cls.precision, cls.normals, keep=10**9, state=True)
        return backends.get(cls.backend)(part_of(params, weeks, state), grid, SEED, range(PATHS))

    @pytest.mark.parametrize("stops", [(1,), (17,), (5, 6, WEEKS - 1)])
    def test_paused_paths_go_on(self, params, whole, stops):
        """Paths that stop and go on, twice from the same pause, have outcomes, series and sums of those that do not."""
        spec = backends.SPECS[self.backend]
        if spec.load_pausing is None:
            pytest.skip("the backend does not pause paths")
        pausing, since = spec.load_pausing(), None
        call = params, Grid(self.precision, self.normals, 10**9), SEED, range(PATHS)
        for stop in stops:
            since = pausing.pause(*call, stop, since)
        assert not since.stats.total[stops[-1] :].any()
        for _ in range(2):
            after = pausing.go_on(*call, since)
            same(after.outcomes, whole.outcomes)
            same(after.series, whole.series)
            assert (after.stats.paths, after.clipped) == (PATHS, whole.clipped)
            for mine, theirs in zip(after.stats[1:], whole.stats[1:], strict=True):
                np.testing.assert_array_equal(mine, theirs)
        with pytest.raises(ValueError, match="weeks to simulate"):
            pausing.pause(*call, since.week, since)

    def test_members(self, params, whole):
        """Paths draw members of an ensemble evenly, each the same one in any company; what a member lacks is rest."""
        at_rest = self.go_on(params, range(1)).state
        place = {p.part.name: p for p in locate_parts(params)}
        nothing = np.full((3, len(at_rest)), np.nan)
        ensemble = nothing.copy()
        ensemble[:, place["pain.0"].start] = (0.0, 1.0, 2.0)
        grid = Grid(self.precision, self.normals, state=True)
        run = backends.get(self.backend)
        first = part_of(started_from(params, ensemble), range(1))
        state = run(part_of(started_from(params, nothing), range(1)), grid, SEED, range(PATHS)).state
        # a compiler may round a known start otherwise than one that is read: XLA folds the constants of the former
        np.testing.assert_allclose(state, at_rest, rtol=1e-5, atol=1e-6)
        after = run(first, grid, SEED, range(PATHS)).state
        member = np.rint((after - state)[place["pain.0"].start] / (1 - 1 / params.industry.pain_weeks))
        assert set(member) == {0.0, 1.0, 2.0}
        assert np.bincount(member.astype(int)).min() > PATHS / 3 - 5 * np.sqrt(PATHS * 2 / 9)  # one in 3e6 fails
        np.testing.assert_array_equal(after[:, member == 0], state[:, member == 0])  # it brings what rest has
        alone = run(first, grid, SEED, range(137, 138)).state
        np.testing.assert_array_equal(alone[:, 0], after[:, 137])

    def test_numbers_in_any_order(self, params, whole):
        """A call by single numbers has the paths of those numbers, one of them beyond 32 bits."""
        run, numbers = backends.get(self.backend), np.array([137, 5, 2**40 + 9, 64, 5], np.uint64)
        grid = Grid(self.precision, self.normals, keep=4, state=True)
        some = run(params, grid, SEED, numbers)
        assert some.series.shape[2] == 4
        assert some.stats.paths == 5
        for place, path in enumerate(numbers.tolist()):
            alone = run(params, grid._replace(keep=2**41), SEED, range(path, path + 1))
            same(np.ascontiguousarray(some.outcomes[:, place]), alone.outcomes[:, 0])
            np.testing.assert_array_equal(some.state[:, place], alone.state[:, 0])
            if place < 4:
                same(np.ascontiguousarray(some.series[:, :, place]), alone.series[:, :, 0])
        same(np.ascontiguousarray(some.outcomes[:, 0]), np.ascontiguousarray(whole.outcomes[:, 137]))

    def test_some_go_on_from_their_states(self, params, whole):
        """Each of some numbers takes the state at its own place, and has the rest of the unsplit path."""
        run, numbers = backends.get(self.backend), np.array([137, 5, 64], np.uint64)
        grid = Grid(self.precision, self.normals, keep=3, state=True)
        first = run(part_of(params, range(17)), grid, SEED, numbers)
        second = run(part_of(params, range(17, WEEKS), first.state), grid, SEED, numbers)
        rest = np.ascontiguousarray(whole.series[:, 17:, numbers.astype(int)])
        same(second.series, rest)
        mixed = run(part_of(params, range(17, WEEKS), first.state[:, ::-1]), grid, SEED, numbers)
        assert (mixed.series != rest).any()  # another's state gives another path

    @pytest.mark.parametrize("path", [0, 63, 64, 137, 199])
    def test_a_path_alone(self, params, whole, path):
        alone = self.run(params, range(path, path + 1))
        same(alone.outcomes[:, 0], whole.outcomes[:, path])
        same(alone.series[:, :, 0], whole.series[:, :, path])

    @pytest.mark.parametrize("cuts", [(1, 64, 65, 130), (33, 66, 99)])
    def test_partitions(self, params, whole, cuts):
        """Odd blocks give the same paths, and statistics that add up to the same integers."""
        ends = [0, *cuts, PATHS]
        parts = [self.run(params, range(a, b)) for a, b in pairwise(ends)]
        same(np.concatenate([o.outcomes for o in parts], axis=1), whole.outcomes)
        same(np.concatenate([o.series for o in parts], axis=2), whole.series)
        for a, b in zip(merged([o.stats for o in parts]), merged([whole.stats]), strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize("keep", [0, 64, 150])
    def test_keep(self, params, whole, keep):
        """What is kept changes nothing else; `keep` counts path indices, not places in the block."""
        some = self.run(params, range(PATHS), keep)
        same(some.outcomes, whole.outcomes)
        same(some.series, whole.series[:, :, :keep])
        later = self.run(params, range(50, 120), keep)
        kept = max(min(keep, 120) - 50, 0)
        same(later.series, whole.series[:, :, 50 : 50 + kept])
        for a, b in zip(merged([some.stats]), merged([whole.stats]), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_a_longer_run_begins_the_same(self, params, whole):
        """The horizon does not change a path's random numbers."""
        longer = self.run(worlds.status_quo(LONGER), range(70))
        same(longer.series[:, :WEEKS], whole.series[:, :, :70])

    def test_seed(self, params, whole):
        for seed in (SEED + 1, SEED + 2**32, 0):
            other = self.run(params, range(PATHS), 0, seed)
            theta = worlds.outcome(params, other.outcomes, "theta")
            assert (theta != worlds.outcome(params, whole.outcomes, "theta")).mean() > 0.9

    def test_paths_beyond_32_bits(self, params):
        far = self.run(params, range(2**32 - 1, 2**32 + 2))
        again = self.run(params, range(2**32, 2**32 + 1))
        same(far.outcomes[:, 1], again.outcomes[:, 0])
        near = self.run(params, range(3))
        assert not np.array_equal(far.outcomes[:, 1], near.outcomes[:, 0], equal_nan=True)
        assert len(np.unique(worlds.outcome(params, far.outcomes, "theta")[0])) == 3

    def test_scenarios_share_their_luck(self, params, whole):
        """Another world, another horizon: the same draws of the uncertain parameters, path by path."""
        harder = worlds.forced(worlds.status_quo(LONGER), {"ree_2025_04": 1.0, "magnets_2025_04": 1.0, "ga_ge": 1.0})
        other = self.run(worlds.change(harder, "initial", regime=2), range(PATHS), 0)
        theta = worlds.outcome(params, whole.outcomes, "theta")
        same(worlds.outcome(harder, other.outcomes, "theta"), theta)
        assert not np.array_equal(other.outcomes, whole.outcomes, equal_nan=True)

    def test_parameters_are_left_alone(self, params):
        before = [np.array(v, copy=True) for group in params for v in group]
        self.run(params, range(3))
        for old, new in zip(before, (v for group in params for v in group), strict=True):
            np.testing.assert_array_equal(old, new)

    def test_statistics_are_those_of_the_series(self, params, whole):
        """Counts, sums and regimes are exactly those of the kept paths."""
        rows, s = weekly_rows(params)[-1].stop, whole.stats
        assert s.paths == PATHS
        x = whole.series[:rows]
        scaled = x * np.float32(FIXED_POINT)
        np.testing.assert_array_equal(np.rint(scaled).astype(np.int64).sum(-1).T, s.total)
        np.testing.assert_array_equal(np.rint(x * scaled).astype(np.int64).sum(-1).T, s.square)
        regime = worlds.weekly(params, whole.series, "regime")
        np.testing.assert_array_equal(np.stack([(regime == r).sum(-1) for r in range(6)], -1), s.regime)
        start = bin_starts(params)
        counts = np.add.reduceat(s.histogram.astype(np.int64), start[:-1], axis=1)
        np.testing.assert_array_equal(counts, PATHS)

    def test_only_dates_may_be_missing(self, params, whole):
        dated = ("deal_week", "rift_week", "first_plant_week", "first_stop_week")
        for row in outcome_rows(params):
            values = whole.outcomes[row.start : row.stop]
            assert row.name in dated or np.isfinite(values).all(), row.name
        assert np.isfinite(whole.series).all()

    def test_refuses(self, params):
        for paths in (range(0), range(self.most + 1)):
            with pytest.raises(ValueError, match=f"paths of one call: expected 1 to {self.most}, got {len(paths)}"):
                self.run(params, paths)
