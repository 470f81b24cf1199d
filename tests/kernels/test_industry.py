"""Industry: whose use goes without, how long stocks last over a sector's plants, what substitutes cost."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from supplyshock.scenarios.model_inputs.world import rank_use
from supplyshock_kernels.model import demand, industry

F = np.float64


def run(gap: float, missing: float, mean: float, weeks: int, drawn: float = 0.0) -> tuple[list[float], float]:
    """(output lost by week, weeks drawn at the end)."""
    losses = []
    for _ in range(weeks):
        lost, drawn = industry.run_down(F(gap), F(missing), F(drawn), F(mean), F(26))
        losses.append(float(lost))
    return losses, float(drawn)


def test_plants_run_out_as_their_stocks_are_spread():
    """Log-logistic of shape 3 with the given mean, against SciPy's; a sector loses little by little."""
    mean = 12.0
    spread = stats.fisk(3, scale=mean / stats.fisk(3).mean())
    losses, _ = run(1.0, 1.0, mean, 48)
    assert losses == pytest.approx(spread.cdf(np.arange(1, 49)), abs=2e-6)
    assert np.log(spread.rvs(100_000, random_state=1)).std() == pytest.approx(0.6, abs=0.01)
    assert np.all(np.diff(losses) > 0)


@pytest.mark.parametrize("gap", [1.0, 0.1, 0.001])
def test_what_hangs_on_an_input_scales_the_loss_and_not_its_timing(gap):
    assert run(gap, 1.0, 12.0, 30)[0] == pytest.approx(gap * np.array(run(1.0, 1.0, 12.0, 30)[0]))


def test_stocks_last_longer_when_less_is_missing():
    half, whole = run(1.0, 0.5, 12.0, 40)[0], run(1.0, 1.0, 12.0, 20)[0]
    assert half[1::2] == pytest.approx(whole)


def test_a_stop_of_a_year_takes_nearly_all_and_its_draw_is_bounded():
    losses, drawn = run(1.0, 1.0, 5.0, 52)
    assert losses[-1] == pytest.approx(0.991, abs=0.001)
    assert drawn == pytest.approx(4 * 5.0)


def test_stocks_refill_only_while_little_is_missing():
    for missing, refills in ((0.0, 1.0), (0.05, 0.5), (0.1, 0.0), (0.9, 0.0)):
        _, drawn = industry.run_down(F(0), F(missing), F(3), F(5), F(26))
        assert drawn == pytest.approx(3 + missing - (3 + missing) / 26 * refills)
    assert industry.run_down(F(0), F(0), F(0), F(5), F(26)) == (0, 0), "nothing is missing, nothing moves"


def test_rounding_of_what_is_missing_stops_nobody():
    """In single precision a share met may be one less a unit in the last place, for years."""
    assert run(1.0, 6e-8, 3.0, 520)[0][-1] == 0


def test_a_sector_without_stocks_loses_at_once():
    assert run(0.3, 1.0, 0.0, 1)[0][0] == pytest.approx(0.3, rel=0.02)


def test_least_valuable_use_goes_without_first_and_nothing_is_lost_on_the_way():
    shares, ahead = np.array([0.5, 0.2, 0.3]), np.array([0.5, 0.3, 0.0])
    for missing in np.linspace(0, 1, 21):
        for alike in (0.0, 0.3, 1.0):
            went = industry.forgone(missing, ahead, industry.per_share(shares), alike)
            assert (shares * went).sum() == pytest.approx(missing)
            assert went[2] == pytest.approx(alike * missing + (1 - alike) * min(missing / 0.3, 1.0))
            assert went[0] == pytest.approx(alike * missing + (1 - alike) * max(missing - 0.5, 0.0) / 0.5)


def test_sectors_are_ranked_by_the_output_that_hangs_on_a_unit():
    at_stake = np.array([[10.0, 0.0], [1.0, 5.0], [9.0, 0.0]])
    share = np.array([[0.5, 0.4], [0.2, 0.6], [0.3, 0.0]])
    assert rank_use(at_stake, share) == pytest.approx(np.array([[0.2, 0.0], [0.0, 0.4], [0.7, 0.4]]))


def test_what_stands_still_never_takes_all_use_away():
    assert float(industry.running(F(0.25))) == 0.75
    assert float(industry.running(F(1.5))) == pytest.approx(0.05)


def test_cost_of_substitutes_is_the_area_under_the_demand_curve():
    """A known answer where those driven out leave evenly in log price; and near under the model's own curve."""
    p, used = F(2.0), F(0.4)
    even, _ = integrate.quad(lambda y: (np.exp(y) - 1) * 0.6 / 2.0, 0, 2.0)
    assert float(demand.substitution(used, F(1), p, np.exp(p), F(1))) == pytest.approx(even, rel=1e-9)

    eta, elasticity = 0.3, 0.2
    use = lambda y: np.exp(elasticity * (1 - np.exp(eta * y)) / eta)  # noqa: E731
    slope = lambda y: elasticity * np.exp(eta * y) * use(y)  # noqa: E731
    for dear in (0.1, 1.0, 2.0, 3.0, 4.0, 5.0):
        exact, _ = integrate.quad(lambda y: (np.exp(y) - 1) * slope(y), 0, dear)
        got = float(demand.substitution(F(use(dear)), F(1), F(dear), np.exp(F(dear)), F(1)))
        assert got == pytest.approx(exact, rel=0.4), dear


def test_no_cost_where_the_price_drives_nobody_out():
    for dear in (-1.0, 0.0, 1e-4):
        assert demand.substitution(F(1.2), F(1), F(dear), np.exp(F(dear)), F(1)) == 0
    assert demand.substitution(F(1.0), F(1), F(2), np.exp(F(2)), F(1)) == 0


def test_missing_inputs_count_by_what_hangs_on_them():
    """One short input alone decides; two are weighed; none is none."""
    gaps, gone = np.array([0.3, 0.1]), np.array([0.8, 0.2])
    assert industry.at_risk((gaps * gone)[0], gaps[0]) == pytest.approx(0.8)
    assert industry.at_risk((gaps * gone).sum(), gaps.sum()) == pytest.approx(0.65)
    assert industry.at_risk(F(0), F(0)) == 0
    logs = [0.2, 0.0, np.log(0.4), -99.0]
    assert [float(industry.absent(F(x))) for x in logs] == pytest.approx([0, 0, 0.6, 0.999])
