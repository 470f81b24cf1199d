"""Units and long names of the variables of a store; one row per quantity."""

from __future__ import annotations

from typing import NamedTuple


class VariableAttributes(NamedTuple):
    """What a variable means and in which unit."""

    units: str
    long_name: str


WEEKLY_NAMES = {
    "price_ratio": VariableAttributes("1", "quoted price (chips: broker price), ratio to its baseline"),
    "inventory_weeks": VariableAttributes("weeks", "inventory, weeks of the bloc's own baseline use"),
    "shortage_ratio": VariableAttributes("1", "unmet share of wanted use"),
    "paid_price_ratio": VariableAttributes(
        "1", "price paid outside China (volume-weighted; chips: contract price), ratio to baseline"
    ),
    "export_ratio": VariableAttributes(
        "1", "gated flow over its baseline: exports from China, or into China for chips on a US list"
    ),
    "lead_time_weeks": VariableAttributes("weeks", "lead time of a chip, order to delivery"),
    "loss_usd_bn": VariableAttributes("1e9 USD week-1", "output the party loses in the week, along the chain"),
    "control_level": VariableAttributes("1", "level of the control list, 0 open to 1 closed"),
    "regime": VariableAttributes("1", "regime of the negotiation, as an index"),
}

OUTCOME_NAMES = {
    "peak_price_ratio": VariableAttributes("1", "highest quoted price, ratio to its baseline"),
    "peak_week": VariableAttributes("weeks", "week of the highest quoted price, from 0"),
    "peak_paid_price_ratio": VariableAttributes("1", "highest price paid outside China, ratio to baseline"),
    "shortage_weeks": VariableAttributes("weeks", "weeks in shortage"),
    "unmet_weeks_of_use": VariableAttributes(
        "weeks", "use that was wanted and not met, weeks of the bloc's baseline use"
    ),
    "loss_usd_bn": VariableAttributes("1e9 USD", "output lost along the chain, in all weeks together"),
    "price_bill_usd_bn": VariableAttributes(
        "1e9 USD", "extra cost of inputs through higher prices, in all weeks together"
    ),
    "first_stop_week": VariableAttributes("weeks", "first week in which the sector stops, from 0; NaN: never"),
    "stop_weeks": VariableAttributes("weeks", "weeks in which the sector stands still"),
    "regime_end": VariableAttributes("1", "regime of the negotiation in the last week, as an index"),
    "weeks_in_regime": VariableAttributes("weeks", "weeks in the regime"),
    "deal_week": VariableAttributes("weeks", "first week of a deal, from 0; NaN: never"),
    "rift_week": VariableAttributes("weeks", "first week of a rift, from 0; NaN: never"),
    "actions": VariableAttributes("1", "number of actions of the party"),
    "ex_china_supply_share": VariableAttributes("1", "share of supply made outside China in the last week"),
    "supply_concentration": VariableAttributes(
        "1", "concentration of supply over sources in the last week (Herfindahl index)"
    ),
    "compute_delivered_ratio": VariableAttributes(
        "1", "gated chips delivered to China over its baseline use, mean over the weeks"
    ),
    "stock_drawn_weeks_of_use": VariableAttributes(
        "weeks", "strategic stock drawn, weeks of baseline use outside China"
    ),
    "theta": VariableAttributes("1", "uncertain parameter of the path, as drawn"),
    "log_weight": VariableAttributes("1", "logarithm of what the path counts in a mean over paths"),
}

AXIS_NAMES = {
    "scenario": "scenario",
    "pair": "difference of two scenarios on the same path",
    "time": "first day of the week; values are those of the week that begins on it",
    "quantile": "probability of the quantile, over all paths",
    "market": "market: an element or a chip segment",
    "chip": "chip segment",
    "bloc": "bloc: China or the rest of the world",
    "party": "party: China or the United States",
    "sector": "industrial sector",
    "list": "control list",
    "regime": "regime of the negotiation",
    "kind": "kind of action",
    "parameter": "uncertain parameter",
    "source": "source of supply",
}


def weekly_name(name: str) -> VariableAttributes:
    """Units and long name of a weekly quantity."""
    return WEEKLY_NAMES.get(name) or plain(name)


def outcome_name(name: str) -> VariableAttributes:
    """Units and long name of a per-path outcome."""
    return OUTCOME_NAMES.get(name) or plain(name)


def plain(name: str) -> VariableAttributes:
    """The best guess for a quantity that has no row yet: units from the ending of its name."""
    endings = {"_weeks": "weeks", "_week": "weeks", "_usd_bn": "1e9 USD", "_usd_bn_year": "1e9 USD year-1"}
    units = next((u for ending, u in endings.items() if name.endswith(ending)), "1")
    return VariableAttributes(units, name.replace("_", " "))
