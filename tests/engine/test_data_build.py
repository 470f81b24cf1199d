"""The default data set: committed files equal a fresh build, and every check can fail.

The checks are arithmetic, not statistics: no false-alarm rate. Each has a negative control, a table corrupted in
one cell that the check must name.
"""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
DATA = CONFIGS / "data"
MAIN_ASSAYS = ["La", "Ce", "Pr", "Nd"]


def load_builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_data", CONFIGS / "build_data.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


builder = load_builder()


@pytest.fixture(scope="module")
def raw() -> dict[str, Any]:
    return builder.read_raw(DATA / "raw")


@pytest.fixture(scope="module")
def labels(raw):
    return builder.build_labels(raw)


@pytest.fixture(scope="module")
def committed():
    """The tables as read from the committed files, not as built."""
    return {name: builder.read_csv(DATA / f"{name}.csv") for name in builder.COLUMNS}


@pytest.fixture
def tables(committed):
    """A copy to corrupt."""
    return copy.deepcopy(committed)


def row_of(rows, **keys):
    (row,) = [row for row in rows if all(row[k] == v for k, v in keys.items())]
    return row


def scale(rows, factor, **keys):
    row = row_of(rows, **keys)
    row["value"] = str(float(row["value"]) * factor)


def test_rebuild_equals_the_committed_files_byte_for_byte(raw, tmp_path):
    builder.write(tmp_path, raw)
    built = sorted(path.name for path in tmp_path.iterdir())
    assert len(built) == 11
    for name in built:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_check_exits_1_on_a_stale_or_missing_file(raw, tmp_path):
    assert builder.main(["--check"]) == 0
    builder.write(tmp_path, raw)
    assert builder.main(["--check", "--out", str(tmp_path)]) == 0
    path = tmp_path / "baskets.csv"
    path.write_bytes(path.read_bytes().replace(b"0.50023400", b"0.50023401"))
    assert builder.main(["--check", "--out", str(tmp_path)]) == 1
    path.unlink()
    assert builder.stale(tmp_path, raw) == ["baskets.csv"]


def test_committed_tables_pass_every_check(committed, labels, raw):
    assert builder.problems(committed, labels, raw) == []


def test_columns(committed):
    for name, columns in builder.COLUMNS.items():
        assert list(committed[name][0]) == columns


def test_labels(labels):
    group = {m["id"]: m["group"] for m in labels["markets"]}
    assert len(group) == 26 and len(labels["sources"]) == 25 and len(labels["sectors"]) == 7
    assert [m for m in group if group[m] == "light"] == [*MAIN_ASSAYS, "NdFeB"]
    assert {m for m in group if group[m] == "minor"} == {"Sc", "Ga", "Ge"}
    assert [c["id"] for c in labels["control_lists"] if c["party"] == "US"] == [
        "advanced_chips", "chip_tools", "us_tariffs"
    ]  # fmt: skip
    assert {k["id"] for k in labels["sectors"] if k["many_parts"]} == {
        "ev_auto",
        "wind_motors",
        "aero_defence",
    }


def test_labels_hold_no_figures(labels):
    def leaves(item):
        if isinstance(item, (dict, list)):
            for part in item.values() if isinstance(item, dict) else item:
                yield from leaves(part)
        else:
            yield item

    assert {type(leaf) for leaf in leaves(labels)} == {str, bool}


def test_baskets_sum_to_exactly_one(committed):
    total = {}
    for row in committed["baskets"]:
        total[row["market"]] = total.get(row["market"], 0) + builder.Decimal(row["value"])
    assert len(total) == 26
    assert set(total.values()) == {1}


def test_baskets_stay_within_1e5_of_the_raw_shares(committed, raw):
    for row in committed["baskets"]:
        start = float(row_of(raw["sources"], source=row["supplier"])[row["market"]])
        assert float(row["value"]) == pytest.approx(start, abs=1e-5)


def test_bayan_obo_follows_its_assay(committed, raw):
    """All elements within 10 %, the four that make 98 % of the ore within 1 % of each other."""
    ratio = builder.assay_ratios(committed, raw["ore_composition"])
    assert set(ratio) == {"La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy"}
    assert all(abs(r - 1) < 0.10 for r in ratio.values())
    main = [ratio[m] for m in MAIN_ASSAYS]
    assert max(main) / min(main) < 1.01


def test_import_dependence_is_that_of_the_starting_table(committed, labels, raw):
    x0 = builder.import_dependence(committed, labels)
    for m in (m["id"] for m in labels["markets"]):
        start = float(row_of(raw["markets"], market=m)["net_flow_cn_to_xc_share_of_world"])
        assert x0[m] == pytest.approx(start, abs=2e-4), m


def test_ex_china_ndpr_ramp_is_near_four_percent_of_the_market_a_year(committed, labels):
    """Sprecher et al. 2017, the figure the per-source ramps were set from."""
    outside = {s["id"] for s in labels["sources"] if s["bloc"] == "XC"}
    ramp = {r["supplier"]: float(r["value"]) for r in committed["source_figures"] if r["field"] == "ramp_per_year"}
    ndpr = [r for r in committed["baskets"] if r["market"] == "Nd" and r["supplier"] in outside]
    assert 0.03 < sum(float(r["value"]) * ramp[r["supplier"]] for r in ndpr) < 0.05


def test_prices_equal_the_table_of_elements(committed, raw):
    quoted = [r for r in raw["rare_earth_elements"] if r["price_usd_kg_2025_fob_china"]]
    assert len(quoted) == 15
    for r in quoted:
        price = builder.number(committed["market_figures"], market=r["symbol"], field="price")
        assert price == float(r["price_usd_kg_2025_fob_china"])


def test_arithmetic_never_strengthens_a_mark():
    assert builder.weakest("sourced", "sourced") == "derived"
    assert builder.weakest("sourced", "derived", "unverified") == "unverified"
    assert builder.weakest("unverified", "expert judgement") == "expert judgement"


def test_every_raw_mark_is_translated_and_an_unknown_one_is_refused(raw):
    broken = copy.deepcopy(raw)
    broken["sectors"][0]["mark"] = "X"
    with pytest.raises(KeyError, match="sectors.*ev_auto"):
        builder.build(broken)


def test_every_hand_typed_figure_has_a_reason(raw):
    assert all(len(row["source"]) > 20 for row in raw["hand_entered"])


CORRUPTIONS = {
    "mark": (lambda t: t["baskets"][0].update(mark="sure"), "mark 'sure'"),
    "source": (lambda t: t["sector_inputs"][5].update(source=" "), "empty source"),
    "timeline list": (lambda t: t["policy_timeline"][3].update(lists="chip_tools"), "no list of CN"),
    "timeline mark": (lambda t: t["policy_timeline"][3].update(mark=""), "policy_timeline: 2010-07-08"),
    "machine path": (lambda t: t["baskets"][3].update(source="see /home/me/x.csv, 2026"), "machine path"),
    "undated": (lambda t: t["baskets"][3].update(source="a report"), "no year"),
    "not a number": (lambda t: t["source_figures"][0].update(value="nan"), "not a number"),
    "negative": (lambda t: t["source_figures"][0].update(value="-1"), "not a number >= 0"),
    "unknown market": (lambda t: t["control_lists"][0].update(market="Pm"), "unknown market"),
    "unknown supplier": (lambda t: t["baskets"][0].update(supplier="moon"), "unknown supplier"),
    "missing field": (lambda t: t["market_figures"].pop(4), "missing or extra"),
    "doubled row": (lambda t: t["sector_figures"].append(t["sector_figures"][0]), "twice"),
    "basket share": (lambda t: scale(t["baskets"], 1.02, supplier="mm_ionic", market="Dy"), "shares of Dy"),
    "use share": (
        lambda t: scale(t["sector_inputs"], 1.1, market="Nd", sector="ev_auto", field="use_share"),
        "of Nd",
    ),
    "assay": (lambda t: scale(t["baskets"], 1.2, supplier="bayan_obo", market="Pr"), "bayan_obo: Pr is"),
    "foreign element": (lambda t: t["baskets"][0].update(market="Y"), "bayan_obo: Y is inf"),
    "no imports": (
        lambda t: scale(t["market_figures"], 1.3, market="Ga", field="cn_demand_share"),
        "Ga: import",
    ),
    "value": (lambda t: scale(t["market_figures"], 1.01, market="Ge", field="price"), "Ge: world_value"),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corrupted_table_is_caught(name, tables, labels, raw):
    corrupt, expected = CORRUPTIONS[name]
    corrupt(tables)
    problems = builder.problems(tables, labels, raw)
    assert any(expected in line for line in problems), problems
