"""Outcomes by short names, such as ``loss:US`` or ``quote:Dy,CN``: one number a path.

Names and labels are those of `reading.measures`, and some more that only make sense as a mean over paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from supplyshock_kernels.outputs import OUTCOMES, outcome_rows
from supplyshock_kernels.params import Array, Params

from ..analysis.summary_tables.rows import COUNTRIES, PLACES
from ..common.errors import UsageError, did_you_mean
from ..scenarios.display_names import market_name
from ..scenarios.labels import Labels

Rule = Callable[[Array], Array]


def _as_is(x: Array) -> Array:
    return x


def _happened(x: Array) -> Array:
    return np.isfinite(x)


class Kind(NamedTuple):
    """What a short name stands for."""

    variables: tuple[str, ...]
    """Outcomes of the store that are added up."""
    title: str
    """With ``{axis}`` where a label goes."""
    unit: str
    rule: Rule = _as_is
    defaults: tuple[tuple[str, str], ...] = ()
    """Labels of axes that need not be named."""
    summed: str = ""
    """Axis that is summed over unless it is named."""


OUTSIDE = (("bloc", "XC"),)
KINDS = {
    "loss": Kind(("loss_usd_bn",), "lost output, {party}", "bn USD", summed="sector"),
    "bill": Kind(("price_bill_usd_bn",), "price bill, {party}", "bn USD"),
    "cost": Kind(
        ("loss_usd_bn", "price_bill_usd_bn"), "lost output and price bill, {party}", "bn USD", summed="sector"
    ),
    "quote": Kind(("peak_price_ratio",), "highest quote of {market} {bloc}", "x baseline", defaults=OUTSIDE),
    "paid": Kind(("peak_paid_price_ratio",), "highest price paid for {market} outside China", "x baseline"),
    "short": Kind(
        ("shortage_weeks",), "ever short of {market} {bloc}", "of paths", lambda x: x > 0, defaults=OUTSIDE
    ),
    "shortage": Kind(("shortage_weeks",), "shortage of {market} {bloc}", "weeks", defaults=OUTSIDE),
    "unmet": Kind(("unmet_weeks_of_use",), "unmet use of {market} {bloc}", "weeks of use", defaults=OUTSIDE),
    "stop": Kind(("stop_weeks",), "stops of {sector} {bloc}", "weeks", defaults=OUTSIDE),
    "stopped": Kind(("first_stop_week",), "ever a stop of {sector} {bloc}", "of paths", _happened, defaults=OUTSIDE),
    "deal": Kind(("deal_week",), "ever a deal", "of paths", _happened),
    "rift": Kind(("rift_week",), "ever a rift", "of paths", _happened),
    "weeks": Kind(("weeks_in_regime",), "weeks of {regime}", "weeks"),
    "compute": Kind(("compute_delivered_ratio",), "advanced chips delivered to China", "of what it would buy"),
    "hold": Kind(
        ("ex_china_supply_share",), "China's share of supply of {market} at the end", "of supply", lambda x: 1 - x
    ),
    "drawn": Kind(("stock_drawn_weeks_of_use",), "strategic stock of {market} drawn", "weeks of use"),
}  # fmt: skip
DEFAULT = ("loss:US", "loss:CN", "bill:US", "bill:CN", "deal", "compute")
_AXES = {o.name: o.axes for o in OUTCOMES}


@dataclass(frozen=True)
class Outcome:
    """A number a path: `rule` of the sum of some rows of the outcomes."""

    name: str
    title: str
    unit: str
    rows: tuple[int, ...]
    rule: Rule

    def of(self, outcomes: Array) -> Array:
        """(n,) float64 from outcomes (rows, n)."""
        picked = outcomes[list(self.rows)].astype(np.float64)
        return np.asarray(self.rule(picked[0] if len(self.rows) == 1 else picked.sum(0)), np.float64)


def parse_outcomes(texts: Sequence[str], labels: Labels, params: Params) -> list[Outcome]:
    """The outcomes of names such as ``loss:US`` or ``shortage:Dy``.

    Raises `UsageError`, with what is known, for a name or a label that there is not.
    """
    if len(set(texts)) < len(texts):
        raise _refuse("an outcome is named twice", "each outcome once", ", ".join(texts))
    return [_parse(text, labels, params) for text in texts]


def measure(outcomes: Sequence[Outcome]) -> Rule:
    """From outcomes (rows, n) to (n, K): what `simulate_many` asks for."""

    def of(x: Array) -> Array:
        return np.stack([o.of(x) for o in outcomes], axis=1)

    return of


def _parse(text: str, labels: Labels, params: Params) -> Outcome:
    name, _, tail = text.partition(":")
    given = [label.strip() for label in tail.split(",") if label.strip()]
    if name not in KINDS:
        raise _refuse("unknown outcome", f"one of {', '.join(KINDS)}", text, did_you_mean(name, KINDS))
    kind = KINDS[name]
    chosen = _labels(text, kind, given, labels)
    table = {r.name: r for r in outcome_rows(params)}
    rows: list[int] = []
    for variable in kind.variables:
        r = table[variable]
        index = tuple(labels.of(a).index(chosen[a]) if a in chosen else slice(None) for a in r.axes)
        numbers = np.arange(r.start, r.stop).reshape(r.shape)
        rows += np.ravel(numbers[index]).tolist()
    return Outcome(text, kind.title.format(**_words(chosen)) + _sector(kind, chosen), kind.unit, tuple(rows), kind.rule)


def _labels(text: str, kind: Kind, given: Sequence[str], labels: Labels) -> dict[str, str]:
    """Label by axis. Labels may come in any order: no two axes share one but blocs and parties, never together."""
    axes = _AXES[kind.variables[0]] if len(kind.variables) == 1 else ("party",)
    chosen: dict[str, str] = {}
    for label in given:
        axis = next((a for a in axes if a not in chosen and label in labels.of(a)), None)
        if axis is None:
            known = [n for a in axes if a not in chosen for n in labels.of(a)]
            expected = f"one of {', '.join(known)}" if known else "no further label"
            raise _refuse(f"unknown label {label!r}", expected, text, did_you_mean(label, known))
        chosen[axis] = label
    for axis, label in kind.defaults:
        chosen.setdefault(axis, label)
    for axis in axes:
        if axis not in chosen and axis != kind.summed:
            example = f"{text}{',' if given else ':'}{labels.of(axis)[0]}"
            raise _refuse(f"which {axis}", f"a {axis} in the name, such as {example}", text)
    return chosen


def _words(chosen: dict[str, str]) -> dict[str, str]:
    words = dict(chosen)
    if "market" in words:
        words["market"] = market_name(words["market"])
    for axis, names in (("bloc", PLACES), ("party", COUNTRIES)):
        if axis in words:
            words[axis] = names.get(words[axis], words[axis])
    return words


def _sector(kind: Kind, chosen: dict[str, str]) -> str:
    return f", {chosen['sector']}" if kind.summed and "sector" in chosen else ""


def _refuse(what: str, expected: str, got: str, fix: str = "") -> UsageError:
    return UsageError(what, where="--outcome", expected=expected, got=repr(got), fix=fix)
