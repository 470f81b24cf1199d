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
    np.testing.assert_allclose(np.exp(flows.drop_c), factor, rtol=1e-12)
    np.testing.assert_array_equal(flows.drop_x, 0)
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
