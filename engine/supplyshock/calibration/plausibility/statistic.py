"""Statistics that are compared: forward scenarios and the record both have them."""

from __future__ import annotations

from typing import NamedTuple

CALM = "hindcast_calm"
"""The scenario in which nobody acts."""


class Statistic(NamedTuple):
    """A number of a scenario that history has as well."""

    name: str
    title: str
    unit: str
    """``log``, ``%`` or ``a year``."""
    scenario: str = "status_quo"
    """Which scenario is judged by it."""


STATISTICS = (
    Statistic("moves_sd_china", "13-week log moves of quotes in China (La, Ce, Pr, Nd; monthly means): SD", "log"),
    Statistic("moves_up_china", "the same moves: above +25 %", "%"),
    Statistic("moves_down_china", "the same moves: below -20 %", "%"),
    Statistic("moves_sd_outside", "13-week log moves of quotes outside (Dy, La, Nd, Pr, Tb), no news: SD", "log", CALM),
    Statistic("quote_10x", "a quote of a material outside rises tenfold within two years", "%"),
    Statistic("quote_dy_5x", "the quote of Dy outside rises fivefold within two years", "%"),
    Statistic(
        "exports_stop", "exports of two materials fall below 15 % of normal in the same four weeks, in two years", "%"
    ),
    Statistic("list_closed", "a Chinese control list rises to .9 or above, in two years", "%"),
    Statistic("plant_stops_cars", "a first car plant outside China stops, in two years", "%"),
    Statistic("truce_26", "a truce lasts 26 weeks", "%"),
    Statistic("truce_52", "a truce lasts 52 weeks", "%"),
    Statistic("acts_china", "weeks with an action of China", "a year"),
    Statistic("acts_us", "weeks with an action of the United States", "a year"),
)
YEARS = 2.0
"""Horizon of the probabilities."""
MOVE_UP, MOVE_DOWN = 1.25, 0.8
CLOSED = 0.9
"""Level of a control list, or severity of an action, that counts as closing it."""
STOPPED, STOPPED_WEEKS, STOPPED_TOGETHER = 0.15, 4, 2
"""Share of normal exports, for how long, and of how many materials at once, that counts as a stop: a list holds
several, and trade of a single small market stops for other reasons."""
