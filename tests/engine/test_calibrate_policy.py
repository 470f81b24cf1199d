"""Calibration of the negotiation: what goes in, what comes out, and that the default data set holds just that."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from supplyshock.calibration.policy.calibrate import Options, estimate_all, fit_process, read_history
from supplyshock.calibration.policy.events import Event, read_events
from supplyshock.calibration.policy.predictive_checks import checks
from supplyshock.calibration.policy.regimes import Spell, read_regimes, regime_before, regime_history
from supplyshock.calibration.policy.weekly_histories import histories, select_weeks, week_days
from supplyshock.scenarios.dataset.csv_table import read_rows
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.scenarios.shipped import default_data
from supplyshock_kernels.estimation.simulate import simulate
from supplyshock_kernels.params import CALM, ESCALATION, PARTIES
from support.command import invoke, said

TIMELINE = default_data() / "policy_timeline.csv"
REGIMES = default_data() / "policy_regimes.csv"
HEAD = "date,actor,kind,target,severity\n"
LISTS = ("ga_ge", "cn_tariffs", "advanced_chips", "us_tariffs")


def timeline(folder: Path, rows: str, head: str = HEAD) -> Path:
    path = folder / "mine.csv"
    path.write_text(head + rows, encoding="utf-8")
    return path


# -- the default data set


def test_default_config_uses_what_the_timeline_gives() -> None:
    history = read_history(TIMELINE, None, Options())
    estimates = {e.parameter: e.rounded for e in estimate_all(history, fit_process(history, Options(), prior=True))}
    table = read_rows(default_data(), "parameters", ("parameter", "value"), [])
    used = {row["parameter"]: float(row["value"]) for _, row in table.rows}
    assert len(estimates) == 65
    assert {k: used[k] for k in estimates} == pytest.approx(estimates, rel=0.005)
    assert estimates["policy.expiry.roll"] + estimates["policy.expiry.deal"] == pytest.approx(5 / 6)


def test_default_timeline_in_figures() -> None:
    events, spells = read_events(TIMELINE, load_lists()), read_regimes(REGIMES)
    assert sum(len(e.parties) for e in events if e.is_act or e.kind == "relax") == 183
    seen = regime_history(spells, events[0].day, events[-1].day)
    assert sum(seen.years.values()) == pytest.approx((events[-1].day - events[0].day).days / 365.25)
    assert seen.changes["escalation", "truce"] + seen.changes["escalation", "talks"] == 7
    assert seen.expiries == {"roll": 3}
    assert seen.truce_falls == {True: 1, False: 3}


def load_lists() -> tuple[str, ...]:
    from supplyshock.scenarios.dataset.dataset_labels import read_labels

    return read_labels(default_data() / "dataset.yaml").list_ids


# -- from days to weeks


def test_weeks_by_hand() -> None:
    """A Friday and the Monday after it share a week on four of the seven days on which weeks may begin."""
    first = date(2025, 1, 3)
    events = [
        Event(first, "day", ("US",), "restrict", "chips", 0.4, ("advanced_chips",)),
        Event(first + timedelta(days=3), "day", ("CN",), "retaliate", "tariffs", 0.2, ()),
        Event(first + timedelta(days=3), "day", ("CN",), "restrict", "minerals", 0.7, ("ga_ge",)),
        Event(first + timedelta(days=30), "day", ("CN",), "relax", "minerals", 0.5, ()),
    ]
    data = histories(events, [Spell(date(2020, 1, 1), "calm"), Spell(first, "escalation")], seed=0)
    assert data.weeks.acted.prod(axis=2).sum() == 4
    assert data.weeks.acted.sum() == 14  # two weeks with an act in each history; a relaxation is none
    assert data.weeks.severity.max(axis=1) == pytest.approx(np.tile([0.7, 0.4], (7, 1)))
    assert data.weeks.tariff.sum() == 0  # the severest act of the week was on a list
    assert data.weight.sum() == pytest.approx(np.mean([(30 + k) // 7 + 1 for k in range(7)]))
    # what happens on the day of a change happens before it
    assert data.weeks.regime[0, 0] == CALM and data.weeks.regime[1, 0] == CALM and data.weeks.regime[0, 1] == ESCALATION
    days = week_days(events, data.weight.shape[1])
    assert days[3][0] == first - timedelta(days=3)
    assert select_weeks(data, days, first, date.max).weight.sum() < data.weight.sum()


def test_rough_days_are_drawn_anew() -> None:
    day = date(2024, 6, 12)
    events = [Event(day - timedelta(days=60), "day", ("US",), "restrict", "chips", 0.4, None),
              Event(day, "month", ("CN",), "restrict", "chips", 0.4, None),
              Event(day + timedelta(days=60), "day", ("US",), "restrict", "chips", 0.4, None)]  # fmt: skip
    calm = [Spell(date(2020, 1, 1), "calm")]
    first, again, other = (histories(events, calm, seed).weeks.acted for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()
    when = [np.flatnonzero(h[:, 0])[0] for h in first]
    assert len(set(when)) > 1 and (first.sum(axis=1) == [1, 2]).all()


def test_spells_by_hand() -> None:
    day = date.fromisoformat
    spells = [
        Spell(day("2020-01-01"), "escalation"),
        Spell(day("2020-07-01"), "truce", day("2020-10-01")),
        Spell(day("2020-09-20"), "truce", day("2021-09-20")),  # in its last two weeks: rolled
        Spell(day("2021-01-01"), "escalation"),  # long before its end: a fall
        Spell(day("2021-02-01"), "truce", day("2021-03-31")),
        Spell(day("2021-02-08"), "truce"),  # renewed long before its end: rolled as well
        Spell(day("2021-03-01"), "deal"),
    ]
    seen = regime_history(spells, day("2020-01-01"), day("2021-12-31"))
    assert seen.expiries == {"roll": 2}
    assert seen.changes == {("escalation", "truce"): 2, ("truce", "escalation"): 1, ("truce", "deal"): 1}
    assert seen.truce_falls == {True: 1}
    assert seen.truce_years[True] == pytest.approx(191 / 365.25) and seen.truce_years[False] == pytest.approx(
        21 / 365.25
    )
    assert seen.clocks == {"short": 2, "long": 1}
    assert regime_before(spells, day("2020-07-01")) == ESCALATION


# -- what the fitted process would have produced


def test_checks_hold_for_histories_of_the_process_itself() -> None:
    """Of 14 statistics of 12 histories, 90 % lie inside; fewer than 75 % would come by chance once in 1e5."""
    history = read_history(TIMELINE, None, Options())
    params = fit_process(history, Options(starts=1), prior=True).params
    severity_parameters = np.array([[1.81, 3.26], [1.98, 3.68]])
    regime = history.data.weeks.regime[0]
    made = simulate(regime, params, severity_parameters, 800, np.random.default_rng(1))
    inside = []
    for k in range(12):
        seen = simulate(regime, params, severity_parameters, 1, np.random.default_rng(100 + k))
        same = history.data._replace(weeks=type(made)(*(np.tile(x, (7,) + (1,) * (x.ndim - 1)) for x in seen)))
        results = checks(same, made, history.days)
        inside += [c.inside for c in results]
        assert sum(c.observed for c in results if "act of" in c.name) == pytest.approx(seen.acted.sum(), abs=2)
    assert np.mean(inside) > 0.75
    quiet = simulate(
        regime, params._replace(base=params.base * 0.3), severity_parameters, 800, np.random.default_rng(1)
    )
    assert np.mean([c.inside for c in checks(history.data, quiet, history.days)]) < 0.5  # negative control


# -- the command


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default timeline from 2024 on: a few fits, no year to predict."""
    lines = TIMELINE.read_text(encoding="utf-8").splitlines()
    path = tmp_path_factory.mktemp("calibrate") / "short.csv"
    late = [line for line in lines[1:] if line >= "2024"]
    path.write_text("\n".join([lines[0], *late]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def answered(short: Path) -> tuple[dict[str, object], Path, str]:
    config, figure = short.with_name("fit.yaml"), short.with_name("fit.png")
    few = ("--starts", "1", "--simulations", "100")
    answer = invoke("calibrate", "policy", short, *few, "--out", config, "--figure", figure, "--json")
    assert answer.exit_code == 0, answer.output
    assert figure.read_bytes()[:4] == b"\x89PNG"
    return json.loads(answer.stdout), config, answer.stderr


def test_json_and_progress(answered: tuple[dict[str, object], Path, str]) -> None:
    told, _, stderr = answered
    assert told["first"] == "2024-03-29" and told["acts"] == 75  # the first row is an ally's
    names = [p["parameter"] for p in told["parameters"]]  # type: ignore[attr-defined]
    assert len(names) == len(set(names)) and "policy.cross" in names
    assert {m["name"] for m in told["models"]} >= {"Poisson", "regime-Poisson", "lag-only Hawkes"}  # type: ignore[attr-defined]
    assert told["rolling_years"] == [] and told["held_out"] == []
    assert all(set(c) >= {"observed", "low", "high", "inside"} for c in told["checks"])  # type: ignore[attr-defined]
    assert "fits" in stderr and "wrote" in stderr and "drew" in stderr


def test_written_config_is_one(answered: tuple[dict[str, object], Path, str]) -> None:
    told, config, _ = answered
    mine = config.with_name("mine.yaml")
    mine.write_text("base: [status_quo, fit.yaml]\n", encoding="utf-8")
    scenario = load_scenario(mine)
    assert "title: " in config.read_text(encoding="utf-8")
    value = {p["parameter"]: p["value"] for p in told["parameters"]}  # type: ignore[attr-defined]
    for a, party in enumerate(PARTIES):
        assert scenario.params.policy.base_rate[a, ESCALATION] == value[f"policy.base_rate.{party}.escalation"]
    assert scenario.params.policy.cross == value["policy.cross"]


WRONG = {
    "missing file": (None, 65, ["nowhere.csv", "no such file"]),
    "no column": ("date,actor,kind,target\n", 65, ["severity"]),
    "empty": (HEAD, 65, ["no events"]),
    "nothing that acts": (HEAD + "2024-01-02,CN,relax,chips,0.3\n", 65, ["no events", "restrict"]),
    "bad date": (HEAD + "2024-13-02,CN,restrict,chips,0.3\n", 65, ["mine.csv:2", "date", "2024-13-02"]),
    "out of order": (
        HEAD + "2024-03-02,CN,restrict,chips,0.3\n2024-03-01,US,restrict,chips,0.3\n",
        65,
        ["mine.csv:3", "order", "2024-03-01"],
    ),
    "before the regimes": (HEAD + "1999-03-02,CN,restrict,chips,0.3\n", 65, ["no regime", "1999-03-02"]),
    "unknown party": (HEAD + "2024-01-02,USA,restrict,chips,0.3\n", 65, ["actor", "USA", "did you mean 'US'"]),
    "unknown kind": (HEAD + "2024-01-02,US,restric,chips,0.3\n", 65, ["kind", "did you mean 'restrict'"]),
    "unknown list": (
        "date,actor,kind,target,severity,lists\n2024-01-02,CN,restrict,chips,0.3,ga_gee\n",
        65,
        ["lists", "ga_gee", "did you mean 'ga_ge'"],
    ),
    "severity": (HEAD + "2024-01-02,US,restrict,chips,1.3\n", 65, ["severity", "0..1", "1.3"]),
    "one severity": (
        HEAD + "2024-01-02,US,restrict,chips,.3\n2024-05-02,CN,restrict,chips,.3\n",
        65,
        ["too few", "expected 3 different severities, got 1"],
    ),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_wrong_timeline(case: str, tmp_path: Path) -> None:
    text, code, parts = WRONG[case]
    path = timeline(tmp_path, "", text) if text else tmp_path / "nowhere.csv"
    answer = invoke("calibrate", "policy", path, "--quiet")
    assert (answer.exit_code, answer.stdout) == (code, ""), answer.output
    assert answer.stderr.count("Error: ") == 1 and "Traceback" not in answer.stderr
    for word in parts:
        assert word in said(answer), answer.stderr


@pytest.mark.parametrize(
    ("args", "code", "parts"),
    [
        (["--train-to", "1999-01-01"], 2, ["--train-to", "2011-06-01", "1999-01-01"]),
        (["--train-to", "2031-01-01"], 2, ["--train-to", "2026-09-28"]),
        (["--train-to", "soon"], 2, ["--train-to", "soon"]),
        (["--starts", "0"], 2, ["--starts"]),
        (["--out", "fit.txt"], 2, ["--out", ".yaml"]),
        (["--out", "/dev/null/fit.yaml"], 74, ["/dev/null", "folder"]),
        (["--figure", "fit.doc"], 2, ["--figure", ".png"]),
        (["--figure", "/dev/null/fit.png"], 74, ["/dev/null", "folder"]),
        (["--regimes", "nowhere.csv"], 65, ["nowhere.csv"]),
    ],
)
def test_wrong_use(args: list[str], code: int, parts: list[str]) -> None:
    answer = invoke("calibrate", "policy", *args)
    assert (answer.exit_code, answer.stdout) == (code, "")
    for word in parts:
        assert word in answer.stderr


def test_wrong_regimes(tmp_path: Path) -> None:
    path = tmp_path / "regimes.csv"
    for rows, parts in (
        ("2009-01-01,calm,\n2008-01-01,talks,\n", ("regimes.csv:3", "2009-01-01")),
        ("2009-01-01,clam,\n", ("did you mean 'calm'",)),
        ("2009-01-01,calm,2010-01-01\n", ("clock_end", "only a truce")),
        ("", ("no regimes",)),
    ):
        path.write_text("date,regime,clock_end\n" + rows, encoding="utf-8")
        answer = invoke("calibrate", "policy", "--regimes", path)
        assert answer.exit_code == 65
        assert all(select_weeks in said(answer) for select_weeks in parts), answer.stderr


def test_wrong_part_is_answered_with_the_nearest() -> None:
    answer = invoke("calibrate", "polcy")  # codespell:ignore polcy
    assert answer.exit_code == 2 and "did you mean 'policy'" in answer.stderr


@pytest.mark.slow
def test_whole_timeline_and_what_came_after(tmp_path: Path) -> None:
    """Replies and the lag beat regime-Poisson on weeks they have not seen, and 2025 is a miss that is shown."""
    answer = invoke("calibrate", "policy", "--json", "--quiet", "--train-to", "2024-01-01")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    gain = {h["name"]: h["gain"] for h in told["rolling_years"]}
    assert gain["replies and cross lag"] > 10 and gain["Poisson"] < 0
    assert told["held_out"] and told["trained_to"] == "2024-01-01"
    assert any(not c["inside"] and "2025" in c["name"] for c in told["checks"])
