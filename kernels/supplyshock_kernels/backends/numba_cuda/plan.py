"""Where things lie for some parameters: first rows of entities, numbers of them, columns and rows of what they share.

All are whole numbers, constants of the compiled kernel: it is compiled anew for a world of other sizes, and takes any
number of weeks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...outputs import Rows, outcome_rows, series_rows
from ...params import ECONOMIES, Params
from ...params.path_state import count_rows
from .layout import CHIP, LANES, LINK, LIST, MATERIAL, PATH, SECTOR, SOURCE, U


class First(NamedTuple):
    """The first row of every kind of entity, and the end of all rows."""

    materials: Any
    chips: Any
    links: Any
    sources: Any
    lists: Any
    """one more than there are: the last one stays open."""
    sectors: Any
    path: Any
    end: Any


class Numbers(NamedTuple):
    """How many there are."""

    materials: Any
    markets: Any
    links: Any
    recipes: Any
    sources: Any
    lists: Any
    sectors: Any
    economies: Any
    parameters: Any
    states: Any
    """rows of the state of a path."""
    outcomes: Any


class Columns(NamedTuple):
    """The first column of every dated input in the table of weeks."""

    demand: Any
    recipe: Any
    quota: Any
    approval_of: Any
    purchase: Any
    recycled: Any
    control: Any
    announcement: Any
    capacity: Any
    availability: Any
    regime: Any
    clock: Any
    approval: Any
    quota_grant: Any
    quota_weeks: Any
    end: Any


class Outcomes(NamedTuple):
    """The first row of every outcome, by its name in `outputs.OUTCOMES`."""

    peak_price_ratio: Any
    peak_week: Any
    peak_paid_price_ratio: Any
    shortage_weeks: Any
    unmet_weeks_of_use: Any
    loss_usd_bn: Any
    loss_abroad_usd_bn: Any
    standing_cost_usd_bn: Any
    price_bill_usd_bn: Any
    substitution_usd_bn: Any
    first_plant_week: Any
    first_stop_week: Any
    stop_weeks: Any
    regime_end: Any
    weeks_in_regime: Any
    deal_week: Any
    rift_week: Any
    actions: Any
    ex_china_supply_share: Any
    supply_concentration: Any
    compute_delivered_ratio: Any
    stock_drawn_weeks_of_use: Any
    theta: Any


class Weekly(NamedTuple):
    """The first row of every weekly quantity, by its name in `outputs.SERIES`."""

    price_ratio: Any
    inventory_weeks: Any
    shortage_ratio: Any
    paid_price_ratio: Any
    export_ratio: Any
    lead_time_weeks: Any
    loss_usd_bn: Any
    control_level: Any
    regime: Any


class Options(NamedTuple):
    """The options of a call that need other code: 1 or 0."""

    weighed: Any
    """paths are weighed against another policy."""
    inverse: Any
    """normals by the inverse of their distribution function."""


class Plan(NamedTuple):
    """All of it."""

    option: Options

    first: First
    number: Numbers
    column: Columns
    total: Outcomes
    weekly: Weekly


def make_plan(params: Params, links: int, option: Options) -> Plan:
    """The plan of some parameters, of whose materials so many are made from others or others from them."""
    materials, markets = params.n_materials, len(params.markets.group)
    sources, lists, sectors = len(params.sources.lead), len(params.policy.list_party), len(params.sectors.buffer)
    kinds = (
        (MATERIAL, materials),
        (CHIP, markets - materials),
        (LINK, links),
        (SOURCE, sources),
        (LIST, lists + 1),
        (SECTOR, sectors),
        (PATH, 1),
    )
    number = Numbers(
        materials=U(materials),
        markets=U(markets),
        links=U(links),
        recipes=U(len(params.recipes.product)),
        sources=U(sources),
        lists=U(lists),
        sectors=U(sectors),
        economies=U(len(ECONOMIES)),
        parameters=U(len(params.priors.center)),
        states=U(count_rows(params)),
        outcomes=U(outcome_rows(params)[-1].stop),
    )
    return Plan(
        option=option,
        first=First(*_running(int(rows.size) * count for rows, count in kinds)),
        number=number,
        column=Columns(*_running(dated_inputs(params)[name][0].size for name in Columns._fields[:-1])),
        total=Outcomes(**_starts(outcome_rows(params), Outcomes)),
        weekly=Weekly(**_starts(series_rows(params), Weekly)),
    )


def _starts(rows: tuple[Rows, ...], kind: type) -> dict[str, Any]:
    """First rows by name, of those that the kernel fills."""
    return {r.name: U(r.start) for r in rows if r.name in kind._fields}  # type: ignore[attr-defined]


def dated_inputs(params: Params) -> dict[str, Any]:
    """The table of weeks in parts, (T, columns) each, by their names in `Columns`."""
    return {name: getattr(params.schedule, name).reshape(params.weeks, -1) for name in Columns._fields[:-1]}


def shared_bytes(plan: Plan) -> int:
    """Bytes of shared memory that a block takes."""
    return int(plan.first.end) * 4


def rows_of(plan: Plan) -> int:
    """Rows of a block."""
    return int(plan.first.end) // LANES


def _running(sizes: Any) -> list[Any]:
    """Sums of the sizes before each place, and of all."""
    sums = [0]
    for size in sizes:
        sums.append(sums[-1] + int(size))
    return [U(x) for x in sums]
