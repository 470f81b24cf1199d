"""The page about a run: its numbers, that nothing can break out of it, and that a browser shows it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from supplyshock import measure
from supplyshock.analysis.risk_measures import quantile
from supplyshock.common.number_format import number
from supplyshock.reporting.page import read_backtest, write_report
from supplyshock.reporting.page.collect import collect
from supplyshock.reporting.page.drivers import rank_correlation
from supplyshock.reporting.page.elasticity import _curve
from supplyshock.reporting.page.findings import answers
from supplyshock.reporting.page.write import as_script, render
from support.command import SCENARIOS, invoke, is_one_clear_line, small_run, tree

__all__ = ["small_run", "tree"]
EVIL = """</script><script>window.broken = 1</script><img src=x onerror="window.broken=1">'"&amp;\u2028"""
US_LOSS = "United States: lost output"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page(HTMLParser):
    """Tags and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def page_figures(tree: Any) -> dict[str, Any]:
    return collect(tree, stories=False)


def test_numbers_are_those_of_the_run(page_figures: dict[str, Any], tree: Any) -> None:
    assert [s["name"] for s in page_figures["scenarios"]] == list(SCENARIOS)
    week, quote = 30, tree["summary"]["price_ratio_quantile"].sel(scenario="breakdown", market="Dy", bloc="XC")
    wanted = quote.sel(quantile=0.95, method="nearest").values[week]
    assert page_figures["fans"]["breakdown"]["Dy"]["XC"][4][week] == pytest.approx(wanted, rel=1e-3)
    assert np.allclose(np.sum(page_figures["regimes"]["probability"]["swap_deal"], axis=0), 1, atol=1e-3)
    loss = measure(tree, "loss:CN", scenario="status_quo").values.astype(float)
    told = page_figures["distributions"]["status_quo"]["CN"]
    assert told["none"][0] == pytest.approx((loss <= 0).mean())
    along = page_figures["elasticity"]["status_quo"]["CN"]
    assert np.mean(along["mean"]) == pytest.approx(loss.mean(), rel=0.02), "groups of nearly equal numbers"
    assert [p["central"] for p in page_figures["published"]]
    lost = ("losses", "status_quo", "China: lost output")
    rows = [r for r in page_figures["rows"] if (r["table"], r["scenario"], r["item"]) == lost]
    of_china = {r["statistic"]: (r["value"], r["error"]) for r in rows}
    assert of_china["P95"] == pytest.approx(tuple(quantile(loss, 0.95)), rel=1e-6)
    mean = page_figures["sectors"]["breakdown"]["CN"]["computing_dc"]
    plain = measure(tree, "loss:CN,computing_dc", scenario="breakdown").values.astype(float)
    assert mean == pytest.approx([plain.mean(), plain.std(ddof=1) / np.sqrt(300)], rel=1e-5)
    assert told["cvar"][0] == pytest.approx(np.sort(loss)[-15:].mean(), rel=0.1)
    sectors = page_figures["sectors"]["status_quo"]["CN"]
    assert sum(v[0] for v in sectors.values()) == pytest.approx(loss.mean(), rel=1e-5)
    first = tree["outcomes"]["first_stop_week"].sel(scenario="rift" if "rift" in SCENARIOS else "breakdown")
    ever = first.notnull().mean("path")
    bloc, sector = (str(x) for x in ever.stack(place=("bloc", "sector")).idxmax().item())
    share, stopped = ever.sel(bloc=bloc, sector=sector), first.sel(bloc=bloc, sector=sector).dropna("path").values
    assert len(stopped) > 0
    assert page_figures["calendar"]["breakdown"]["share"][bloc][sector][-1] == pytest.approx(float(share), abs=1e-4)
    wanted_day = tree["summary"]["time"].values[int(np.sort(stopped)[int(np.ceil(len(stopped) / 2)) - 1])]
    assert page_figures["calendar"]["breakdown"]["median"][bloc][sector] == str(wanted_day)[:10]
    hold = 1 - tree["outcomes"]["ex_china_supply_share"].sel(scenario="swap_deal", market="Nd").mean("path")
    assert page_figures["holds"]["swap_deal"]["market"]["Nd"][0] == pytest.approx(float(hold), rel=1e-5)


def test_losses_along_the_elasticity() -> None:
    """Groups hold equal shares of the paths, in order; a loss of one over the elasticity is found; weights count."""
    rng = np.random.default_rng(3)
    x, w = rng.uniform(0.05, 0.5, 5000), rng.uniform(0.5, 2.0, 5000)
    noise = rng.normal(0, 0.1, 5000)
    for weights in (None, w):
        curve = _curve(x, 1 / x + noise, weights)
        at, mean, se = (np.array(curve[k]) for k in ("at", "mean", "se"))
        assert len(at) == 10
        assert (np.diff(at) > 0).all()
        edges = np.quantile(x, np.linspace(0, 1, 11))
        wanted = [np.average(1 / x[m], weights=None if weights is None else w[m])
                  for m in ((x >= a) & (x <= b) for a, b in pairwise(edges))]  # fmt: skip
        assert (np.abs(mean - wanted) < 5.5 * 0.1 / np.sqrt(250)).all()
        assert (se > 0).all()
        assert (np.array(curve["low"]) < mean).all()
    assert _curve(np.full(100, 0.13), np.ones(100), None)["at"] == []
    assert _curve(x[:40], x[:40], None)["at"] == []


def test_rank_correlation_is_spearmans_and_has_an_error() -> None:
    random = np.random.default_rng(4)
    x = random.normal(size=8000)
    y = np.maximum(x + 2 * random.normal(size=8000), 0)
    value, se = rank_correlation(x, y)
    assert value == pytest.approx(spearmanr(x, y).statistic, abs=1e-9)
    assert 0.005 < se < 0.02
    nothing, error = rank_correlation(x, random.normal(size=8000))  # negative control; 5 errors: 1 in 1e6
    assert abs(nothing) < 5 * error
    assert np.isnan(rank_correlation(x, 0 * x)[0])
    assert np.isnan(rank_correlation(x[:100], y[:100])[1])


def test_answers_lead_with_both_sides(page_figures: dict[str, Any]) -> None:
    said = " ".join(page_figures["lead"])
    assert said.startswith("Under “Status quo”, ")
    assert all(
        words in said for words in ("The United States loses ", "China", "deal", "“Swap deal”", "“Breakdown at expiry”")
    )
    assert "nan" not in said
    texts = [f"{a.figure} {a.text}" for a in answers(page_figures)]
    assert "United States" in texts[0]
    assert "China" in texts[1]
    assert any("Swap deal" in t for t in texts)
    assert "nan" not in " ".join(texts)


def evil_figures(page_figures: dict[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(page_figures))
    for s in copy["scenarios"]:
        s["title"] = s["description"] = EVIL
    copy["stories"] = {"paths": [{"heading": EVIL, "path": 1, "place": EVIL, "lines": [[EVIL, EVIL]]}], "note": EVIL}
    copy["backtest"] = {"verdict": EVIL, "scores": [[EVIL] * 7], "points": [[EVIL] * 8]}
    copy["provenance"] = [[EVIL, EVIL]]
    copy["sources"]["rows"] = [{"source": EVIL, "mark": EVIL, "figures": 1}]
    return copy


def test_no_text_of_a_config_becomes_html_or_code(page_figures: dict[str, Any]) -> None:
    page = render(evil_figures(page_figures), question=EVIL)
    parsed = Page(page)
    tags = [tag for tag, _ in parsed.tags]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert not [a for _, attrs in parsed.tags for a in attrs if a.startswith("on")]
    assert "<script>window.broken" not in page
    data = page.split('id="data">', 1)[1].split("</script>", 1)[0]
    assert json.loads(data)["scenarios"][0]["title"] == EVIL
    assert not set("<>&\u2028") & set(data)
    assert html.escape(EVIL, quote=False).split("\u2028")[0][:40] in page


def test_the_escape_of_scripts_is_needed() -> None:
    """Negative control: plain JSON would end the element."""
    assert "</script>" in json.dumps(EVIL)
    assert "<" not in as_script(EVIL)
    assert json.loads(as_script(EVIL)) == EVIL


def test_the_page_needs_nothing_else(tree: Any, tmp_path: Path) -> None:
    path = write_report(tree, tmp_path / "report.html", stories=False)
    assert path.stat().st_size < 5e6
    parsed = Page(path.read_text())
    for tag, attrs in parsed.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = attrs.get(name) or "#"
            assert value.startswith(("#", "data:")), (tag, value)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|innerHTML|import\(", path.read_text())
    assert "default-src 'none'" in path.read_text()


HEAD = "episode,scenario,target,what,from,to,observed,band_low,band_high,median,q05,q95,inside,hit,crps"
BACKTEST = f"""{HEAD},crps_no_change,crps_walk,unit,mark,source,note
2010,w,T1,"quote of Nd, top",2010-07-08,2012-12-27,13.6,10,15,30.04,5.475,106.9,1,0,0.5,1.8,0.2,1,,<b>a source</b>,
2010,w,,quote of Dy,2010-07-08,2012-12-27,20,,,87.5,26.7,407,0,,0.7,2.2,0.4,1,sourced,another,
2010,w,,exports of Ga,2010-07-08,2012-12-27,,0,0.15,0.1,0,0.2,,1,,,,1,expert judgement,a bound,
calm,w,T4,weekly log SD,2013-01-02,2017-12-27,0.021,,,0.0197,0.018,0.022,1,1,,,,1,sourced,a third,
"""


def test_the_backtest_has_a_place(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supplyshock.reporting.page.find_backtest", lambda: None)
    without, page = tmp_path / "without.html", tmp_path / "with.html"
    assert invoke("report", small_run, "--no-stories", "-o", without).exit_code == 0
    assert "This page has no back-test" in without.read_text()
    table = tmp_path / "past.csv"
    table.write_text(BACKTEST)
    assert invoke("report", small_run, "--no-stories", "-o", page, "--backtest", table).exit_code == 0
    text = page.read_text()
    assert "This page has no back-test" not in text
    assert "The bands are too narrow: 67 % of 3 observed numbers lie in the simulated 90 % band." in text
    assert "1 of 2 targets are met. Over 2 ratios the model is better than no change and no better than a" in text
    assert "<td>30.04 (5.475 to 106.9)</td><td>in</td><td>missed</td><td>&lt;b&gt;a source" in text
    backtest = read_backtest(table)
    assert backtest.scores[0] == ["2010", "2", "50 %", "0 of 1", "0.60", "2.00", "0.30"]
    assert backtest.scores[1] == ["calm", "1", "100 %", "1 of 1", "–", "–", "–"]


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", BACKTEST.replace("median", "mode"), BACKTEST.replace("0.7,2.2", "x,2.2")]
)
def test_what_is_no_backtest(text: str, small_run: Path, tmp_path: Path) -> None:
    table = tmp_path / "past.csv"
    table.write_text(text)
    answer = invoke("report", small_run, "-o", tmp_path / "x.html", "--backtest", table)
    assert answer.exit_code == 65
    assert is_one_clear_line(answer)
    assert not (tmp_path / "x.html").exists()


def test_long_runs_are_thinned(tree: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supplyshock.reporting.page.collect.MOST_NUMBERS", 10_000)
    short = collect(tree, stories=False)
    assert len(short["time"]) == len(short["fans"]["status_quo"]["Dy"]["XC"][0]) < 10


def test_the_command(small_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    made = invoke("report", small_run, "-o", out, "--question", "What <b>if</b>?")
    assert made.exit_code == 0, made.output
    assert str(out) in made.stdout
    text = out.read_text()
    assert "What &lt;b&gt;if&lt;/b&gt;?" in text
    assert "Three paths, as they happen" in text
    assert invoke("report", small_run, "--no-stories", "-o", tmp_path / "no.html").exit_code == 0
    assert "Three paths, as they happen" not in (tmp_path / "no.html").read_text()


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    answer = invoke("report", tmp_path, "-o", tmp_path / "x.html")
    assert answer.exit_code == 74
    assert is_one_clear_line(answer)


PROBE = """<script>
window.faults = [];
addEventListener("error", e => faults.push(String(e.message)));
addEventListener("securitypolicyviolation", e => faults.push("blocked " + e.violatedDirective + " " + e.blockedURI));
const say = console.error; console.error = (...x) => { faults.push(x.join(" ")); say(...x); };
</script>"""
CHECK = """<script>
// Texts of a chart that begin or end outside it: labels cut at its edge.
function cut(when) {
  for (const svg of document.querySelectorAll("svg")) {
    const whole = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.width && (box.left < whole.left - 1 || box.right > whole.right + 1))
        faults.push(when + ": cut: " + text.textContent.slice(0, 40));
    }
  }
}
const seen = {};
for (const select of document.querySelectorAll("select")) {
  const figures = new Set();
  for (const option of select.options) {
    select.value = option.value;
    select.dispatchEvent(new Event("change"));
    figures.add([...document.querySelectorAll("figure, .scroll")].map(f => f.innerHTML).join("|"));
    for (const p of document.querySelectorAll("svg *")) for (const a of p.attributes)
      if (/NaN|undefined|Infinity/.test(a.value))
        faults.push(select.id + " " + option.value + " " + a.name + "=" + a.value.slice(0, 80));
    if (/NaN|undefined/.test(document.querySelector("main").textContent))
      faults.push("text " + select.id + " " + option.value);
  }
  seen[select.id] = [select.options.length, figures.size];
  select.selectedIndex = 0;
  select.dispatchEvent(new Event("change"));
}
if (innerWidth > 900 && !document.title.includes('onerror')) cut("screen");
const cells = [...document.querySelectorAll("#table-tail td")].map(cell => cell.textContent);
const details = document.createElement("details");
document.querySelector("main").appendChild(details);
dispatchEvent(new Event("beforeprint"));
const printed = document.querySelectorAll("svg").length, opened = details.open;
for (const p of document.querySelectorAll("svg *")) for (const a of p.attributes)
  if (/NaN|undefined|Infinity/.test(a.value)) faults.push("print " + a.name + "=" + a.value.slice(0, 80));
dispatchEvent(new Event("afterprint"));
const out = document.createElement("pre");
out.id = "probe";
out.textContent = JSON.stringify({ faults, seen, cells, printed, opened,
  wide: document.documentElement.scrollWidth, inner: innerWidth,
  svgs: document.querySelectorAll("svg").length, broken: window.broken || 0 });
document.body.appendChild(out);
parent.postMessage(out.textContent, "*");
</script>"""
FRAME = """<!doctype html><iframe src="%s" style="width:%dpx;height:3000px;border:0"></iframe><pre id="told"></pre>
<script>
addEventListener("message", e => { document.getElementById("told").textContent = e.data; });
</script>"""  # a window of a headless browser is 500 px wide at least; a frame may be narrower


def browse(path: Path, width: int) -> dict[str, Any]:
    """What `CHECK` found in the page, shown `width` pixels wide."""
    frame = path.with_name("frame.html")
    frame.write_text(FRAME % (path.name, width))
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--disable-sync", "--window-size=1400,900", f"--user-data-dir={path.parent / 'profile'}",
        "--virtual-time-budget=20000", "--dump-dom", frame.as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    told = html.unescape(shown.split('<pre id="told">', 1)[1].split("</pre>", 1)[0])
    facts: dict[str, Any] = json.loads(told)
    return facts


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt install chromium)")
@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("evil", [False, True])
def test_a_browser_shows_it_and_its_controls_work(
    width: int, evil: bool, tree: Any, page_figures: dict[str, Any], tmp_path: Path
) -> None:
    page = render(evil_figures(page_figures)) if evil else render(collect(tree))
    path = tmp_path / "report.html"
    path.write_text(page.replace("<head>", "<head>" + PROBE).replace("</body>", CHECK + "</body>"))
    told = browse(path, width)
    assert told["inner"] == width
    assert told["faults"] == []
    assert told["broken"] == 0
    stories = 0 if evil else 3  # each with its chart
    assert told["svgs"] == 8 + stories
    assert told["wide"] <= told["inner"]  # nothing hangs over the edge of a phone
    assert told["printed"] == 3 * 3 + 5 + stories  # fans, probabilities and sectors of all scenarios
    assert told["opened"]
    assert len(told["seen"]) == 12
    rows = {r["statistic"]: r for r in page_figures["rows"] if r["scenario"] == "status_quo" and r["item"] == US_LOSS}
    assert told["cells"][0] == number(rows["mean"]["value"], rows["mean"]["error"])  # the page rounds as `show` does
    assert told["cells"][3] == number(rows["CVaR95"]["value"], rows["CVaR95"]["error"])
    for name, (options, figures) in told["seen"].items():
        assert figures == options > 1 or evil, name


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt install chromium)")
def test_the_probe_finds_a_fault(tmp_path: Path) -> None:
    """Negative control: a page that throws is reported."""
    path = tmp_path / "bad.html"
    body = "<main></main><script>undefinedName()</script>"
    path.write_text(f"<html><head>{PROBE}</head><body>{body}{CHECK}</body></html>")
    assert "undefinedName is not defined" in browse(path, 800)["faults"][0]


def test_a_page_that_cannot_be_written_is_called_a_file(small_run: Path) -> None:
    answer = invoke("report", small_run, "--no-stories", "-o", "/proc/none/x.html")
    assert answer.exit_code == 74
    assert "cannot write the file" in answer.stderr
    assert "resumes" not in answer.stderr
