"""The loss curve as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...analysis.summary_tables.rows import COUNTRIES
from ...calibration.backtest.loss_curve import PUBLISHED, Loss, published
from ...scenarios.scenario import load_scenario
from ...store.atomic_files import file_errors, write_text
from ..plots.loss_curve import draw
from .backtest_publish import equations_digest
from .markdown_table import break_lines

HEAD = """# Losses against the elasticity of substitution

`supplyshock losses --page docs/losses.md` generates this page.

The output lost to a missing input depends on how easily users can substitute it, and no data set
determines this elasticity. Published losses differ because their elasticities differ. So the
model draws the elasticity on every path and reports losses as a function of it: the result is the
curve, not a point on it. Losses are lost output along the chain over the horizon, without the
price bill. The price elasticity of use moves with the elasticity of substitution, because both
describe the same behaviour.
"""


def page(rows: Sequence[Loss], titles: Mapping[str, str], picture: str, paths: int, seed: int) -> str:
    """The page in Markdown, with the table and the picture of the losses."""
    parts = [
        HEAD,
        f"{paths:,} paths per scenario and elasticity, seed {seed}.\n",
        f"![Losses along the elasticity]({picture})\n",
    ]
    for scenario, title in titles.items():
        parts += [f"## {title}\n", f"Scenario `{scenario}`.\n", _table([r for r in rows if r.scenario == scenario]), ""]
        parts += [f"{_published_text(scenario)}\n"] if _published_text(scenario) else []
    parts += ["## Published elasticities\n"]
    parts += [f"* {e.central:g} ({e.low:g} to {e.high:g}): {e.what}. {e.source} [{e.mark}]" for e in PUBLISHED]
    parts += [f"\n<!-- {provenance_line(list(titles))} -->"]
    return break_lines("\n".join(parts) + "\n")


def _published_text(scenario: str) -> str:
    texts = [
        f"Published: {p.value:g} bn USD ({p.low:g} to {p.high:g}), {COUNTRIES[p.bloc]}: {p.source} [{p.mark}]."
        for p in published()
        if p.scenario == scenario
    ]
    return " ".join(texts)


NOTHING = 0.01
"""bn USD below which a party has no rows."""


def _table(rows: Sequence[Loss]) -> str:
    lines = ["| elasticity | party | mean, bn USD | 5 % | median | 95 % | mean, % of a year's GDP |", "|" + "---|" * 7]
    losers = {r.party for r in rows if r.mean >= NOTHING}
    spared = list(dict.fromkeys(r.party for r in rows if r.party not in losers))
    for r in rows:
        if r.party not in spared:
            numbers = " | ".join(f"{x:.3g}" for x in (r.low, r.median, r.high, r.percent_of_gdp))
            lines.append(f"| {r.sigma:g} | {COUNTRIES[r.party]} | {r.mean:.3g} ± {r.se:.2g} | {numbers} |")
    return "\n".join([*lines, *(f"\n{COUNTRIES[p]}: less than {NOTHING:g} bn USD everywhere." for p in spared)])


def provenance_line(scenarios: Sequence[str]) -> str:
    """Digests of scenarios and equations: a page with other digests is stale."""
    digests = [f"{name} {load_scenario(name).digest[:12]}" for name in scenarios]
    return f"made from {', '.join(digests)}, equations {equations_digest()[:12]}"


def publish(rows: Sequence[Loss], titles: Mapping[str, str], file: Path, paths: int, seed: int) -> list[Path]:
    """Writes the page and its picture beside it. Raises `StoreError`."""
    picture = file.with_suffix(".png")
    with file_errors(file):
        draw(rows, titles, picture)
        write_text(file, page(rows, titles, picture.name, paths, seed))
    return [file, picture]
