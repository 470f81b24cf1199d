"""From files to the arrays of the kernels."""

from __future__ import annotations

import doctest
import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplyshock.common.errors import ConfigError, DataError
from supplyshock.scenarios import scenario as scenario_module
from supplyshock.scenarios.lever_text import lever_lines
from supplyshock.scenarios.model_inputs.parameters import kumaraswamy_moments
from supplyshock.scenarios.scenario import Scenario, leaves, load_scenario
from supplyshock.scenarios.shipped import shipped_names
from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.outputs import sizes
from supplyshock_kernels.params import DEAL, ESCALATION, NO_CLOCK, RIFT, TRUCE, cast


@pytest.fixture(scope="module")
def quo() -> Scenario:
    return load_scenario("status_quo")


def with_levers(**levers: Any) -> Scenario:
    return load_scenario("status_quo", {"levers": levers, "outlook": {"projects": False}})


def index(scenario: Scenario, axis: str, name: str) -> int:
    return scenario.labels.of(axis).index(name)


@pytest.mark.parametrize("name", shipped_names())
def test_invariants_of_shipped_scenarios(name: str) -> None:
    s = load_scenario(name)
    k, src, pol = s.params.markets, s.params.sources, s.params.policy
    given = ((n, np.asarray(v, dtype=float)) for n, v in leaves(s.params))
    assert all(np.isfinite(v).all() or n.endswith("initial.members") for n, v in given)
    np.testing.assert_allclose(k.use.sum(1), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(k.supply.sum(1), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(src.basket.sum(0), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(src.basket_value.sum(1), 1, rtol=0, atol=1e-12)
    chip = k.group == 3
    np.testing.assert_allclose(k.flow[chip].sum(2), k.supply[chip], rtol=0, atol=1e-12)
    np.testing.assert_allclose(k.flow[chip].sum(1), k.use[chip], rtol=0, atol=1e-12)
    assert (k.flow >= 0).all() and not k.flow[~chip].any()
    assert (k.use[~chip, 1] > k.supply[~chip, 1]).all()
    n_list = len(s.labels.list)
    assert ((k.cn_list >= 0) & (k.cn_list <= n_list) & (k.us_list >= 0) & (k.us_list <= n_list)).all()
    assert ((k.cn_coverage > 0) == (k.cn_list < n_list)).all()
    assert ((s.params.priors.factor >= 0) & (s.params.priors.factor < len(NAMES))).all()
    assert pol.expiry.sum() == pytest.approx(1, abs=1e-9)
    assert not pol.hazard.diagonal().any()


def test_shapes_and_labels_agree(quo: Scenario) -> None:
    for axis, size in sizes(quo.params).items():
        if axis != "time":
            assert len(quo.labels.of(axis)) == size, axis
    assert len(quo.labels.of("source")) == quo.params.sources.bloc.shape[0]
    assert quo.params.weeks == quo.weeks == 104
    with pytest.raises(KeyError, match="axes"):
        quo.labels.of("time")


def test_all_float64_and_castable(quo: Scenario) -> None:
    for name, value in leaves(quo.params):
        assert np.asarray(value).dtype in (np.float64, np.int64) or name.endswith("initial.members"), name
    assert cast(quo.params, "float32").markets.use.dtype == np.float32


def test_materials_come_first(quo: Scenario) -> None:
    assert quo.params.n_materials == 20
    assert quo.labels.chip == quo.labels.market[20:]


def test_lists(quo: Scenario) -> None:
    k, pol = quo.params.markets, quo.params.policy
    dy, logic, la = (index(quo, "market", m) for m in ("Dy", "leading_logic", "La"))
    assert k.cn_list[dy] == index(quo, "list", "ree_2025_04")
    assert k.us_list[dy] == len(quo.labels.list)
    assert k.us_list[logic] == index(quo, "list", "advanced_chips")
    assert k.us_coverage[logic] == 0.35
    assert k.cn_list[la] == index(quo, "list", "ree_light")
    assert pol.tools_list == index(quo, "list", "chip_tools")
    for party in (0, 1):
        mine = (pol.list_party == party) & (pol.list_is_tariff == 0)
        widths = pol.list_cum[mine, 1] - pol.list_cum[mine, 0]
        assert widths.sum() == pytest.approx(1)
        assert pol.list_cum[mine, 1].max() == 1.0
    assert not pol.list_cum[pol.list_is_tariff > 0].any()


def test_chip_flows_by_hand(quo: Scenario) -> None:
    m = index(quo, "market", "mature_logic")
    expected = [[0.35 - 0.6 * 0.35 * 0.64, 0.6 * 0.35 * 0.64], [0.36 - 0.2156, 0.64 - 0.1344]]
    np.testing.assert_allclose(quo.params.markets.flow[m], expected, atol=1e-9)


def test_impossible_flows_are_refused(tmp_path: Path) -> None:
    import shutil

    from supplyshock.scenarios.shipped import default_data

    shutil.copytree(default_data(), tmp_path / "data", ignore=shutil.ignore_patterns("raw"))
    table = tmp_path / "data" / "market_figures.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(
        text.replace("mature_logic,cn_export_mix,0.6", "mature_logic,cn_export_mix,0.001"), encoding="utf-8"
    )
    low = text.index("mature_logic,cn_demand_share,0.36")
    assert low > 0
    changed = table.read_text(encoding="utf-8").replace(
        "mature_logic,cn_demand_share,0.36", "mature_logic,cn_demand_share,0.2"
    )
    table.write_text(changed, encoding="utf-8")
    config = tmp_path / "mine.yaml"
    config.write_text("base: status_quo\ndata: data\n")
    with pytest.raises(DataError, match="the baseline flows of mature_logic do not fit") as error:
        load_scenario(config)
    assert error.value.exit_code == 65


def test_levers_are_told_in_tonnes_weeks_and_money() -> None:
    """The shipped stockpile of 100 t is 21.5 weeks of use outside China; the numbers of the kernels agree."""
    scenario = load_scenario("stockpile_dy")
    line, *_ = lever_lines(scenario)
    assert "initial 100 t = 21.5 weeks of use outside China = 23.9 M USD" in line
    assert "buy 2 t = 0.429 weeks of use outside China = 0.478 M USD a week" in line
    weeks = load_scenario("status_quo", {"levers": {"stockpile": [{"market": "Dy", "initial": "21.5 weeks"}]}})
    assert "initial 100.2 t = 21.5 weeks" in lever_lines(weeks)[0]
    mine = lever_lines(load_scenario("new_mine"))
    assert any(
        "% of its output = 8,079 t of all its materials, 1,500 t of Nd = 161 M USD a year" in line for line in mine
    )


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"levers": {"stockpile": [{"market": "Dy", "initial": 50}]}}, "levers.stockpile[0].initial"),
        ({"levers": {"stockpile": [{"market": "Dy", "buy": "0.5"}]}}, "levers.stockpile[0].buy"),
        ({"levers": {"capacity": [{"source": "fab_us", "add": 2, "online": "2027-01-01"}]}}, "levers.capacity[0].add"),
        ({"initial": {"inventory": {"Dy": {"XC": 8}}}}, "initial.inventory.Dy.XC"),
        ({"baseline": {"output": {"mountain_pass": 0.5}}}, "baseline.output.mountain_pass"),
    ],
)
def test_a_bare_number_that_could_mean_two_things_is_refused(change: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match="add a unit: a bare number is ambiguous") as error:
        load_scenario("status_quo", change)
    assert [p.key for p in error.value.problems] == [key]


def test_kumaraswamy_moments_against_sampling() -> None:
    """Means of 400,000 draws lie within five standard errors (false alarms below 1e-6)."""
    a, b, n = 1.8168972, 3.41100192, 400_000
    x = (1 - (1 - np.random.default_rng(1).random(n)) ** (1 / b)) ** (1 / a)
    mean, var = kumaraswamy_moments(a, b)
    assert abs(x.mean() - mean) < 5 * math.sqrt(var / n)
    assert x.var() == pytest.approx(var, rel=0.02)
    assert mean == pytest.approx(2.1 / 5.2, abs=2e-3)  # the Beta(2.1, 3.1) it stands for
    assert abs(x.mean() - mean * 1.02) > 5 * math.sqrt(var / n)  # negative control


def test_policy_numbers(quo: Scenario) -> None:
    pol = quo.params.policy
    both = (4.37 + 5.77) * 1.2
    assert pol.onset_mean[TRUCE] == pytest.approx(1 - math.exp(-both / 52))
    assert pol.cross_decay == pytest.approx(math.exp(-50 / 52))
    assert pol.hazard[TRUCE, ESCALATION] == 1.606
    assert pol.hazard[DEAL, RIFT] == 0.0
    assert (pol.pull[:DEAL] == -1).all() and (pol.pull[DEAL:] >= 0).all()
    assert quo.params.priors.factor[NAMES.index("pain_cn")] == NAMES.index("pain_us")


def test_start(quo: Scenario) -> None:
    init = quo.params.initial
    assert init.regime == TRUCE
    assert init.clock == pytest.approx(95 / 7)
    assert init.approval == 0.4
    assert load_scenario("base").params.initial.clock == NO_CLOCK
    changed = load_scenario(
        "status_quo",
        {"initial": {"price_ratio": {"Dy": {"XC": 3}}, "inventory": {"Dy": {"XC": "9 weeks", "CN": "50 %"}}}},
    )
    dy = index(quo, "market", "Dy")
    assert changed.params.initial.log_price[dy].tolist() == [0.0, math.log(3)]
    assert changed.params.initial.inventory[dy].tolist() == [0.5, 9 / 11.5]
    assert changed.params.initial.counted[dy].tolist() == [0, 1]


# -- digest


def test_digest_is_stable_and_sensitive(quo: Scenario) -> None:
    assert load_scenario("status_quo").digest == quo.digest
    assert len(quo.digest) == 64
    prose = {"title": "other", "description": "x", "name": "y", "run": {"paths": 3, "seed": 9}}
    assert load_scenario("status_quo", prose).digest == quo.digest
    changes: list[dict[str, Any]] = [
        {"levers": {"thrift": [{"market": "Dy", "cut": 0.001}]}},
        {"levers": {"substitution": {"scale": 1.001}}},
        {"parameters": {"material.eta": 0.2801}},
        {"priors": {"parts": 5}},
        {"weeks": 103},
        {"start": "2026-10-08", "initial": {"states": None}},
        {"initial": {"states": None}},
        {"policy": {"endogenous": False}},
        {"policy": {"clock_expires": "2027-01-11"}},
    ]
    digests = {load_scenario("status_quo", c).digest for c in changes} | {quo.digest}
    assert len(digests) == len(changes) + 1


def test_shipped_scenarios_differ() -> None:
    assert len({load_scenario(n).digest for n in shipped_names()}) == len(shipped_names())


# -- levers


def test_stockpile() -> None:
    s = load_scenario("stockpile_dy")
    dy = index(s, "market", "Dy")
    week = s.params.markets.value[dy]
    tonnes = next(r["value"] for r in s.provenance if r["key"] == "Dy.world_volume") / 52
    assert week > 0
    assert s.params.initial.stockpile[dy] == pytest.approx(100 / (tonnes * s.params.markets.use[dy, 1]))
    bought = s.params.schedule.purchase[:, dy]
    np.testing.assert_allclose(bought[:53], 2 / tonnes)  # 2027-10-07 is one day into week 52
    assert not bought[53:].any()
    assert not np.delete(s.params.schedule.purchase, dy, axis=1).any()


def test_stockpile_in_weeks_and_shares() -> None:
    s = with_levers(
        stockpile=[{"market": "Ga", "initial": "6 months", "buy": "1 %"}, {"market": "Ga", "initial": "4 weeks"}]
    )
    ga = index(s, "market", "Ga")
    assert s.params.initial.stockpile[ga] == 30.0
    assert (s.params.schedule.purchase[:, ga] == 0.01).all()


def test_capacity_ramps_to_its_total() -> None:
    add = {"source": "mountain_pass", "add": "20 %", "online": "2026-10-21", "ramp": "4 weeks"}
    s = with_levers(capacity=[add, {"source": "mountain_pass", "add": "10 %", "online": "2026-10-07"}])
    column = s.params.schedule.capacity[:, index(s, "source", "mountain_pass")]
    np.testing.assert_allclose(column[:7], [0.1, 0, 0.05, 0.05, 0.05, 0.05, 0])
    assert column.sum() == pytest.approx(0.3)


def test_capacity_in_tonnes() -> None:
    s = load_scenario("new_mine")
    j, nd = index(s, "source", "mount_weld_my"), index(s, "market", "Nd")
    tonnes = next(r["value"] for r in s.provenance if r["key"] == "Nd.world_volume")
    assert s.params.schedule.capacity[:, j].sum() * s.params.sources.basket[j, nd] * tonnes == pytest.approx(1500)


def test_use_levers_multiply() -> None:
    s = with_levers(
        thrift=[{"market": "Dy", "cut": "10 %", "bloc": "XC"}],
        demand=[{"market": "Dy", "factor": 2, "from": "2026-10-14", "to": "2026-10-21"}],
    )
    dy = s.params.schedule.demand[:, index(s, "market", "Dy")]
    np.testing.assert_allclose(dy[:3], [[1, 0.9], [2, 1.8], [1, 0.9]])
    np.testing.assert_array_equal(s.params.schedule.recipe, s.params.schedule.demand)


def test_a_sector_that_grows_changes_no_recipe() -> None:
    """It buys more of what it uses itself; makers of magnets follow the use of magnets."""
    s = with_levers(demand=[{"sector": "ev_auto", "factor": 1.5}])
    sch, k = s.params.schedule, s.params.sectors
    use = k.use_share[index(s, "sector", "ev_auto")]
    np.testing.assert_allclose(sch.demand[0, :, 1], 1 + 0.5 * use)
    assert use[index(s, "market", "NdFeB")] > 0
    assert (sch.recipe == 1).all()


def test_recycling_outages_quota() -> None:
    s = with_levers(
        recycling=[{"market": "Nd", "share": 0.1}],
        outages=[{"source": "fab_tw", "availability": 0.25, "to": "2026-10-14"}] * 2,
        quota=[{"markets": ["La", "Ce"], "cut": 0.5}, {"markets": ["La"], "cut": 0.5}],
    )
    sch = s.params.schedule
    np.testing.assert_allclose(sch.recycled[:, index(s, "market", "Nd")], 0.0117)
    assert sch.availability[:2, index(s, "source", "fab_tw")].tolist() == [0.0625, 1.0]
    assert sch.quota[0, index(s, "market", "La")] == 0.75
    assert sch.quota[0, index(s, "market", "Ce")] == 0.5


def test_a_quota_is_a_tonnage_for_each_half_year() -> None:
    """A week belongs to the half-year of its middle; quotas that overlap in time share one tonnage."""
    cerium = {"markets": ["Ce"], "cut": 0.5, "from": "2027-01-07", "to": "2027-06-30"}
    lanthanum = {"markets": ["La"], "cut": 0.25, "from": "2026-10-01", "to": "2027-08-01"}
    s = load_scenario(
        "status_quo", {"start": "2026-07-01", "initial": {"states": None}, "levers": {"quota": [lanthanum, cerium]}}
    )
    k, sch = s.params.markets, s.params.schedule
    week = (k.use[:, 1] - k.supply[:, 1]) * k.tonnage
    la, ce = week[index(s, "market", "La")], week[index(s, "market", "Ce")]
    days = [date(2026, 7, 1) + timedelta(days=7 * int(t)) for t in np.flatnonzero(sch.quota_grant)]
    assert [day.isoformat() for day in days] == ["2026-09-30", "2026-12-30", "2027-06-30"]
    assert sch.quota_weeks[sch.quota_grant > 0].tolist() == [13, 26, 5]
    assert sch.quota_weeks[sch.quota_weeks > 0].tolist() == [*range(13, 0, -1), *range(26, 0, -1), *range(5, 0, -1)]
    tonnes = [0.75 * 13 * la, 0.75 * 26 * la + 0.5 * 25 * ce, 0.75 * 5 * la]
    np.testing.assert_allclose(sch.quota_grant[sch.quota_grant > 0], tonnes)


def test_substitution_scales_the_prior(quo: Scenario) -> None:
    i = NAMES.index("use_elasticity")
    priors = with_levers(substitution={"scale": 1.5}).params.priors
    for field in ("center", "low", "high"):
        assert getattr(priors, field)[i] == pytest.approx(1.5 * getattr(quo.params.priors, field)[i])


def test_fixed_prior() -> None:
    priors = load_scenario("status_quo", {"priors": {"parts": 4, "onset": {"sd": 0}}}).params.priors
    i, j = NAMES.index("parts"), NAMES.index("onset")
    assert (priors.center[i], priors.sd[i], priors.low[i], priors.high[i]) == (4, 0, 4, 4)
    assert (priors.center[j], priors.sd[j], priors.low[j]) == (4, 0, 0)


# -- events


def test_scenarios_do_what_they_say() -> None:
    deal, breakdown = load_scenario("swap_deal"), load_scenario("breakdown")
    assert deal.params.schedule.regime[:6].tolist() == [-1, -1, -1, -1, DEAL, -1]
    assert breakdown.params.schedule.regime[:15].tolist() == [TRUCE] * 13 + [ESCALATION, -1]
    assert load_scenario("truce_rolls").params.policy.expiry.tolist() == [1, 0, 0, 0]
    rift = load_scenario("rift")
    assert rift.params.schedule.regime[4] == RIFT
    assert rift.params.initial.clock == NO_CLOCK
    assert rift.params.schedule.announcement[4, index(rift, "list", "ga_ge")] == 1
    one = load_scenario("one_sided_us")
    tools = index(one, "list", "chip_tools")
    held = one.params.schedule.control[:, tools]
    assert (held[4:56] == 0.35).all() and held[3] == held[56] == -1
    cn = [i for i, p in enumerate(one.params.policy.list_party) if p == 0]
    assert (one.params.schedule.control[:, cn] == -1).all()


def test_one_sided_matches_the_deal() -> None:
    one = load_scenario("one_sided_us").params
    us = [i for i, p in enumerate(one.policy.list_party) if p == 1 and not one.policy.list_is_tariff[i]]
    assert one.schedule.control[4, us].tolist() == one.policy.pull[DEAL, us].tolist()


def test_event_clock_approval_and_order() -> None:
    events = [
        {"date": "2026-10-14", "approval": "50 %", "hold": "3 weeks", "clock_weeks": "6 months"},
        {"date": "2026-10-21", "approval": 0.1},
        {"date": "2026-10-28", "clock_expires": "2026-12-09"},
    ]
    sch = load_scenario("status_quo", {"policy": {"events": events}}).params.schedule
    assert sch.approval[:5].tolist() == [-1, 0.5, 0.1, 0.5, -1]
    assert sch.clock[:5].tolist() == [-1, 26, -1, 6, -1]


def test_event_approval_of_single_materials() -> None:
    """Of the named materials alone, while the event holds."""
    events = [{"date": "2026-10-14", "approval_of": {"NdFeB": "25 %", "Dy": 0}, "hold": "2 weeks"}]
    s = load_scenario("status_quo", {"policy": {"events": events}})
    own, named = s.params.schedule.approval_of, [index(s, "market", m) for m in ("NdFeB", "Dy")]
    assert own[:4, named].tolist() == [[-1, -1], [0.25, 0], [0.25, 0], [-1, -1]]
    assert (np.delete(own, named, 1) == -1).all()


def test_targets_and_optional_parameters() -> None:
    changes = {
        "policy": {"deal_targets": {"ga_ge": 0.33}},
        "parameters": {"policy.hazard.deal.rift": 0.5, "source.tools_growth.fab_kr": 0.01},
    }
    s = load_scenario("status_quo", changes)
    assert s.params.policy.pull[DEAL, index(s, "list", "ga_ge")] == 0.33
    assert s.params.policy.hazard[DEAL, RIFT] == 0.5
    assert s.params.sources.tools_growth[index(s, "source", "fab_kr")] == 0.01


def test_provenance_covers_every_figure(quo: Scenario) -> None:
    assert all(row["mark"] and row["source"] for row in quo.provenance)
    keys = {(row["table"], row["key"]) for row in quo.provenance}
    assert ("parameters", "material.eta") in keys and ("priors", "parts") in keys
    changed = load_scenario("status_quo", {"parameters": {"material.eta": 0.3}})
    assert changed.provenance[-1] | {"source": ""} == {
        "table": "config", "key": "parameters.material.eta", "value": 0.3, "unit": "", "mark": "scenario",
        "source": "",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["my_scenario", "v1.2", "Dy-100t", "x" * 100])
def test_name_comes_from_the_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.yaml"
    path.write_text("base: status_quo\n", encoding="utf-8")
    s = load_scenario(path)
    assert (s.name, s.config["name"], s.title) == (name, name, "")


@pytest.mark.parametrize(
    ("name", "fix"),
    [("my scénario", "my_sc_nario"), ("稀土", "mine"), (".hidden", "hidden"), ("x" * 101, "x" * 100)],
)
def test_a_file_whose_name_no_scenario_can_have_is_refused(name: str, fix: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.yaml"
    path.write_text("base: status_quo\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"name: {fix.lstrip('-')}`"):
        load_scenario(path)
    path.write_text("base: status_quo\nname: mine\n", encoding="utf-8")
    assert load_scenario(path).name == "mine"


def test_examples_of_the_docstrings_run() -> None:
    """Those of `Scenario` and of `load_scenario`."""
    result = doctest.testmod(scenario_module)
    assert (result.failed, result.attempted >= 8) == (0, True)
