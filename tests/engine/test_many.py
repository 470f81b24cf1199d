"""Many scenarios reduced to means: exact, whatever the blocks and threads."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock.common.errors import UsageError
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.studies.batch_simulation import GROUPS, simulate_many
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Grid
from support.synthetic import scenario, simulate

PATHS = 5000
SCENARIOS = [scenario(shift=s).params for s in (0.0, 0.1, -0.2)]


def measure(observed: Observed) -> np.ndarray:
    """A level, its square, and one that is not finite where the level is high."""
    x = observed.outcomes[0].astype(float)
    return np.stack([x, x * x, np.where(x > 10.05, np.nan, x)], axis=1)


def direct() -> list[np.ndarray]:
    return [measure(simulate(p, Grid(), 3, range(PATHS))) for p in SCENARIOS]


def test_means_errors_and_paired_differences_are_those_of_the_paths() -> None:
    means = simulate_many(SCENARIOS, measure, SimulationSettings(PATHS, seed=3, backend=simulate))
    values = direct()
    for i, x in enumerate(values):
        gap = (x - values[0])[:, :2]
        x = x[:, :2]
        assert np.allclose(means.mean[i, :2], x.mean(0), rtol=1e-6)
        assert np.allclose(means.se[i, :2], x.std(0, ddof=1) / PATHS**0.5, rtol=1e-5)
        assert np.allclose(means.difference[i, :2], gap.mean(0), atol=1e-6)
        assert np.allclose(means.difference_se[i, :2], gap.std(0, ddof=1) / PATHS**0.5, atol=1e-6)
        for g in (0, 7, GROUPS - 1):
            assert np.allclose(means.groups[i, g, :2], gap[g::GROUPS].mean(0), atol=1e-6)
    assert (means.difference[0] == 0).sum() == 3
    assert means.difference_se[1, 1] < 0.1 * means.se[1, 1]  # pairing pays


def test_a_measure_that_is_not_finite_somewhere_has_no_mean() -> None:
    means = simulate_many(SCENARIOS, measure, SimulationSettings(PATHS, seed=3, backend=simulate))
    assert np.isnan(means.mean[1, 2])  # its largest values are above the bound
    assert np.isfinite(means.mean[[0, 2], 2]).all()


@pytest.mark.parametrize(("call", "threads"), [(PATHS, 4), (999, 1), (1024, 3), (64, 2)])
def test_blocks_and_threads_change_no_bit(call: int, threads: int) -> None:
    expected = simulate_many(SCENARIOS, measure, SimulationSettings(PATHS, seed=3, backend=simulate, threads=1))
    means = simulate_many(
        SCENARIOS, measure, SimulationSettings(PATHS, seed=3, backend=simulate, threads=threads, call=call)
    )
    for a, b in zip(expected, means, strict=True):
        assert a.tobytes() == b.tobytes()


def test_another_seed_is_other_luck() -> None:
    one, other = (
        simulate_many(SCENARIOS[:1], measure, SimulationSettings(PATHS, seed=s, backend=simulate)) for s in (3, 4)
    )
    assert one.mean[0, 0] != other.mean[0, 0]


def test_only_a_few_blocks_of_the_first_scenario_are_held() -> None:
    """Memory must not grow with the paths: the first scenario is computed once a block, and let go."""
    calls: list[tuple[float, range]] = []

    def counted(params: object, grid: Grid, seed: int, paths: range) -> Observed:
        calls.append((float(params.material.eta), paths))  # type: ignore[attr-defined]
        return simulate(params, grid, seed, paths)  # type: ignore[arg-type]

    simulate_many(SCENARIOS, measure, SimulationSettings(PATHS, seed=3, backend=counted, call=500, threads=2))
    made = [c for c in calls if len(c[1]) > 1]
    assert len(made) == len(set(made)) == 3 * 10


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="--paths"):
        simulate_many(SCENARIOS, measure, SimulationSettings(0, backend=simulate))


def test_an_error_in_a_block_is_raised() -> None:
    def broken(observed: Observed) -> np.ndarray:
        if observed.outcomes.shape[1] > 1:
            raise ZeroDivisionError
        return observed.outcomes[:1].T

    with pytest.raises(ZeroDivisionError):
        simulate_many(SCENARIOS, broken, SimulationSettings(PATHS, backend=simulate))
