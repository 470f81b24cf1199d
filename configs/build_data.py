"""Build the default data set in ``configs/data`` from the tables in ``configs/data/raw``.

    python configs/build_data.py            write the tables
    python configs/build_data.py --check    exit 1 if they differ from a fresh build, or fail a check

No figure is written here: they are in ``raw``. Those typed by hand are in
``raw/hand_entered.csv``. ``raw/marks.csv`` says how a mark of a starting table reads in the output, and
``raw/citations.csv`` how its source is cited.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import math
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Row = dict[str, str]
Tables = dict[str, list[Row]]

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
MARKS = ("expert judgement", "unverified", "derived", "sourced")  # weakest first
FIGURE = ["value", "unit", "mark", "source"]
COLUMNS = {
    "market_figures": ["market", "field", *FIGURE],
    "baskets": ["supplier", "market", *FIGURE],
    "source_figures": ["supplier", "field", *FIGURE],
    "sector_figures": ["sector", "field", *FIGURE],
    "sector_inputs": ["market", "sector", "field", *FIGURE],
    "control_lists": ["control_list", "market", *FIGURE],
    "made_from": ["product", "input", "field", *FIGURE],
    "trends": ["market", "field", "year", *FIGURE],
    "projects": ["project", "supplier", "market", "value", "unit", "online", "ramp_weeks", "delay_weeks", "never",
                 "mark", "source"],
    "policy_timeline": ["date", "effective_date", "date_precision", "actor", "kind", "target", "lists", "severity",
                        "event", "include_in_point_process", "mark", "severity_mark", "source", "note"],
}  # fmt: skip
PARTIES, BLOCS = ["CN", "US"], ["CN", "XC"]
REGIMES = ["calm", "talks", "escalation", "truce", "deal", "rift"]
COMMON_FIELDS = ["cn_demand_share", "world_value", "us_share_of_xc_use", "cover_weeks"]
FIELDS = {
    "material": [*COMMON_FIELDS, "world_volume", "price"],
    "chip": [
        *COMMON_FIELDS,
        "fab_weeks",
        "assembly_weeks",
        "lead_time_weeks",
        "cn_packaging_share",
        "cn_export_mix",
        "sales_volatility",
    ],
    "source": ["lead_time", "ramp_per_year", "hurdle", "outage_hazard", "outage_severity", "outage_recovery"],
    "sector": ["va_us", "va_rest", "va_china", "va_eu", "va_japan", "va_korea", "buffer_materials", "buffer_chips"],
    "input": ["use_share", "criticality"],
    "recipe": ["kg_per_kg", "share_needed", "share_spared"],
}
SHARE_QUANTUM = Decimal("1e-8")


# ---------------------------------------------------------------------------------------------- reading and writing


def read_csv(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_raw(folder: Path) -> Tables:
    return {path.stem: read_csv(path) for path in sorted(folder.glob("*.csv"))}


def csv_text(name: str, rows: list[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS[name], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def yaml_text(labels: dict[str, Any]) -> str:
    out, yaml = io.StringIO(), YAML()
    yaml.width = 1000
    out.write("# Labels of the default data set, no figures. Built by configs/build_data.py; do not edit.\n")
    yaml.dump(labels, out)
    return out.getvalue()


def render(raw: Tables) -> dict[str, str]:
    """File name -> text of every built file."""
    tables = build(raw)
    files = {"dataset.yaml": yaml_text(build_labels(raw))}
    return files | {f"{name}.csv": csv_text(name, tables[name]) for name in COLUMNS}


def write(out: Path, raw: Tables) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, text in render(raw).items():
        (out / name).write_bytes(text.encode("utf-8"))


def stale(out: Path, raw: Tables) -> list[str]:
    """Names of built files that are missing from `out` or differ from a fresh build."""
    fresh = {out / name: text.encode("utf-8") for name, text in render(raw).items()}
    return [path.name for path, text in fresh.items() if not path.is_file() or path.read_bytes() != text]


# ------------------------------------------------------------------------------------------ marks, citations, rows


def lookup(rows: Iterable[Row], result: str, file: str, column: str, id_: str, **more: str) -> str:
    """The `result` cell of the row for (file, column, id), or of the row for id ``*``."""
    keys = {"file": file, "column": column, **more}
    hits = {row["id"]: row[result] for row in rows if all(row[k] == v for k, v in keys.items())}
    for key in (id_, "*"):
        if key in hits:
            return hits[key]
    raise KeyError(f"raw: no {result} for {file}.{column} of {id_!r} {more or ''}: add a row, or id '*'")


def mark_of(raw: Tables, file: str, column: str, id_: str, raw_mark: str) -> str:
    return lookup(raw["marks"], "mark", file, column, id_, raw_mark=raw_mark)


def citation_of(raw: Tables, file: str, column: str, id_: str) -> str:
    return lookup(raw["citations"], "citation", file, column, id_)


def weakest(*marks: str) -> str:
    """Mark of arithmetic on figures with these marks: arithmetic on sourced figures gives a derived one."""
    mark = min(marks, key=MARKS.index)
    return "derived" if mark == "sourced" else mark


def figure(value: str | float, unit: str, mark: str, source: str, **keys: str) -> Row:
    text = value if isinstance(value, str) else f"{value:.6g}"
    return {**keys, "value": text, "unit": unit, "mark": mark, "source": source}


def hand_entered(raw: Tables, table: str, *keys: str) -> list[Row]:
    """Rows of raw/hand_entered.csv for one table, with its two id columns named `keys`."""
    rows = [row for row in raw["hand_entered"] if row["table"] == table]
    return [dict(zip(keys, (r["id"], r["field"]), strict=True)) | {c: r[c] for c in FIGURE} for r in rows]


def labels_of(raw: Tables, table: str) -> dict[str, Row]:
    return {row["id"]: row for row in raw["labels"] if row["table"] == table}


def market_ids(raw: Tables) -> list[str]:
    return [c for c in raw["sources"][0] if c not in ("source", "gated_by", "mark", "note")]


def number(rows: Iterable[Row], **keys: str) -> float:
    """The value of the one row with these keys."""
    (row,) = [row for row in rows if all(row[k] == v for k, v in keys.items())]
    return float(row["value"])


# -------------------------------------------------------------------------------------------------------- labels


def pick(row: Row, *columns: str) -> dict[str, str]:
    """Id, name and description where there are any, and `columns`."""
    about = {column: row[column] for column in ("id", "name", "description") if row[column]}
    return about | {column: row[column] for column in columns}


def build_labels(raw: Tables) -> dict[str, Any]:
    markets, sources, sectors = (labels_of(raw, t) for t in ("markets", "sources", "sectors"))
    about = {row["sector"]: {"description": row["name"]} for row in raw["sectors"]}
    return {
        "markets": [pick(markets[m], "kind", "group") for m in market_ids(raw)],
        "sources": [
            pick(sources[r["source"]]) | {"bloc": r["gated_by"]} | pick(sources[r["source"]], "kind", "place")
            for r in raw["sources"]
        ],
        "sectors": [
            pick(sectors[k] | description) | {"many_parts": sectors[k]["many_parts"] == "true"}
            for k, description in about.items()
        ],
        "parties": PARTIES,
        "blocs": BLOCS,
        "control_lists": [pick(row, "party") for row in labels_of(raw, "control_lists").values()],
        "regimes": REGIMES,
    }


# ------------------------------------------------------------------------------------------------ one table each


def from_raw(raw: Tables, file: str, column: str, id_: str, raw_mark: str, value: str, unit: str, **keys: str) -> Row:
    mark, source = mark_of(raw, file, column, id_, raw_mark), citation_of(raw, file, column, id_)
    return figure(value, unit, mark, source, **keys)


def market_column(raw: Tables, row: Row, column: str, field: str, unit: str) -> Row:
    m = row["market"]
    return from_raw(raw, "markets", column, m, row["mark"], row[column], unit, market=m, field=field)


def price_row(raw: Tables, m: str) -> Row:
    """The annual average of the label's price year; a market without one has a hand-typed price."""
    year = labels_of(raw, "markets")[m]["price_year"]
    (quote,) = [r for r in raw["price_history"] if r["element"] == m and r["period"] == year and r["freq"] == "A"]
    mark = mark_of(raw, "price_history", "price_usd_kg", m, quote["confidence"])
    source = f"{quote['source']}: {year} average, {quote['basis']}"
    return figure(quote["price_usd_kg"], "USD/kg", mark, source, market=m, field="price")


def value_row(raw: Tables, m: str, volume: Row, price: Row) -> Row:
    """bn USD/yr from t/yr x USD/kg: 1e3 kg/t over 1e9."""
    value = float(volume["value"]) * float(price["value"]) * 1e-6
    mark = weakest(volume["mark"], price["mark"])
    source = citation_of(raw, "markets", "world_value_bn_usd", m)
    return figure(value, "bn USD/yr", mark, source, market=m, field="world_value")


def us_share_row(m: str, inputs: list[Row], sectors: list[Row]) -> Row:
    """Use shares weighted by the US part of value added outside China."""
    shares = [row for row in inputs if row["market"] == m and row["field"] == "use_share"]
    va = {(r["sector"], r["field"]): float(r["value"]) for r in sectors}
    us = {k: va[k, "va_us"] / (va[k, "va_us"] + va[k, "va_rest"]) for k in {r["sector"] for r in sectors}}
    value = sum(float(row["value"]) * us[row["sector"]] for row in shares)
    mark = weakest(*(row["mark"] for row in [*shares, *sectors]))
    source = "Sum over sectors of use_share x va_us / (va_us + va_rest) of this data set, 2026"
    return figure(value, "1", mark, source, market=m, field="us_share_of_xc_use")


def material_rows(raw: Tables, row: Row, typed: list[Row]) -> list[Row]:
    m = row["market"]
    volume = market_column(raw, row, "world_separated_2025", "world_volume", "t/yr")
    price = next((r for r in typed if r["field"] == "price"), None) or price_row(raw, m)
    rest = [r for r in typed if r["field"] != "price"]
    return [volume, price, value_row(raw, m, volume, price), *rest]


def sales(raw: Tables, category: str) -> dict[int, float]:
    """World sales of a category of chips by year, bn USD; the first of several prints."""
    rows = [r for r in raw["chip_segments"] if r["segment"] == category and r["metric"] == "global revenue"]
    return {int(r["period"]): float(r["value"]) for r in reversed(rows)}


def volatility(by_year: dict[int, float]) -> float:
    """Spread of log growth about its mean, per root of a year; years may be missing."""
    years = sorted(by_year)
    steps = [(b - a, math.log(by_year[b] / by_year[a])) for a, b in itertools.pairwise(years)]
    mean = sum(g for _, g in steps) / (years[-1] - years[0])
    return math.sqrt(sum((g - mean * n) ** 2 / n for n, g in steps) / (len(steps) - 1))


def volatility_row(raw: Tables, m: str) -> Row:
    """Of the category of sales that stands for the segment."""
    (category,) = [r["category"] for r in raw["chip_categories"] if r["market"] == m]
    source = citation_of(raw, "chip_segments", "value", m)
    mark = mark_of(raw, "chip_segments", "value", m, "unverified")
    return figure(volatility(sales(raw, category)), "1/yr^0.5", mark, source, market=m, field="sales_volatility")


def chip_rows(raw: Tables, row: Row, typed: list[Row]) -> list[Row]:
    value = market_column(raw, row, "world_value_bn_usd", "world_value", "bn USD/yr")
    packaging = market_column(raw, row, "cn_packaging_share_of_xc_made", "cn_packaging_share", "1")
    return [value, packaging, *typed, volatility_row(raw, row["market"])]


def build_market_figures(raw: Tables, inputs: list[Row], sectors: list[Row]) -> list[Row]:
    labels, typed, out = labels_of(raw, "markets"), hand_entered(raw, "market_figures", "market", "field"), []
    for row in raw["markets"]:
        m = row["market"]
        make = material_rows if labels[m]["kind"] == "material" else chip_rows
        out.append(market_column(raw, row, "cn_demand_share", "cn_demand_share", "1"))
        out.append(us_share_row(m, inputs, sectors))
        out.extend(make(raw, row, [r for r in typed if r["market"] == m]))
    return out


def normalise(shares: dict[str, Decimal]) -> dict[str, Decimal]:
    """Shares that sum to exactly one in decimals; the rounding remainder goes to the largest."""
    total = sum(shares.values())
    out = {k: (v / total).quantize(SHARE_QUANTUM) for k, v in shares.items()}
    out[max(out, key=out.__getitem__)] += 1 - sum(out.values())
    return out


def build_baskets(raw: Tables) -> list[Row]:
    rows = {}
    for m in market_ids(raw):
        shares = normalise({r["source"]: Decimal(r[m]) for r in raw["sources"]})
        for j, share in shares.items():
            rows[j, m] = f"{share:f}"
    return [
        from_raw(raw, "sources", "share", r["source"], r["mark"], rows[r["source"], m], "1",
                 supplier=r["source"], market=m)
        for r in raw["sources"] for m in market_ids(raw) if float(rows[r["source"], m]) > 0
    ]  # fmt: skip


def build_sector_figures(raw: Tables) -> list[Row]:
    columns = {
        "va_us": ("va_us_bn_usd", "bn USD/yr"),
        "va_rest": ("va_rest_ex_china_bn_usd", "bn USD/yr"),
        "va_china": ("va_china_bn_usd", "bn USD/yr"),
        "buffer_materials": ("buffer_weeks_materials", "weeks"),
        "buffer_chips": ("buffer_weeks_chips", "weeks"),
    }
    typed, out = hand_entered(raw, "sector_figures", "sector", "field"), []
    for r in raw["sectors"]:
        k = r["sector"]
        out += [from_raw(raw, "sectors", c, k, r["mark"], r[c], u, sector=k, field=f) for f, (c, u) in columns.items()]
        out += [row for row in typed if row["sector"] == k]
    return out


def input_rows(raw: Tables, r: Row) -> list[Row]:
    keys = {"market": r["market"], "sector": r["sector"]}
    use, crit = "use_share_of_market", "criticality"
    mark = mark_of(raw, "sector_inputs", use, r["market"], r["mark_use"])
    source = citation_of(raw, "sector_inputs", use, r["source"])
    return [
        figure(r[use], "1", mark, source, **keys, field="use_share"),
        from_raw(raw, "sector_inputs", crit, r["market"], r["mark_criticality"], r[crit], "1", **keys, field=crit),
    ]


def build_policy_timeline(raw: Tables) -> list[Row]:
    """Raw rows; `mark` is that of the event and its date, every severity and every list is a judgement."""
    keep = [c for c in COLUMNS["policy_timeline"] if c not in ("mark", "severity_mark")]
    return [
        {c: r[c] for c in keep}
        | {"mark": mark_of(raw, "policy_timeline", "event", "*", r["confidence"]), "severity_mark": "expert judgement"}
        for r in raw["policy_timeline"]
    ]


def build(raw: Tables) -> Tables:
    inputs = [row for r in raw["sector_inputs"] for row in input_rows(raw, r)]
    sectors = build_sector_figures(raw)
    return {
        "market_figures": build_market_figures(raw, inputs, sectors),
        "baskets": build_baskets(raw),
        "source_figures": hand_entered(raw, "source_figures", "supplier", "field"),
        "sector_figures": sectors,
        "sector_inputs": inputs,
        "control_lists": hand_entered(raw, "control_lists", "control_list", "market"),
        **{
            name: [{c: row[c] for c in COLUMNS[name]} for row in raw[name]]
            for name in ("made_from", "trends", "projects")
        },
        "policy_timeline": build_policy_timeline(raw),
    }


# -------------------------------------------------------------------------------------------------------- checks
# Each check returns the problems it found, as sentences; none means the table passes.


def key_of(name: str, row: Row) -> str:
    columns = ("date", "event") if name == "policy_timeline" else COLUMNS[name][: COLUMNS[name].index("value")]
    return f"{name}: " + " ".join(row[c] for c in columns)


def check_marks(tables: Tables) -> list[str]:
    rows = [(key_of(name, row), row) for name in tables for row in tables[name]]
    bad = [f"{key}: mark {row['mark']!r} is none of {MARKS}" for key, row in rows if row["mark"] not in MARKS]
    return bad + [f"{key}: empty source" for key, row in rows if not row["source"].strip()]


def check_citations(tables: Tables) -> list[str]:
    """A citation names a publication or a judgement, with a year, and no file of somebody's machine."""
    path = re.compile(r"(^|[\s(\"'])(~?/|[A-Za-z]:\\|\.\.?/)[\w.~-]+|\b(work|home|Users|tmp)/")
    year = re.compile(r"\b(19|20)\d\d\b")
    rows = [(key_of(name, row), name, row["source"]) for name in tables for row in tables[name]]
    bad = [f"{key}: machine path in source {text!r}" for key, _, text in rows if path.search(text)]
    dated = [r for r in rows if r[1] != "policy_timeline"]  # its rows carry the date of the event
    return bad + [f"{key}: no year in source {text!r}" for key, _, text in dated if not year.search(text)]


def check_numbers(tables: Tables) -> list[str]:
    rows = [(key_of(name, r), r["value"], r["unit"]) for name, t in tables.items() for r in t if "value" in r]
    bad = [f"{key}: {v!r} is not a number >= 0" for key, v, _ in rows if not re.fullmatch(r"\d+(\.\d+)?", v)]
    return bad + [f"{key}: empty unit" for key, _, unit in rows if not unit]


def known_ids(labels: dict[str, Any]) -> dict[str, set[str]]:
    plural = {
        "market": "markets",
        "product": "markets",
        "input": "markets",
        "supplier": "sources",
        "sector": "sectors",
        "control_list": "control_lists",
    }
    return {column: {item["id"] for item in labels[name]} for column, name in plural.items()}


def check_ids(tables: Tables, labels: dict[str, Any]) -> list[str]:
    known = known_ids(labels)
    return [
        f"{key_of(name, row)}: unknown {column}"
        for name in tables for row in tables[name] for column in known
        if column in row and row[column] not in known[column]
    ]  # fmt: skip


def check_lists(tables: Tables, labels: dict[str, Any]) -> list[str]:
    """An action falls on lists of its own party."""
    party = {item["id"]: item["party"] for item in labels["control_lists"]}
    return [
        f"{key_of('policy_timeline', row)}: {name!r} is no list of {row['actor']}"
        for row in tables["policy_timeline"] for name in filter(None, row["lists"].split(";"))
        if party.get(name) != row["actor"]
    ]  # fmt: skip


def expected_keys(tables: Tables, labels: dict[str, Any]) -> dict[str, list[tuple[str, ...]]]:
    markets, ids = labels["markets"], known_ids(labels)
    recipes = {(row["product"], row["input"]): None for row in tables["made_from"]}
    return {
        "made_from": [(*pair, f) for pair in recipes for f in FIELDS["recipe"]],
        "market_figures": [(m["id"], f) for m in markets for f in FIELDS[m["kind"]]],
        "source_figures": [(j, f) for j in ids["supplier"] for f in FIELDS["source"]],
        "sector_figures": [(k, f) for k in ids["sector"] for f in FIELDS["sector"]],
        "sector_inputs": [(m["id"], k, f) for m in markets for k in ids["sector"] for f in FIELDS["input"]],
    }


def check_complete(tables: Tables, labels: dict[str, Any]) -> list[str]:
    """Every expected key exactly once, and no other."""
    bad = []
    for name, keys in expected_keys(tables, labels).items():
        columns = COLUMNS[name][: len(keys[0])]
        have = sorted(tuple(row[c] for c in columns) for row in tables[name])
        if have != sorted(keys):
            bad.append(f"{name}: missing or extra rows {sorted(set(have) ^ set(keys)) or 'twice'}")
    return bad


def check_sums(rows: list[Row], by: str, tolerance: float) -> list[str]:
    """Shares of each `by` sum to one."""
    total: dict[str, float] = defaultdict(float)
    for row in rows:
        total[row[by]] += float(row["value"])
    return [f"shares of {k} sum to {v:.8f}, not 1" for k, v in total.items() if abs(v - 1) > tolerance]


def assay_ratios(tables: Tables, assays: list[Row]) -> dict[str, float]:
    """Bayan Obo tonnes of each element over what its assay gives; 1 where the basket follows the ore."""
    assay = {r["element"]: float(r["pct_of_reo"] or 0) for r in assays if r["deposit_id"] == "bayan_obo"}
    share = {r["market"]: float(r["value"]) for r in tables["baskets"] if r["supplier"] == "bayan_obo"}
    tonnes = {m: w * number(tables["market_figures"], market=m, field="world_volume") for m, w in share.items()}
    elements = {m for m in assay if assay[m]} | set(tonnes)
    ore = sum(tonnes.values()) / sum(assay.values())
    return {m: tonnes.get(m, 0) / (assay[m] * ore) if assay.get(m) else float("inf") for m in sorted(elements)}


def check_bayan_obo(tables: Tables, assays: list[Row], tolerance: float = 0.10) -> list[str]:
    """The loose default covers Sm to Dy, where the starting table recovers 7.6 % less of the ore than of La to Nd."""
    ratio = assay_ratios(tables, assays)
    return [f"bayan_obo: {m} is {r:.3f} of what its assay gives" for m, r in ratio.items() if abs(r - 1) > tolerance]


def import_dependence(tables: Tables, labels: dict[str, Any]) -> dict[str, float]:
    """Baseline import of the rest of the world over world use: demand less supply outside China."""
    outside = {source["id"] for source in labels["sources"] if source["bloc"] == "XC"}
    supply: dict[str, float] = defaultdict(float)
    for row in tables["baskets"]:
        supply[row["market"]] += float(row["value"]) * (row["supplier"] in outside)
    demand = {r["market"]: 1 - float(r["value"]) for r in tables["market_figures"] if r["field"] == "cn_demand_share"}
    return {m["id"]: demand[m["id"]] - supply[m["id"]] for m in labels["markets"]}


def check_imports(tables: Tables, labels: dict[str, Any]) -> list[str]:
    materials = {m["id"] for m in labels["markets"] if m["kind"] == "material"}
    x0 = import_dependence(tables, labels)
    return [f"{m}: import dependence {v:.4f} is not positive" for m, v in x0.items() if m in materials and v <= 0]


def check_values(tables: Tables, labels: dict[str, Any]) -> list[str]:
    """world_value = world_volume x price to rounding, for materials."""
    bad = []
    for m in (m["id"] for m in labels["markets"] if m["kind"] == "material"):
        value, volume, price = (
            number(tables["market_figures"], market=m, field=f) for f in ("world_value", "world_volume", "price")
        )
        if abs(value - volume * price * 1e-6) > 1e-5 * value:
            bad.append(f"{m}: world_value {value} is not volume {volume} x price {price}")
    return bad


def check_making(tables: Tables) -> list[str]:
    """Makers take less of every input than the world uses of it; the rest of the checks is the data set's reader's."""
    taken: dict[str, float] = defaultdict(float)
    for row in tables["made_from"]:
        if row["field"] == "kg_per_kg":
            used, output = (
                number(tables["market_figures"], market=row[c], field="world_volume") for c in ("input", "product")
            )
            taken[row["input"]] += float(row["value"]) * output / used
    return [f"makers take {share:.3f} of the {m} there is" for m, share in taken.items() if share >= 1]


def problems(tables: Tables, labels: dict[str, Any], raw: Tables) -> list[str]:
    """All problems of built tables. Run in order: later checks rely on what earlier ones found sound."""
    sound = check_marks(tables) + check_citations(tables) + check_numbers(tables) + check_ids(tables, labels)
    sound = sound + check_lists(tables, labels) + check_complete(tables, labels)
    if sound:
        return sound
    shares = [row for row in tables["sector_inputs"] if row["field"] == "use_share"]
    return [
        *check_sums(tables["baskets"], "market", 1e-9),
        *check_sums(shares, "market", 1e-3),
        *check_bayan_obo(tables, raw["ore_composition"]),
        *check_imports(tables, labels),
        *check_values(tables, labels),
        *check_making(tables),
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the default data set from configs/data/raw.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the built files are stale")
    parser.add_argument("--out", type=Path, default=DATA, help="folder of the built files")
    args = parser.parse_args(argv)
    raw = read_raw(DATA / "raw")
    problem_lines = problems(build(raw), build_labels(raw), raw)
    if args.check:
        problem_lines += [
            f"{name}: differs from a fresh build; run configs/build_data.py" for name in stale(args.out, raw)
        ]
    for line in problem_lines:
        print(line, file=sys.stderr)
    if not problem_lines and not args.check:
        write(args.out, raw)
    return int(bool(problem_lines))


if __name__ == "__main__":
    sys.exit(main())
