"""At which value of leverage a side refuses a swap: known answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from supplyshock.studies.reservation import (
    best_taken,
    find_reservation,
    reservation_rows,
    reservation_sentences,
    reservation_value,
    swaps_of,
    taken,
    widest,
)
from support.command import invoke, is_one_clear_line, said

SHARES = np.array([0.0, 0.5, 1.0])


def bargain(gain_us: np.ndarray, gain_cn: np.ndarray, hold: float = 0.002) -> xr.Dataset:
    """A square in which the United States' concession gives China 10 points of compute, China's some hold."""
    zero = np.zeros((3, 3))
    gains = np.stack([gain_us, gain_cn])
    product = np.where((gains > 0).all(0), gains.prod(0), 0.0)
    per_market = (("market", "china", "us"), (hold * SHARES[:, None] + zero)[None])
    return xr.Dataset(
        {
            "gain": (("party", "china", "us"), gains),
            "gain_se": (("party", "china", "us"), 0 * gains),
            "nash": (("china", "us"), (product == product.max()) & (product > 0)),
            "compute_change": (("china", "us"), 0.1 * SHARES[None] + zero),
            "hold_change": per_market,
            "hold_change_se": (per_market[0], 0 * per_market[1]),
            "is_material": ("market", [True]),
            "value_usd_bn_week": ("market", [1.0]),
        },
        {"china": SHARES, "us": SHARES, "party": ["US", "CN"], "market": ["Dy"]},
        {"weeks": 104},
    )


ONES = np.ones((3, 3))
US = 4 * SHARES[:, None] * ONES  # what China concedes is worth 4 bn USD to the United States
CN = 9 * SHARES[None] * ONES


def test_a_gain_over_what_is_given() -> None:
    np.testing.assert_allclose(reservation_value(np.array([4.0, 2.0]), np.array([10.0, 10.0])), [0.4, 0.2])
    assert reservation_value(np.array([1.0]), np.array([0.0]))[0] == np.inf  # nothing given: never refused
    assert reservation_value(np.array([-1.0]), np.array([10.0]))[0] == 0  # nothing gained: always refused


def test_the_values_of_a_known_square() -> None:
    reservation = find_reservation(bargain(US, CN))
    swaps = reservation.swaps
    assert len(swaps.us) == 4  # a gift is no swap
    whole, cheap = 3, int(np.flatnonzero((swaps.china == 1) & (swaps.us == 0.5))[0])
    assert reservation.compute[whole] == pytest.approx(4 / 10)
    assert reservation.compute[cheap] == pytest.approx(4 / 5)
    assert widest(reservation) == cheap
    assert reservation.hold[whole] == pytest.approx(4 / 0.2)
    assert taken(swaps, 0.39, 0.0)[whole] and not taken(swaps, 0.41, 0.0)[whole]
    assert taken(swaps, 0.2, 9.9)[whole] and not taken(swaps, 0.2, 10.1)[whole]  # 4 - 2 = 2 bn left for .2 points


def test_without_a_value_the_best_swap_is_the_nash_point() -> None:
    swaps = swaps_of(bargain(US, CN))
    best = best_taken(swaps, 0.0, 0.0)
    assert best is not None and (swaps.china[best], swaps.us[best]) == (1.0, 1.0)
    dear = best_taken(swaps, 0.7, 0.0)
    assert dear is not None and (swaps.china[dear], swaps.us[dear]) == (1.0, 0.5)
    assert best_taken(swaps, 0.9, 0.0) is None


def test_higher_values_leave_fewer_swaps() -> None:
    reservation = find_reservation(bargain(US, CN))
    assert (np.diff(reservation.number, axis=0) <= 0).all() and (np.diff(reservation.number, axis=1) <= 0).all()
    assert reservation.number[0, 0] == 4 and reservation.number[-1, 0] == 0
    rows = reservation_rows(reservation)
    assert rows[0]["compute_value"] == 0 and rows[0]["swaps"] == 4
    assert rows[-1]["swaps"] == 0  # at the highest limit itself the gain is used up


def test_sentences() -> None:
    said = " ".join(reservation_sentences(bargain(US, CN)))
    assert "Over 2 years" in said and "400 M USD" in said and "800 M USD a point" in said
    assert "0.2 points higher" in said
    nash = "The Nash point: China exempts 100 %, the United States 100 %. The United States refuses it once a point of "
    assert f"{nash}China's compute is worth more than 400 M USD." in said
    free = bargain(US, CN).assign(compute_change=0 * bargain(US, CN)["compute_change"])
    assert "costs no compute" in " ".join(reservation_sentences(free))
    said = " ".join(reservation_sentences(bargain(US - 9 * SHARES[None] * ONES, CN)))
    assert "even if China's compute is worth nothing" in said or "No swap" in said
    assert "No swap" in reservation_sentences(bargain(-US, CN))[0]


def test_the_command_asks_over_other_horizons_too(tmp_path: Path) -> None:
    small = ("--grid", 2, "--paths", 40, "--weeks", 12, "--backend", "reference", "--out", tmp_path / "b")
    done = invoke("bargain", *small, "--horizons", "1")
    assert done.exit_code == 0, done.output
    assert "by more than two errors in" in done.stdout and done.stdout.count("swaps left: both concede") == 2
    assert "ver 1 year" in done.stdout and "a point of compute is worth" in done.stdout
    assert xr.open_zarr(tmp_path / "b" / "1_years" / "bargain.zarr").attrs["weeks"] == 52
    assert (tmp_path / "b" / "reservation.png").is_file()
    for wrong in ("x", "0.5", "2,30"):
        answer = invoke("bargain", *small, "--horizons", wrong)
        assert answer.exit_code == 2 and is_one_clear_line(answer) and "from 1 to 20" in said(answer)
