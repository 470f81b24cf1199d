"""The registry of measures: one row per name, as data.

Every command, the accessor, precision targets, the back-test and the report read these rows.
"""

from __future__ import annotations

from collections.abc import Mapping

from supplyshock_kernels.outputs import NOT, OUTCOMES, SERIES, Outcome

from ...store.variables import LOG_WEIGHT_OUTCOME
from .measure_row import OUTCOME_AXES, WEEKLY_AXES, MeasureRow

_OUTCOMES = {o.name: o for o in (*OUTCOMES, LOG_WEIGHT_OUTCOME)}
_WEEKLY = {w.name: w for w in SERIES}
_OUTSIDE = {"bloc": "XC"}
_SHORT = (
    MeasureRow(
        name="loss", title="lost output", unit="bn USD", outcomes=("loss_usd_bn",), weekly="loss_usd_bn",
        weekly_unit="bn USD a week", reduction="total", gradient=True, example="loss:US,ev_auto",
        meaning="output lost along the chain over the run; all parties and sectors unless named",
    ),
    MeasureRow(
        name="loss_abroad", title="lost output abroad", unit="bn USD", outcomes=("loss_abroad_usd_bn",),
        example="loss_abroad:EU",
        meaning="output that the European Union, Japan, Korea and other economies lose along the chain over the run",
    ),
    MeasureRow(
        name="bill", title="price bill", unit="bn USD", outcomes=("price_bill_usd_bn",), gradient=True,
        example="bill:CN", meaning="extra cost of the inputs used through higher prices over the run",
    ),
    MeasureRow(
        name="substitution", title="cost of substitutes", unit="bn USD", outcomes=("substitution_usd_bn",),
        gradient=True, example="substitution:US",
        meaning="extra cost of what users take instead of an input because of its price, over the run",
    ),
    MeasureRow(
        name="cost", title="lost output, price bill and substitutes", unit="bn USD", example="cost:US", gradient=True,
        outcomes=("loss_usd_bn", "price_bill_usd_bn", "substitution_usd_bn"),
        meaning="loss, bill and substitutes together over the run",
    ),
    MeasureRow(
        name="quote", title="highest quote",
        weekly_title="quote", unit="x baseline", outcomes=("peak_price_ratio",), weekly="price_ratio",
        example="quote:Dy,CN", meaning="quoted price over its baseline: the highest of the run (peak) unless a time is "
        "named; outside China unless CN is named, and of the highest market unless one is",
    ),
    MeasureRow(
        name="paid", title="highest price paid",
        weekly_title="price paid", unit="x baseline", outcomes=("peak_paid_price_ratio",),
        weekly="paid_price_ratio", example="paid:Dy at week 26",
        meaning="price paid outside China over its baseline: the highest of the run (peak) unless a time is named",
    ),
    MeasureRow(
        name="short", title="ever short", unit="%", outcomes=("shortage_weeks",), rule="positive", example="short:Dy",
        meaning="probability of a week of shortage during the run",
    ),
    MeasureRow(
        name="shortage", title="weeks of shortage", unit="weeks", outcomes=("shortage_weeks",), example="shortage:Dy",
        meaning="weeks in shortage",
    ),
    MeasureRow(
        name="unmet", title="unmet use", unit="weeks of use", outcomes=("unmet_weeks_of_use",), gradient=True,
        example="unmet:Dy,CN", meaning="use that was not met over the run, in weeks of the bloc's baseline use",
    ),
    MeasureRow(
        name="first_plant", title="ever a first plant stopped", unit="%", outcomes=("first_plant_week",),
        rule="happened", folds=_OUTSIDE, example="first_plant:ev_auto",
        meaning="probability that the first plant of a sector stops in some week: over a hundredth of output is lost",
    ),
    MeasureRow(
        name="stop", title="weeks stopped", unit="weeks", outcomes=("stop_weeks",), example="stop:ev_auto",
        meaning="weeks in which a sector has lost over a tenth of its output; outside China unless CN is named",
    ),
    MeasureRow(
        name="stopped", title="ever stopped", unit="%", outcomes=("first_stop_week",), rule="happened",
        folds=_OUTSIDE, example="stopped:ev_auto",
        meaning="probability that a sector loses over a tenth of its output in some week",
    ),
    MeasureRow(
        name="deal", title="ever a deal", unit="%", outcomes=("deal_week",), rule="happened", example="deal",
        meaning="probability of a deal during the run",
    ),
    MeasureRow(
        name="rift", title="ever a rift", unit="%", outcomes=("rift_week",), rule="happened", example="rift",
        meaning="probability of a rift during the run",
    ),
    MeasureRow(
        name="regime", title="in the regime", unit="%", outcomes=("regime_end",), weekly="regime", rule="is",
        example="regime:escalation at week 26",
        meaning="probability of a regime: in the last week, or at the time named (before, after, from: in any week)",
    ),
    MeasureRow(
        name="ever", title="ever in the regime", unit="%", outcomes=("weeks_in_regime",), rule="positive",
        example="ever:truce", meaning="probability of a regime in some week of the run",
    ),
    MeasureRow(
        name="weeks", title="weeks in the regime", unit="weeks", outcomes=("weeks_in_regime",), example="weeks:truce",
        meaning="weeks in a regime",
    ),
    MeasureRow(
        name="tightenings", title="restrictions and replies", unit="number", outcomes=("actions",),
        only={"kind": ("restrict", "reply")}, example="tightenings:US",
        meaning="actions of a party that tighten a control",
    ),
    MeasureRow(
        name="relaxations", title="relaxations", unit="number", outcomes=("actions",), only={"kind": ("relax",)},
        example="relaxations:US", meaning="actions of a party that ease a control",
    ),
    MeasureRow(
        name="compute", title="advanced chips delivered to China", unit="x baseline", example="compute > 50 %",
        outcomes=("compute_delivered_ratio",), meaning="gated chips delivered to China over its baseline use",
    ),
    MeasureRow(
        name="hold", title="China's share of supply", unit="of supply", outcomes=("ex_china_supply_share",),
        rule="complement", example="hold:Nd", meaning="share of a market's supply made in China in the last week",
    ),
    MeasureRow(
        name="drawn", title="strategic stock drawn", unit="weeks of use", outcomes=("stock_drawn_weeks_of_use",),
        example="drawn:Dy", meaning="strategic stock drawn over the run, in weeks of use outside China",
    ),
    MeasureRow(
        name="exports", title="gated flow", unit="x baseline", weekly="export_ratio", reduction="mean",
        example="exports:Dy mean from 2026-10-07 to 2027-04-07",
        meaning="exports from China over their baseline (chips on a US list: deliveries to China); mean of the weeks",
    ),
    MeasureRow(
        name="lead_time", title="longest lead time", weekly_title="lead time", unit="weeks", weekly="lead_time_weeks",
        example="lead_time:leading_logic", meaning="weeks from order to delivery of a chip: the longest of the weeks",
    ),
    MeasureRow(
        name="peak_lead_week", title="week of the longest lead time", unit="weeks", weekly="lead_time_weeks",
        reduction="peak_week", difference=False, example="peak_lead_week:leading_logic",
        meaning="week, from 0, of the longest lead time of a chip",
    ),
    MeasureRow(
        name="stock", title="lowest stock",
        weekly_title="stock", unit="weeks", weekly="inventory_weeks", reduction="lowest",
        example="stock:Dy at week 26", meaning="inventory in weeks of the bloc's baseline use: the lowest of the weeks",
    ),
    MeasureRow(
        name="shortfall", title="largest shortfall", weekly_title="shortfall", unit="of use", weekly="shortage_ratio",
        example="shortfall:Dy at week 26", meaning="unmet share of wanted use in a week: the largest of the weeks",
    ),
    MeasureRow(
        name="control", title="highest control level",
        weekly_title="control level", unit="0 to 1", weekly="control_level",
        example="control:advanced_chips at week 26", meaning="level of a control list, 0 open to 1 closed",
    ),
    MeasureRow(
        name="wedge", title="quote outside over Chinese quote", unit="ratio", weekly="price_ratio", rule="ratio",
        reduction="mean", folds={"market": ""}, example="wedge:Sm at week 26",
        meaning="quote outside China over the quote in China, both over their baselines; mean of the weeks",
    ),
    MeasureRow(
        name="weekly_sd", title="weekly volatility", unit="log", weekly="price_ratio", reduction="weekly_sd",
        folds={"market": "", **_OUTSIDE}, example="weekly_sd:Nd,CN",
        meaning="standard deviation of weekly log returns of the quote",
    ),
    MeasureRow(
        name="monthly_sd", title="monthly volatility", unit="log", weekly="price_ratio", reduction="monthly_sd",
        folds={"market": "", **_OUTSIDE}, example="monthly_sd:Nd,CN",
        meaning="standard deviation of log returns of monthly mean quotes",
    ),
    MeasureRow(
        name="monthly_autocorrelation", title="monthly autocorrelation", unit="1", weekly="price_ratio",
        reduction="monthly_autocorrelation", folds={"market": "", **_OUTSIDE}, example="monthly_autocorrelation:Nd,CN",
        meaning="autocorrelation of log returns of monthly mean quotes, from one month to the next",
    ),
)  # fmt: skip


def unit_for_people(name: str, units: str) -> str:
    """``bn USD``, ``x baseline``, ``weeks`` for the units of a variable of the store."""
    if units == "1":
        return "x baseline" if name.endswith("_ratio") else "number" if name == "actions" else "1"
    return units.replace("1e9 USD", "bn USD").replace(" week-1", " a week")


def stored_row(name: str, units: str = "", long_name: str = "") -> MeasureRow:
    """The row of an outcome of the store, by its own name."""
    about = _OUTCOMES.get(name) or Outcome(name=name, axes=(), units="1", long_name=name.replace("_", " "))
    return MeasureRow(
        name=name,
        title=long_name or about.long_name,
        meaning=about.long_name,
        unit=unit_for_people(name, units or about.units),
        outcomes=(name,),
        weekly={"peak_week": "price_ratio"}.get(name, name if name in WEEKLY_AXES else ""),
        weekly_unit=unit_for_people(name, _WEEKLY[name].units) if name in WEEKLY_AXES else "",
        weekly_title=_WEEKLY[name].long_name if name in WEEKLY_AXES else "",
        reduction="peak_week" if name == "peak_week" else "total" if name == "loss_usd_bn" else "peak",
        folds={"market": "", "bloc": ""} if name == "peak_week" else {},
        difference=about.paired != NOT,
        example=_example(name, OUTCOME_AXES.get(name, ())),
    )


def weekly_row(name: str) -> MeasureRow:
    """The row of a weekly variable by its own name: its highest week unless the text names another reduction."""
    about = _WEEKLY[name]
    return MeasureRow(
        name=name,
        title=about.long_name,
        meaning=f"{about.long_name}: the highest of the weeks",
        unit=unit_for_people(name, about.units),
        weekly=name,
        difference=name != "regime",
        example=f"{_example(name, WEEKLY_AXES[name])} at week 26",
    )


_LABELS = {
    "market": "Dy", "bloc": "XC", "party": "US", "sector": "ev_auto", "regime": "truce", "kind": "restrict",
    "economy": "EU", "parameter": "parts", "chip": "leading_logic", "list": "advanced_chips",
}  # fmt: skip


def _example(name: str, axes: tuple[str, ...]) -> str:
    return f"{name}:{','.join(_LABELS[a] for a in axes)}" if axes else name


_TAKEN = {row.name for row in _SHORT} | set(OUTCOME_AXES)
REGISTRY: Mapping[str, MeasureRow] = {
    row.name: row
    for row in (
        *_SHORT,
        *(stored_row(name) for name in OUTCOME_AXES),
        *(weekly_row(name) for name in WEEKLY_AXES if name not in _TAKEN and name != "regime"),
    )
}
"""Every measure by name: short names first, then outcomes and weekly variables by their own names."""
SHORT = tuple(row.name for row in _SHORT)
"""Short names."""
