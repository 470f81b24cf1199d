"""Reservation values: the value of leverage at which a side would refuse a swap.

The gains of a swap leave out what China's compute and China's hold on materials are worth to either side, and nobody
knows that. So it is not assumed: for every swap the value is found at which the gain is used up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from supplyshock_kernels.params import Array

from .bargain_summary import nash_at, world_hold

if TYPE_CHECKING:
    import xarray as xr

POINTS = 41
"""Values along each axis of the map."""


class Swaps(NamedTuple):
    """Every pair of concessions on both sides, flat over (china, us)."""

    china: Array
    us: Array
    """Exempted shares."""
    gain_us: Array
    gain_cn: Array
    """bn USD over the horizon."""
    gain_us_se: Array
    compute: Array
    """% points that China's compute rises."""
    hold: Array
    """% points that China's hold on materials rises by the end."""


def swaps_of(bargain: xr.Dataset) -> Swaps:
    """The cells of a bargain in which both sides concede something."""

    def flat(x: Any) -> Array:
        return np.asarray(x.transpose("china", "us").to_numpy(), np.float64)[1:, 1:].ravel()

    shares = bargain["china"].to_numpy()[1:], bargain["us"].to_numpy()[1:]
    china, us = np.meshgrid(*shares, indexing="ij")
    gain, se = bargain["gain"], bargain["gain_se"]
    return Swaps(
        china=china.ravel(),
        us=us.ravel(),
        gain_us=flat(gain.sel(party="US")),
        gain_cn=flat(gain.sel(party="CN")),
        gain_us_se=flat(se.sel(party="US")),
        compute=100 * flat(bargain["compute_change"]),
        hold=100 * flat(world_hold(bargain)[0]),
    )


def reservation_value(gain: Array, given: Array) -> Array:
    """The value of a point at which a gain is used up: 0 without a gain, infinity where nothing is given.

    Parameters
    ----------
    gain : (N,) array
        bn USD over the horizon.
    given : (N,) array
        % points of leverage that the swap costs.

    Returns
    -------
    (N,) array
        bn USD a point.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(given > 0, gain / given, np.inf)
    return np.where(gain > 0, value, 0.0)


def taken(swaps: Swaps, compute_value: float, hold_value: float) -> Array:
    """(N,) whether both sides take each swap.

    The United States gives up China's compute and China's hold at these values (bn USD a point); China is content with
    its gain: opening leaves it a larger hold, not a smaller one.
    """
    net = swaps.gain_us - compute_value * swaps.compute - hold_value * swaps.hold
    mine: Array = (net > 0) & (swaps.gain_cn > 0)
    return mine


def best_taken(swaps: Swaps, compute_value: float, hold_value: float) -> int | None:
    """The swap with the largest product of net gains; None if no swap is taken."""
    net = swaps.gain_us - compute_value * swaps.compute - hold_value * swaps.hold
    product = np.where(taken(swaps, compute_value, hold_value), net * swaps.gain_cn, -np.inf)
    best = int(np.argmax(product))
    return best if np.isfinite(product[best]) else None


class Reservation(NamedTuple):
    """The reservation values of a bargain."""

    swaps: Swaps
    compute: Array
    """(N,) bn USD a point of China's compute at which the United States refuse, if hold is worth nothing."""
    hold: Array
    """(N,) the same of a point of China's hold, if compute is worth nothing."""
    compute_values: Array
    hold_values: Array
    """(POINTS,) axes of the map."""
    number: Array
    """(POINTS, POINTS) swaps that both take, by value of compute and of hold."""


def find_reservation(bargain: xr.Dataset) -> Reservation:
    """Reservation values of every swap, and how many swaps are left at each pair of values."""
    swaps = swaps_of(bargain)
    both = swaps.gain_cn > 0
    compute, hold = (np.where(both, reservation_value(swaps.gain_us, x), 0.0) for x in (swaps.compute, swaps.hold))
    axes = [_axis(x) for x in (compute, hold)]
    number = np.array([[taken(swaps, v, w).sum() for w in axes[1]] for v in axes[0]])
    return Reservation(swaps, compute, hold, axes[0], axes[1], number)


def _axis(values: Array) -> Array:
    """From 0 to a fifth beyond the last value at which a swap is refused."""
    finite = values[np.isfinite(values)]
    return np.linspace(0.0, 1.2 * max(float(finite.max(initial=0.0)), 1e-3), POINTS)


def widest(reservation: Reservation) -> int | None:
    """The swap that survives the highest value of compute; None if both sides take none."""
    return int(np.argmax(reservation.compute)) if (reservation.compute > 0).any() else None


def reservation_rows(reservation: Reservation) -> list[dict[str, float]]:
    """A row for each of a few beliefs on what a point of compute is worth: how many swaps are left, and the best."""
    limits = reservation.compute[np.isfinite(reservation.compute) & (reservation.compute > 0)]
    beliefs = (
        [0.0, *((1 + 1e-9) * float(np.quantile(limits, q)) for q in (0.25, 0.5, 0.75, 1.0))] if len(limits) else [0.0]
    )
    rows = []
    for value in beliefs:
        left, best = taken(reservation.swaps, value, 0.0), best_taken(reservation.swaps, value, 0.0)
        row = {"compute_value": value, "swaps": float(left.sum())}
        if best is not None:
            row |= {"china": float(reservation.swaps.china[best]), "us": float(reservation.swaps.us[best])}
        rows.append(row)
    return rows


def reservation_sentences(bargain: xr.Dataset) -> list[str]:
    """What a minister could read out."""
    reservation = find_reservation(bargain)
    best, swaps, years = widest(reservation), reservation.swaps, float(bargain.attrs["weeks"]) / 52
    over = f"over {years:.3g} {'year' if years == 1 else 'years'}"
    if best is None:
        return [f"No swap leaves both better off {over}, whatever leverage is worth."]
    whole = len(swaps.us) - 1
    limit = reservation.compute[whole]
    said = (
        f"refuses the whole swap as soon as a point of China's compute is worth more than {_money(limit)} to it"
        if limit > 0
        else "refuses the whole swap even if China's compute is worth nothing to it"
    )
    lines = [
        f"{over[0].upper()}{over[1:]}, the United States {said}.",
        f"The swap that survives the most: China exempts {100 * swaps.china[best]:.0f} % of its gated trade, the "
        f"United States {100 * swaps.us[best]:.0f} %. It holds up to {_money(reservation.compute[best])} a point.",
    ]
    lines += _of_nash(bargain)
    grows = swaps.hold[whole]
    if grows >= 0:
        lines.append(
            f"China gives up no hold: its share of material supply ends {grows:.2g} points higher than without the "
            f"swap, for others build less. The United States refuses this best swap once such a point is worth more "
            f"than {_money(reservation.hold[best])}."
        )
    return lines


def _of_nash(bargain: xr.Dataset) -> list[str]:
    """At which value the United States refuses the Nash point; nothing if there is none."""
    at = nash_at(bargain)
    if at is None:
        return []
    cell = bargain.isel(china=at[0], us=at[1])
    given = 100 * float(cell["compute_change"])
    value = float(reservation_value(np.array(float(cell["gain"].sel(party="US"))), np.array(given)))
    refused = (
        f"The United States refuses it once a point of China's compute is worth more than {_money(value)}"
        if np.isfinite(value)
        else "It costs no compute, so no value of compute makes the United States refuse it"
    )
    shares = f"China exempts {100 * float(cell['china']):.0f} %, the United States {100 * float(cell['us']):.0f} %"
    return [f"The Nash point: {shares}. {refused}."]


def _money(bn: float) -> str:
    return "any sum" if np.isinf(bn) else f"{1000 * bn:,.0f} M USD" if bn < 1 else f"{bn:,.1f} bn USD"
