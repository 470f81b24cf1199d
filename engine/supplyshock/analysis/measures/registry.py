"""The registry of measures: one row per name, as data.

Every command, the accessor, precision targets, the back-test and the report read these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from supplyshock_kernels.outputs import OUTCOMES, SERIES_ONLY, WEEKLY

from ...store.variable_attributes import outcome_name, weekly_name
from ...store.variables import UNPAIRED

Rule = Literal["value", "positive", "happened", "complement", "is", "ratio"]
"""What becomes of the number: itself; whether it is above 0, or finite (100 or 0 %); 1 less it; whether it is the
index of the label (100 or 0 %); outside China over China."""
Reduction = Literal[
    "peak", "lowest", "mean", "total", "peak_week", "weekly_sd", "monthly_sd", "monthly_autocorrelation"
]
"""What becomes of the weeks of a window."""

NO_WORD = ("peak_week", "weekly_sd", "monthly_sd", "monthly_autocorrelation")
"""Reductions of a row of their own, which no word in the text replaces."""
EVENTS = ("positive", "happened", "is")
"""Rules that give 100 where something happens on a path and 0 elsewhere, so that the mean is a probability in %."""

OUTCOME_AXES: Mapping[str, tuple[str, ...]] = {o.name: o.axes for o in OUTCOMES}
WEEKLY_AXES: Mapping[str, tuple[str, ...]] = {**{w.name: w.axes for w in WEEKLY}, **dict(SERIES_ONLY)}

FOLDS: Mapping[str, Mapping[str, str]] = {
    "loss_usd_bn": {"party": "sum", "sector": "sum"},
    "price_bill_usd_bn": {"party": "sum"},
    "actions": {"party": "sum", "kind": "sum"},
    "peak_price_ratio": {"market": "max", "bloc": "XC"},
    "peak_paid_price_ratio": {"market": "max"},
    "shortage_weeks": {"market": "max", "bloc": "XC"},
    "unmet_weeks_of_use": {"market": "max", "bloc": "XC"},
    "stop_weeks": {"sector": "max", "bloc": "XC"},
    "price_ratio": {"market": "max", "bloc": "XC"},
    "paid_price_ratio": {"market": "max"},
    "shortage_ratio": {"market": "max", "bloc": "XC"},
    "inventory_weeks": {"bloc": "XC"},
}
"""What becomes of an axis without a label: the sum, the highest, or one label. Other axes need a label."""

NEVER = ("first_stop_week", "deal_week", "rift_week")
"""Outcomes that are NaN on a path on which they never happen; in all others NaN is a value that is missing."""


@dataclass(frozen=True, kw_only=True)
class MeasureRow:
    """One measure: what it reads, how it reduces axes and weeks, and what may be asked of it."""

    name: str
    title: str
    """A noun phrase for tables."""
    meaning: str
    unit: str
    """For people."""
    outcomes: tuple[str, ...] = ()
    """Outcomes of the store that are added up; empty for what only the weekly series have."""
    weekly: str = ""
    """Weekly variable that a time reads; empty where there is none."""
    weekly_unit: str = ""
    """Of one week, where it differs from `unit`."""
    weekly_title: str = ""
    """Of weeks that the text names, where it differs from `title`."""
    reduction: Reduction = "peak"
    """Of a window of weeks, unless the text names another."""
    rule: Rule = "value"
    folds: Mapping[str, str] = field(default_factory=dict)
    """By axis, where they differ from `FOLDS`."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By axis: the labels that count, which are summed."""
    difference: bool = True
    """Whether the mean difference of two scenarios means something."""
    gradient: bool = False
    """Whether the mean has a derivative by a parameter."""
    example: str = ""

    def axes(self, variable: str, weekly: bool) -> tuple[str, ...]:
        """Axes of a variable that it reads."""
        return (WEEKLY_AXES if weekly else OUTCOME_AXES).get(variable, ())

    @property
    def labels(self) -> tuple[str, ...]:
        """Axes that a label may name, in the order of the store."""
        if self.rule == "is":
            return ("regime",)
        tables = [self.axes(v, False) for v in self.outcomes] or [self.axes(self.weekly, True)]
        common = [a for a in tables[0] if all(a in t for t in tables[1:])]
        return tuple(a for a in common if a not in self.only and not (self.rule == "ratio" and a == "bloc"))

    def fold(self, variable: str, axis: str) -> str:
        """``sum``, ``max``, a label, or nothing where a label is needed."""
        return self.folds.get(axis, FOLDS.get(variable, {}).get(axis, ""))

    @property
    def needed(self) -> tuple[str, ...]:
        """Axes that a label has to name."""
        variable = self.outcomes[0] if self.outcomes else self.weekly
        return tuple(a for a in self.labels if not self.fold(variable, a))

    @property
    def never(self) -> bool:
        """NaN says that it never happened on a path."""
        return any(v in NEVER for v in self.outcomes)

    @property
    def has_mean(self) -> bool:
        """A mean over paths means something: the index of a regime has none."""
        return not {*self.outcomes, self.weekly} & {"regime_end", "regime"} or self.rule == "is"


_OUTSIDE = {"bloc": "XC"}
_SHORT = (
    MeasureRow(
        name="loss", title="lost output", unit="bn USD", outcomes=("loss_usd_bn",), weekly="loss_usd_bn",
        weekly_unit="bn USD a week", reduction="total", gradient=True, example="loss:US,ev_auto",
        meaning="output lost along the chain over the run; all parties and sectors unless named",
    ),
    MeasureRow(
        name="bill", title="price bill", unit="bn USD", outcomes=("price_bill_usd_bn",), gradient=True,
        example="bill:CN", meaning="extra cost of inputs through higher prices over the run",
    ),
    MeasureRow(
        name="cost", title="lost output and price bill", unit="bn USD", gradient=True, example="cost:US",
        outcomes=("loss_usd_bn", "price_bill_usd_bn"), meaning="loss and bill together over the run",
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
        name="stop", title="weeks of standstill", unit="weeks", outcomes=("stop_weeks",), example="stop:ev_auto",
        meaning="weeks in which a sector stands still; outside China unless CN is named",
    ),
    MeasureRow(
        name="stopped", title="ever a standstill", unit="%", outcomes=("first_stop_week",), rule="happened",
        folds=_OUTSIDE, example="stopped:ev_auto", meaning="probability that a sector stands still in some week",
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
        example="exports:Dy mean from 2026-07-01 to 2026-12-30",
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
    about = outcome_name(name)
    return MeasureRow(
        name=name,
        title=long_name or about.long_name,
        meaning=about.long_name,
        unit=unit_for_people(name, units or about.units),
        outcomes=(name,),
        weekly={"peak_week": "price_ratio"}.get(name, name if name in WEEKLY_AXES else ""),
        weekly_unit=unit_for_people(name, weekly_name(name).units) if name in WEEKLY_AXES else "",
        weekly_title=weekly_name(name).long_name if name in WEEKLY_AXES else "",
        reduction="peak_week" if name == "peak_week" else "total" if name == "loss_usd_bn" else "peak",
        folds={"market": "", "bloc": ""} if name == "peak_week" else {},
        difference=name not in UNPAIRED,
        example=_example(name, OUTCOME_AXES.get(name, ())),
    )


def weekly_row(name: str) -> MeasureRow:
    """The row of a weekly variable by its own name: its highest week unless the text names another reduction."""
    about = weekly_name(name)
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
    "parameter": "parts", "chip": "leading_logic", "list": "advanced_chips",
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
