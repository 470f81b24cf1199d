"""One firm on given series: closed forms, conservation, and a second simulation in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from supplyshock_kernels.backends.numba_cpu.firm import simulate_firm
from supplyshock_kernels.firm_outputs import FIRM_OUTCOMES, PER_INPUT
from supplyshock_kernels.params import Array
from supplyshock_kernels.params.firm import Firm
from support.firms import firm, markets, one_path

NAMES = [row.name for row in FIRM_OUTCOMES]


def outcomes(f: Firm, series: Array) -> dict[str, Array]:
    """(O, n) by name; of the inputs (O, I, n)."""
    x = simulate_firm(f, series).outcomes
    rest = x[:, len(NAMES) :].reshape(len(x), len(f.bill), len(PER_INPUT), -1)
    return dict(zip(NAMES, np.moveaxis(x, 1, 0)[: len(NAMES)], strict=True)) | {
        name: rest[:, :, r] for r, name in enumerate(PER_INPUT)
    }


def flat(weeks: int, n: int = 5, quote: float = 1.0, paid: float = 1.0, short: float = 0.0) -> Array:
    return np.broadcast_to(np.array([quote, paid, short], np.float32)[:, None, None], (3, weeks, n)).copy()


RICH: dict[str, Any] = {
    "inputs": 3,
    "options": 2,
    "start": np.array([[8, 4, 0], [13, 4, 2]]),
    "at_once": np.array([[0, 0, 0], [5, 0, -1]]),
    "power": [1, 0.5, 2],
    "most": [50, 50, 1.2],
    "contract": [0.5, 0.2, 0],
    "reset": [13, 4, 1],
    "fixed": [1.3, 1, 1],
    "fixed_until": [20, 0, 0],
    "second": [0, 0.2, 0],
    "premium": [0, 0.3, 0],
    "second_from": [0, 10, 0],
    "buy": np.array([[[0.0]] * 3, [[0.1], [0.0], [0.0]]]),
    "need": np.array([[[1.0]] * 3, [[0.7], [1.0], [1.0]]]),
    "once": [0, 2e5],
    "value": [3e5, 5e5],
    "share": np.array([[1, 0.4, 0], [0, 0.6, 1]]),
    "minimum": [0.2, 0.6],
    "restart": [1.5, 2],
    "bill": [1e4, 2e4, 3e3],
    "holding": 0.12 / 52,
}


def test_it_does_what_plain_python_does() -> None:
    f, series = firm(**RICH), markets(40, inputs=3)
    got = outcomes(f, series)
    stops = 0
    for o in range(2):
        for path in range(40):
            want = one_path(f, o, np.asarray(series[:, :, path], float))
            stops += want["stop_weeks"] > 0
            for name, value in want.items():
                np.testing.assert_allclose(
                    got[name][o, ..., path], value, rtol=2e-4, atol=60 if "usd" in name else 2e-4, err_msg=name
                )
    assert 10 < stops < 75, "the made-up markets test nothing"


def test_what_is_bought_is_used_or_left_and_no_stock_is_negative() -> None:
    f = firm(**RICH)
    got = outcomes(f, markets(500, inputs=3))
    start = f.options.start[:, :, None]
    np.testing.assert_allclose(start + got["bought"], got["used"] + got["left"], atol=2e-4)
    assert (got["left"] >= 0).all() and got["left"].min() < 0.01


def test_flat_prices_and_full_deliveries_cost_nothing_extra_to_the_last_bit() -> None:
    rich = RICH | {"premium": 0, "fixed": 1, "holding": 0, "once": 0}
    got = outcomes(firm(**rich), np.tile(flat(52), (3, 1, 1)))
    for name in ("extra_cost_usd", "lost_value_added_usd", "stock_gain_usd", "total_cost_usd", "stop_weeks"):
        assert (got[name] == 0).all(), name
    assert np.isnan(got["first_stop_week"]).all() and np.isnan(got["binding_input"]).all()


def test_a_stock_without_end_leaves_the_price_and_the_holding() -> None:
    f = firm(start=1e4, holding=0.12 / 52)
    got = outcomes(f, flat(52, quote=3.0, paid=3.0, short=1.0))
    assert (got["stop_weeks"] == 0).all() and (got["lost_value_added_usd"] == 0).all()
    left = 1e4 - np.arange(1, 53)
    np.testing.assert_allclose(got["holding_cost_usd"], 0.12 / 52 * 1e4 * 3 * left.sum(), rtol=1e-5)
    np.testing.assert_allclose(got["stock_gain_usd"], 1e4 * -52 * 2.0, rtol=1e-4)  # bought back at three times the base
    np.testing.assert_allclose(
        got["total_cost_usd"], got["holding_cost_usd"] + got["extra_cost_usd"] - got["stock_gain_usd"], rtol=1e-6
    )


@pytest.mark.parametrize(("last", "gain"), [(3.0, 0.2), (1.2, 0.2), (1.0, 0.0), (0.5, -0.5)])
def test_a_stock_that_is_only_held_gains_no_rise_of_the_price(last: float, gain: float) -> None:
    """Forty weeks of use bought at 1.2 and left over: worth no more than they cost, and less where the price fell."""
    series = flat(52, quote=1.2, paid=1.2)
    series[0, -1] = last
    stock = np.array([[0.0], [40.0]])
    got = outcomes(firm(options=2, start=stock, at_once=stock), series)
    np.testing.assert_allclose(got["left"][1], 40, rtol=1e-5)
    np.testing.assert_allclose(got["stock_gain_usd"][1], 1e4 * 40 * gain, rtol=1e-5, atol=1e-1)


@pytest.mark.parametrize("short", [0.0, 0.1, 0.5, 0.79])
def test_without_stock_a_line_loses_what_the_market_lacks(short: float) -> None:
    got = outcomes(firm(), flat(52, quote=2.0, short=short))
    np.testing.assert_allclose(got["lost_value_added_usd"], 1e6 * 52 * short, rtol=1e-5)
    np.testing.assert_allclose(got["extra_cost_usd"], 1e4 * 52 * (1 - short), rtol=1e-5)


def test_a_stock_of_s_weeks_lasts_s_over_the_shortage() -> None:
    """8 weeks, 40 % missing, minimum rate 100 %: 20 weeks of full rate, then it stands."""
    got = outcomes(firm(start=8, minimum=0.99), flat(52, short=0.4))
    assert (got["first_stop_week"] == 20).all()


def test_firms_that_cover_a_market_lack_what_it_lacks() -> None:
    """Four firms with a tenth to four tenths of the bloc's use, all of one priority, no stocks."""
    series, sizes = markets(200), np.array([0.1, 0.2, 0.3, 0.4])
    unmet = sum(share * (52 - outcomes(firm(most=1 / share, minimum=0.0), series)["used"][0, 0]) for share in sizes)
    np.testing.assert_allclose(unmet, series[2].sum(0), atol=1e-3)


def test_who_is_served_better_gets_no_more_than_there_is() -> None:
    fill = outcomes(firm(power=0.01, most=3.0, minimum=0.0), flat(1, short=0.8))["bought"][0, 0]
    np.testing.assert_allclose(fill, 0.6, rtol=1e-5)
    worse = outcomes(firm(power=2.0, minimum=0.0), flat(1, short=0.5))["bought"][0, 0]
    np.testing.assert_allclose(worse, 0.25, rtol=1e-5)


def test_a_line_restarts_after_its_weeks_and_stands_below_its_least_rate() -> None:
    series = flat(10)
    series[2, 3:5] = 0.9
    got = outcomes(firm(10, restart=1.5), series)
    assert (got["first_stop_week"] == 3).all() and (got["stop_weeks"] == 3).all()  # two weeks short, one of restart
    np.testing.assert_allclose(got["lost_value_added_usd"], 3.5e6, rtol=1e-6)


def test_a_contract_pays_the_price_of_its_last_reset() -> None:
    series = flat(26)
    series[1] = np.arange(26)[:, None] + 1
    series[0] = 5
    got = outcomes(firm(26, contract=1.0, reset=13), series)
    np.testing.assert_allclose(got["extra_cost_usd"], 1e4 * 13 * (0 + 13), rtol=1e-6)
    fixed = outcomes(firm(26, contract=1.0, reset=13, fixed=2.0, fixed_until=20), series)
    np.testing.assert_allclose(fixed["extra_cost_usd"], 1e4 * (20 * 1 + 6 * 20), rtol=1e-6)


def test_options_differ_through_what_they_name_alone() -> None:
    series = markets(300, inputs=3)
    both = outcomes(firm(**RICH), series)
    rich = {k: (v[:1] if isinstance(v, np.ndarray) and k != "share" else v) for k, v in RICH.items()}
    alone = outcomes(firm(**(rich | {"options": 1, "once": 0})), series)
    for name, x in alone.items():
        np.testing.assert_array_equal(x[0], both[name][0], err_msg=name)
        assert name == "stop_weeks" or not np.array_equal(both[name][0], both[name][1], equal_nan=True), name


@pytest.mark.parametrize("cuts", [(1, 299), (128, 172), (200, 100)])
def test_a_path_has_the_same_bits_in_any_company(cuts: tuple[int, int]) -> None:
    f, series = firm(**RICH), markets(300, inputs=3)
    whole = simulate_firm(f, series)
    parts = [simulate_firm(f, series[:, :, a:b]) for a, b in ((0, cuts[0]), (cuts[0], 300))]
    np.testing.assert_array_equal(whole.outcomes, np.concatenate([p.outcomes for p in parts], axis=2))
    for name in ("standing", "stock", "rate"):
        np.testing.assert_array_equal(getattr(whole, name), sum(getattr(p, name) for p in parts))


def test_counts_are_over_the_paths() -> None:
    f, series = firm(**RICH), markets(300, inputs=3)
    got = simulate_firm(f, series)
    assert (got.stock.sum(-1) == 300).all() and (got.rate.sum(-1) == 300).all()
    np.testing.assert_array_less(got.standing - 1, got.rate[..., 0])
    assert got.standing.sum() > 0
