"""The tables of a data folder: their key columns, units and ranges, and the priors."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from supplyshock_kernels.model.uncertain_parameters import NAMES

from ...common.errors import Problem, did_you_mean, shown
from ...common.number_marks import number_fix
from .csv_table import MARKS, Reader, Rule, number, read_rows
from .parameter_names import parameter_rule

MOST_COVER = 1000.0
"""Weeks of use in an inventory: the sums of the statistics hold eight times as much."""
SHARE = Rule(high=1.0, unit="1")
WEEKS = Rule(unit="weeks", positive=True, high=10_000.0)
COVER = Rule(unit="weeks", positive=True, high=MOST_COVER)
STAGE = Rule(unit="weeks", low=1.0, high=10_000.0)
"""A stage of making chips, or of a reaction, takes a step of the model at least."""
LEAST_SHARE = 0.001
MIX = Rule(unit="1", low=LEAST_SHARE, high=1 - LEAST_SHARE)
"""A share that equations divide by, and by one less it."""
MONEY = Rule(unit="bn USD/yr")

MARKET_FIELDS = {
    "cn_demand_share": MIX,
    "us_share_of_xc_use": SHARE,
    "world_value": Rule(unit="bn USD/yr", positive=True),
    "cover_weeks": COVER,
}
MATERIAL_FIELDS = {
    "world_volume": Rule(unit="t/yr", positive=True),
    "price": Rule(unit="USD/kg", positive=True),
}
CHIP_FIELDS = {
    "fab_weeks": STAGE,
    "assembly_weeks": STAGE,
    "lead_time_weeks": WEEKS,
    "cn_packaging_share": SHARE,
    "cn_export_mix": MIX,
    "sales_volatility": Rule(unit="1/yr^0.5", high=10.0),
}
SOURCE_FIELDS = {
    "lead_time": Rule(unit="weeks", low=3.0, high=10_000.0),
    "ramp_per_year": Rule(unit="1/yr"),
    "hurdle": Rule(unit="1", positive=True),
    "outage_hazard": Rule(unit="1/yr"),
    "outage_severity": SHARE,
    "outage_recovery": WEEKS,
}
SECTOR_FIELDS = {
    "va_us": MONEY,
    "va_rest": MONEY,
    "va_china": MONEY,
    "va_eu": MONEY,
    "va_japan": MONEY,
    "va_korea": MONEY,
    "buffer_materials": Rule(unit="weeks"),
    "buffer_chips": Rule(unit="weeks"),
}
INPUT_FIELDS = {"use_share": SHARE, "criticality": SHARE}
MOST_CONTENT = 1000.0
RECIPE_FIELDS = {
    "kg_per_kg": Rule(unit="kg/kg", positive=True, high=MOST_CONTENT),
    "share_needed": Rule(unit="1", positive=True, high=1.0),
    "share_spared": SHARE,
}
"""Figures of a product's input: kg of it per kg of the product, share of the product that cannot be made without it,
and share of it that a recipe can spare if it is expensive."""


def readers(known: Mapping[str, Collection[str]], parameters: Collection[str]) -> dict[str, Reader]:
    """Readers of the figure tables; `known` holds ids under market, supplier, sector, control_list."""
    market_fields = MARKET_FIELDS | MATERIAL_FIELDS | CHIP_FIELDS

    def by_field(name: str, key: tuple[str, ...], fields: dict[str, Rule]) -> Reader:
        return Reader(name, key, {**known, "field": fields}, lambda k: fields[k[-1]])

    return {
        "market_figures": by_field("market_figures", ("market", "field"), market_fields),
        "source_figures": by_field("source_figures", ("supplier", "field"), SOURCE_FIELDS),
        "sector_figures": by_field("sector_figures", ("sector", "field"), SECTOR_FIELDS),
        "sector_inputs": by_field("sector_inputs", ("market", "sector", "field"), INPUT_FIELDS),
        "baskets": Reader("baskets", ("supplier", "market"), known, lambda _: SHARE),
        "control_lists": Reader("control_lists", ("control_list", "market"), known, lambda _: SHARE),
        "made_from": Reader(
            "made_from",
            ("product", "input", "field"),
            {"product": known["market"], "input": known["market"], "field": RECIPE_FIELDS},
            lambda k: RECIPE_FIELDS[k[-1]],
        ),
        "parameters": Reader("parameters", ("parameter",), {"parameter": parameters}, lambda k: parameter_rule(k[0])),
    }


@dataclass(frozen=True)
class PriorRow:
    """The prior of one uncertain parameter."""

    name: str
    distribution: str
    """lognormal (`center` is the median) or normal."""
    center: float
    sd: float
    low: float
    high: float
    factor: str
    loading: float
    unit: str
    mark: str
    source: str
    where: str


PRIOR_COLUMNS = (
    "prior", "distribution", "center", "sd", "low", "high", "factor", "loading", "unit", "mark", "source",
)  # fmt: skip


def read_priors(folder: Path, problems: list[Problem]) -> Mapping[str, PriorRow]:
    """``priors.csv`` by name; every defect is added to `problems`."""
    text = read_rows(folder, "priors", PRIOR_COLUMNS, problems)
    priors: dict[str, PriorRow] = {}
    for line, row in text.rows:
        where = f"{text.file}:{line}"
        row_problems = _prior_problems(where, row)
        if row["prior"] in priors:
            row_problems.append(Problem(where, "prior", "each prior once", shown(row["prior"])))
        problems.extend(row_problems)
        if not row_problems:
            numbers = {c: float(row[c]) for c in ("center", "sd", "low", "high", "loading")}
            texts = {c: row[c] for c in ("distribution", "factor", "unit", "mark", "source")}
            priors[row["prior"]] = PriorRow(row["prior"], **numbers, **texts, where=where)  # type: ignore[arg-type]
    return MappingProxyType(priors)


def _prior_problems(where: str, row: Mapping[str, str]) -> list[Problem]:
    row_problems: list[Problem] = []
    choices = {"prior": NAMES, "factor": NAMES, "distribution": ("lognormal", "normal"), "mark": MARKS}
    for column, known in choices.items():
        if row[column] not in known:
            expected = f"one of {', '.join(known)}"
            row_problems.append(Problem(where, column, expected, shown(row[column]), did_you_mean(row[column], known)))
    rules = {
        "sd": Rule(),
        "loading": Rule(high=1.0),
        **dict.fromkeys(("center", "low", "high"), Rule(float("-inf"))),
    }
    for column, rule in rules.items():
        if not rule.admits(number(row[column])):
            row_problems.append(Problem(where, column, str(rule), shown(row[column]), number_fix(row[column])))
    if not row_problems and not float(row["low"]) <= float(row["center"]) <= float(row["high"]):
        got = f"{row['low']}, {row['center']}, {row['high']}"
        row_problems.append(Problem(where, "center", "low <= center <= high", got))
    return row_problems
