"""Chips answer their price, closed forms of one week."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from supplyshock_kernels.backends.array_program import markets
from supplyshock_kernels.model import chips
from support import worlds


def one_week(**changed: Any) -> tuple[Any, Any, Any, Any]:
    """(what `chips.step` took of leading logic at rest, its buyer in China, its makers, coefficients) for a trial."""
    p = worlds.quiet(1)
    taken: list[Any] = []

    class Keep:
        def __getattr__(self, name: str) -> Any:
            return getattr(chips, name)

        def step(self, *given: Any) -> Any:
            taken.append(given)
            return chips.step(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markets, "chips", Keep())
        list(worlds.walk(p, 1, range(2)))
    c, x, mc, mx, g, params = taken[0]
    return (c._replace(**changed), x), (mc, mx), g, params


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
def test_use_answers_the_contract_price(ratio: float) -> None:
    """Need is use times the price to the minus elasticity, and what price takes away is not missed."""
    (c, x), makers, g, params = one_week()
    dear = c._replace(contract=c.contract + np.log(ratio))
    *_, flows = chips.step(dear, x, *makers, g, params)
    factor = ratio**-params.use_elasticity
    np.testing.assert_allclose(flows.need_c, g.use_c * factor, rtol=1e-12)
    area = g.use_c * (1 - factor) * ((ratio - 1) / np.log(ratio) - 1) if ratio > 1 else 0 * g.use_c
    np.testing.assert_allclose(flows.substitution_c, area, rtol=1e-12)
    np.testing.assert_array_equal(flows.substitution_x, 0)
    assert flows.left_c.min() > 1 - 1e-12


def test_what_is_missing_is_missing_at_any_price() -> None:
    """Negative control: without stock and deliveries inputs are missing, dear or not."""
    (c, x), makers, g, params = one_week()
    bare = c._replace(contract=c.contract + np.log(3.0), stock=0 * c.stock, book_c=0 * c.book_c, book_x=0 * c.book_x)
    *_, flows = chips.step(bare, x, *makers, g, params)
    np.testing.assert_array_equal(flows.left_c, 0)


def test_contracts_move_with_the_volatility_of_sales() -> None:
    (c, _), _, g, params = one_week()
    params = params._replace(sigma_contract=0.5)
    moved = [
        chips.prices(c, 2 * g.lead, 0 * g.lead, 1.0, g._replace(volatility=v), params)[1] for v in (0.0, 0.01, 0.02)
    ]
    np.testing.assert_allclose(moved[0], 0)
    np.testing.assert_allclose(moved[2], 2 * moved[1], rtol=1e-12)
    np.testing.assert_allclose(moved[1], 0.01 * (params.contract_gain + 0.5), rtol=1e-12)


def test_a_gate_lets_panic_pass_as_far_as_the_world_panics() -> None:
    """Requests beyond the open share of a flow that the world's fear has lengthened pass for a vanishing part."""
    rate, flow, open_ = 1.2, 1.0, 0.5
    assert chips.passed(rate, flow, open_) == pytest.approx(0.5 + 0.7 / 256)
    assert chips.passed(rate, 1.6 * flow, open_) == pytest.approx(0.8 + 0.4 / 256)
    assert chips.passed(rate, flow, 1.0) == pytest.approx(rate)


def test_a_gate_leaks_at_a_price() -> None:
    """What comes through is a share of what the gate withholds, from the makers' finished stock, and none at rest."""
    (c, x), (mc, mx), g, params = one_week()
    gate = g._replace(open_xc=0.4 + 0 * g.open_xc)
    dear = c._replace(broker=c.broker + np.log(2.0))
    *_, level = chips.step(c, x, mc, mx, gate, params)
    *_, without = chips.step(dear, x, mc, mx, gate, params._replace(leakage=0.0))
    _, _, _, maker, flows = chips.step(dear, x, mc, mx, gate, params)
    np.testing.assert_array_equal(level.ship_xc, without.ship_xc)
    grey = params.leakage * np.log(2.0) * 0.6 * g.flow_xc * g.use_c / (g.flow_cc + g.flow_xc)
    np.testing.assert_allclose(flows.ship_xc - without.ship_xc, grey, rtol=1e-9)
    out = mx.assembly / g.assembly
    np.testing.assert_allclose(maker.finished, mx.finished + out - flows.ship_xc - flows.ship_xx, rtol=1e-12)


def test_no_price_opens_a_gate() -> None:
    """At most half of what is withheld leaks, and nothing through an open gate."""
    params = worlds.quiet(1).chip
    assert chips.grey(99.0, 1.0, 0.25, params) == pytest.approx(0.5 * 0.75)
    assert chips.grey(99.0, 1.0, 1.0, params) == 0
    assert chips.grey(-1.0, 1.0, 0.0, params) == 0


def test_parts_with_one_maker_are_missing_whatever_is_in_stock() -> None:
    """With full stocks a closed gate still takes the sole-sourced share; none does where every part has two makers."""
    (c, x), makers, g, params = one_week()
    rich, shut = x._replace(stock=50 * x.stock), g._replace(open_cx=0 * g.open_cx, open_xx=0.5 * g.open_xx)
    behind = 1 - (x.share_c * 0 + (1 - x.share_c) * 0.5 * g.open_xx)
    for sole in (0.0, 0.2):
        *_, flows = chips.step(c, rich, *makers, shut, params._replace(sole_share=sole))
        assert (1 - flows.left_x <= sole).all()
        np.testing.assert_allclose(1 - flows.left_x, sole * behind, atol=0.05 * sole)
    *_, flows = chips.step(c, rich, *makers, g, params)
    np.testing.assert_allclose(flows.left_x, 1, atol=1e-9)


def test_what_stands_still_orders_no_chips() -> None:
    """Two fifths of China's use stand still: need, forecast and orders fall, and nothing is missing or replaced."""
    (c, x), makers, g, params = one_week()
    runs, *_, usual = chips.step(c, x, *makers, g, params)
    rests, other, _, _, flows = chips.step(c, x, *makers, g._replace(running_c=0.6 + 0 * g.running_c), params)
    np.testing.assert_allclose(flows.need_c, 0.6 * usual.need_c, rtol=1e-12)
    np.testing.assert_allclose(flows.need_x, usual.need_x, rtol=1e-12)
    assert (rests.forecast < runs.forecast).all()
    assert (rests.book_c + rests.book_x < runs.book_c + runs.book_x).all()
    assert (rests.accustomed == runs.accustomed).all()
    assert other.stock.min() > 0
    assert flows.left_c.min() > 1 - 1e-12
    np.testing.assert_array_equal(flows.substitution_c, 0)


def idle(params: Any) -> tuple[Any, Any]:
    """(greatest share of a material's use, of a chip's, that is not wanted in the last of 26 weeks)."""
    *_, (_, state, shown) = worlds.walk(params, 1, range(8))
    assert shown.lost.max() > 0.05
    rest = 1 - state.running
    return rest[: params.n_materials].max(), rest[params.n_materials :].max()


def test_only_want_of_materials_idles_the_use_of_chips() -> None:
    """Plants without magnets order no chips. Negative control: plants without chips go on to order them, though they
    need no materials."""
    p = worlds.change(worlds.quiet(26), "sectors", buffer=0.1 * worlds.scenario().params.sectors.buffer)
    stopped = []
    for sources in (slice(0, 14), slice(14, 20)):
        output = p.schedule.availability.copy()
        output[:, sources] = 0.0
        stopped.append(worlds.change(p, "schedule", availability=output))
    ores, fabs = (idle(q) for q in stopped)
    assert min(ores) > 0.05
    assert fabs[0] > 0.05
    assert fabs[1] == 0
