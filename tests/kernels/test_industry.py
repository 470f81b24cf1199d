"""Stocks on site: how long they last, what they cover, when they refill."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels.model import industry

F = np.float64


def weeks_until_loss(gap: float, missing: float, full: float, refill: float = 26.0) -> tuple[int, float]:
    """(first week with a loss, the loss ten weeks later)."""
    buffer, losses = F(full), []
    for _ in range(1000):
        lost, buffer = industry.run_down(F(gap), F(missing), buffer, F(full), F(refill))
        losses.append(float(lost))
        assert 0 <= buffer <= full
    first = next(i for i, x in enumerate(losses) if x > 1e-12)
    return first, losses[first + 10]


@pytest.mark.parametrize("gap", [1.0, 0.1, 0.001])
def test_a_stock_lasts_its_weeks_without_the_input_whatever_hangs_on_it(gap):
    first, later = weeks_until_loss(gap, 1.0, 12.0)
    assert first == 12
    assert later == pytest.approx(gap)


def test_it_lasts_longer_when_less_is_missing():
    assert weeks_until_loss(0.05, 0.5, 12.0)[0] == 24
    assert weeks_until_loss(0.05, 0.25, 12.0)[0] == 48


def test_a_stock_covers_a_part():
    lost, left = industry.run_down(F(0.4), F(0.8), F(0.2), F(5), F(26))
    assert lost == pytest.approx(0.4 * 0.75)
    assert left == 0


def test_it_refills_only_while_little_is_missing():
    for missing, refills in ((0.0, 1.0), (0.05, 0.5), (0.1, 0.0), (0.9, 0.0)):
        _, left = industry.run_down(F(0), F(missing), F(2), F(5), F(26))
        assert left == pytest.approx(2 - missing + 3 / 26 * refills)
    lost, left = industry.run_down(F(0), F(0), F(5), F(5), F(26))
    assert (lost, left) == (0, 5), "nothing is missing, nothing moves"


def test_missing_inputs_count_by_what_hangs_on_them():
    """One short input alone decides; two are weighed; none is none."""
    gaps, gone = np.array([0.3, 0.1]), np.array([0.8, 0.2])
    assert industry.at_risk((gaps * gone)[0], gaps[0]) == pytest.approx(0.8)
    assert industry.at_risk((gaps * gone).sum(), gaps.sum()) == pytest.approx(0.65)
    assert industry.at_risk(F(0), F(0)) == 0
    logs = [0.2, 0.0, np.log(0.4), -99.0]
    assert [float(industry.absent(F(x))) for x in logs] == pytest.approx([0, 0, 0.6, 0.999])
