"""The back-test as a page of Markdown, generated from its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...calibration.backtest.score_tables import Record, Summary, summarise
from .backtest_coverage import answer, coverage_section
from .backtest_tables import left_out_section, published_section
from .markdown_table import break_lines, table

HEAD = """# Back-test

Past episodes and experiments, simulated with the default parameters and compared with observations.
`make backtest` generates this page from the configs `hindcast_*` and from `configs/observed.csv`.
"""
HOW = """## How to read it

Dated records set the policy path, quotas, outages and demand of an episode. Shares, prices and
stocks start at their values in its first week. The model simulates the response of the markets.

* *In* means that the observed number lies in the simulated 5-95 % band; nine of ten should.
* *Target* means that the simulated median lies in the band that the calibration may use
  ([model.md](model.md), section 14).
* *CRPS* (continuous ranked probability score) is the mean error of the whole distribution, in
  logs: .10 is about 10 %, and smaller is better.
* *No change* and *walk* are two naive forecasts: no change from the first week, and a random walk
  of 24 % a year from there.

**Which rows count.** Coverage and PIT count every observed number of the dated episodes and of
the calm world, whose figures are moments of prices over years in which little happened. A row
with a band and no number is a bound and not an observation, and counts nowhere. Losses that other
models published are not observations either; the table of stops has them. A moment of a window
(volatility, autocorrelation) has no horizon.

**Limits.** Parameters were fitted to the observed ratios and targets on this page (decision
0042), so none of its rows is an independent test. The tests are the episodes left out one at a
time and the other minerals, below, and the record since October 2022 ([nowcast.md](nowcast.md)).
Both naive forecasts ignore the quotas, licences and outages that the episodes prescribe, so the
model should beat them. The weakest inputs of the episodes rest on expert judgement ([J] in the
configs): baseline shares, stocks, the volume behind a quota, rates of approval.
"""


HELD_OUT = """## Out of sample: other minerals

No parameter was fitted to these minerals, and no size was chosen with them in view. The
parameters are the same, with an elasticity that follows from the price in dollars. Markets,
prescribed approvals and observed numbers were fixed before the first run (decision 0041), and no
total above counts them. The data set is optional
([data.md](data.md#more-minerals-an-optional-data-set)). Misses stay as they are.
"""


def page(
    rows: Sequence[Record],
    about: Mapping[str, Any],
    pit_picture: str,
    about_text: str,
    held_out: Sequence[Record] = (),
) -> str:
    """The page: the answer, how far bands hold, then episode by episode. `about` is the provenance."""
    names = list(dict.fromkeys(r["episode"] for r in rows))
    null = about.get("null")
    parts = [
        HEAD,
        answer(rows, null, about.get("left_out") or ()),
        f"{about_text}\n",
        coverage_section(rows, null, pit_picture),
    ]
    parts += ["## Scores by episode\n", _scores(rows, names), "", published_section(rows)]
    parts += [left_out_section(about.get("left_out") or [], about.get("left_out_stale", False)), HOW]
    for name in names:
        parts += _episode(name, [r for r in rows if r["episode"] == name], about)
    parts += _held_out(held_out, about)
    return break_lines("\n".join(part for part in parts if part is not None).rstrip() + "\n")


def _episode(name: str, rows: Sequence[Record], about: Mapping[str, Any], level: str = "##") -> list[str]:
    title, picture = about["titles"][name], about["pictures"].get(name)
    parts = [f"{level} {title}\n", f"Scenarios: {_scenarios(rows)}.\n", _rows(rows), ""]
    return [*parts, f"![Observed points over the simulated fans, {title}]({picture})\n"] if picture else parts


def _held_out(rows: Sequence[Record], about: Mapping[str, Any]) -> list[str]:
    """A section of its own: no total counts these rows."""
    if not rows:
        return []
    names = list(dict.fromkeys(r["episode"] for r in rows))
    parts = [HELD_OUT, _scores(rows, names), ""]
    for name in names:
        parts += _episode(name, [r for r in rows if r["episode"] == name], about, "###")
    return parts


def _scenarios(rows: Sequence[Record]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(r["scenario"] for r in rows))


def _scores(rows: Sequence[Record], names: Sequence[str]) -> str:
    header = ("episode", "points", "in the 90 % band", "targets met", "CRPS", "no change", "random walk")
    groups = [(n, [r for r in rows if r["episode"] == n]) for n in names]
    groups.append(("**all**", list(rows)))
    free = [r for r in rows if not r["target"]]
    if len(free) < len(rows):
        groups.append(("all without a target", free))
    return table(header, [_score(name, summarise(group)) for name, group in groups])


def _score(name: str, s: Summary) -> list[str]:
    crps = [f"{x:.2f}" if x == x else "" for x in (s.crps, s.crps_no_change, s.crps_walk)]
    inside = f"{s.inside} ({100 * s.coverage:.0f} %)" if s.points else ""
    return [name, str(s.points), inside, f"{s.hits} of {s.targets}", *crps]


def _rows(rows: Sequence[Record]) -> str:
    header = (
        "what",
        "when",
        "observed",
        "simulated median",
        "5-95 %",
        "in",
        "target",
        "CRPS",
        "no change",
        "walk",
        "source",
    )
    return table(header, [_row(r) for r in rows])


def _row(r: Record) -> list[str]:
    band = f"({r['band_low']} to {r['band_high'] or '...'})" if r["band_low"] or r["band_high"] else ""
    name = r["target"] or "band"
    hit = {"": r["target"], "1": f"{name} met", "0": f"**{name} missed**"}[r["hit"]]
    inside = {"": "", "1": "in", "0": "**out**"}[r["inside"]]
    source = f"{r['source']} [{r['mark']}]" + (f"; {r['note']}" if r["note"] else "")
    return [
        r["what"], f"{r['from']} to {r['to']}", f"{r['observed']} {band}".strip(), r["median"],
        f"{r['q05']} to {r['q95']}", inside, hit, r["crps"], r["crps_no_change"], r["crps_walk"],
        source.replace("|", "/"),
    ]  # fmt: skip
