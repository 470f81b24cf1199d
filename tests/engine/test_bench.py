"""The suites run, count what they do, and a slower machine is told from noise."""

from __future__ import annotations

import importlib
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from supplyshock.benchmarking import measure as measuring
from supplyshock.benchmarking.measure import Timing, compare, measure, time_case
from supplyshock.benchmarking.record import Record, dumps, page, rate, read_record
from supplyshock.benchmarking.suites import SUITES, Case, Store, Threads, fewer_markets
from supplyshock.common.errors import DataError
from supplyshock.scenarios.scenario import load_scenario
from supplyshock_kernels import backends
from supplyshock_kernels.params import Grid
from support.command import invoke, is_one_clear_line


class Sleep(Case):
    """A known time, a slow first call, and one case that cannot run here."""

    params = ((0.02, 0.04, -1.0),)
    param_names = ("seconds",)

    def setup(self, seconds: float) -> None:
        if seconds < 0:
            raise NotImplementedError
        self.calls = 0

    def time_sleep(self, seconds: float) -> None:
        time.sleep(seconds + (0.2 if self.calls == 0 else 0))
        self.calls += 1

    def work(self, seconds: float) -> float:
        return 1000.0


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUITES, "kernels", (Sleep,))
    monkeypatch.setattr(measuring, "MIN_SECONDS", 0.01)


def test_the_first_call_is_apart(tiny: None) -> None:
    """A sleep is never shorter than asked for; how much longer depends on the machine."""
    timings = list(measure(["kernels"]))
    assert [t.case for t in timings] == ["Sleep.time_sleep(0.02)", "Sleep.time_sleep(0.04)"]
    for t, least in zip(timings, (0.02, 0.04), strict=True):
        assert t.first > 0.2 + least
        assert least <= t.low <= t.seconds <= t.high
        assert t.seconds < t.first
        assert t.rate == pytest.approx(1000 / t.seconds)
        assert t.repeats >= 5


def timing(seconds: float, spread: float = 0.0) -> Timing:
    return Timing("s", "c", 1.0, seconds, seconds * (1 - spread), seconds * (1 + spread), 5, 1 / seconds, "MB")


@pytest.mark.parametrize(
    ("now", "then", "verdict"),
    [
        (timing(1.0), timing(1.0), "same"),
        (timing(1.04), timing(1.0), "same"),
        (timing(1.2), timing(1.0), "slower"),
        (timing(0.8), timing(1.0), "faster"),
        (timing(1.2, 0.05), timing(1.0, 0.05), "same"),
        (timing(1.5, 0.05), timing(1.0, 0.05), "slower"),
    ],
)
def test_changes_and_noise(now: Timing, then: Timing, verdict: str) -> None:
    (change,) = compare([now], [then, replace(then, case="other")])
    assert change.verdict == verdict


def test_a_record_survives_its_file(tmp_path: Path) -> None:
    record = Record.of([timing(1.0), replace(timing(2.0), unit="market-steps", rate=5.31e7)], 0.1)
    (tmp_path / "r.json").write_text(dumps(record))
    assert read_record(tmp_path / "r.json") == record
    assert rate(record.timings[1]) == "53.1 M market-steps/s"
    assert "| c | 1 s | 1 s to 1 s | 1 s | 1 MB/s |" in page(record)
    (tmp_path / "r.json").write_text("{}")
    with pytest.raises(DataError, match="bench --json"):
        read_record(tmp_path / "r.json")


def test_fewer_markets_are_a_world() -> None:
    """The loops run on it, chips are those of the whole, and nothing is lost or NaN."""
    params = load_scenario("status_quo", {"weeks": 6}).params
    few = fewer_markets(params, 10)
    assert len(few.markets.group) == 10
    assert (few.markets.lead[-6:] == params.markets.lead[-6:]).all()
    seen = backends.get("numba")(few, Grid(), 1, range(64))
    whole = backends.get("numba")(params, Grid(), 1, range(64))
    assert seen.outcomes.shape[0] < whole.outcomes.shape[0]
    assert np.isfinite(seen.stats.total).all()
    assert fewer_markets(params, 26).markets.use.tolist() == params.markets.use.tolist()


def test_the_store_and_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones of the real suites; megabytes and market-steps are counted."""
    monkeypatch.setattr(measuring, "REPEATS", 1)
    monkeypatch.setattr(measuring, "MIN_SECONDS", 0.0)
    monkeypatch.setattr(Store, "PATHS", 1024)
    monkeypatch.setattr(Threads, "PATHS", 128)
    for name in ("time_write", "time_read"):
        store = Store()
        measured = time_case("store", name, store, name, ())
        assert measured is not None
        assert measured.rate * measured.seconds == pytest.approx(store.size)
        assert not store.folder.exists()
    threads = time_case("scaling", "t", Threads(), "time_calls", (2,))
    assert threads is not None
    assert threads.rate * threads.seconds == pytest.approx(2 * 128 * 104 * 26)


def test_the_command(tiny: None, tmp_path: Path) -> None:
    done = invoke("bench", "--suite", "kernels", "--json", "-o", tmp_path / "a.json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "a.json").read_text())
    assert "... Sleep.time_sleep(0.02)" in done.stderr
    again = invoke("bench", "--suite", "kernels", "--against", tmp_path / "a.json", "--quiet")
    assert "x the time, " in again.stdout
    then = json.loads((tmp_path / "a.json").read_text())
    for t in then["timings"]:
        t.update(seconds=t["seconds"] / 3, low=t["low"] / 3, high=t["high"] / 3)
    (tmp_path / "b.json").write_text(json.dumps(then))
    slower = invoke("bench", "--suite", "kernels", "--against", tmp_path / "b.json", "--quiet")
    assert slower.exit_code == 1
    assert "slower" in slower.stdout


def test_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("no")
    done = invoke("bench", "--against", tmp_path / "x.json")
    assert done.exit_code == 65
    assert is_one_clear_line(done)
    assert invoke("bench", "--suite", "speed").exit_code == 2


@pytest.mark.parametrize(("script", "page"), [("performance", "performance.md"), ("variance", "variance.md")])
def test_pages_of_measurements_are_of_what_was_measured(script: str, page: str) -> None:
    """Nothing on them is typed by hand: they are what the committed figures give."""
    root = Path(__file__).parents[2]
    made = importlib.import_module(script)
    files = () if script == "performance" else (made.RESULT, made.SOURCES)
    figures = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    assert made.render(*figures) == (root / "docs" / page).read_text(encoding="utf-8")


def test_the_line_on_speed_of_the_readme_is_what_was_measured() -> None:
    root = Path(__file__).parents[2]
    made, text = importlib.import_module("performance"), (root / "README.md").read_text(encoding="utf-8")
    assert made.readme(text) == text
    assert made.readme(text.replace("A million two-year paths", "Paths")) == text
