"""The loss curve as a picture and as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...analysis.summary_tables.rows import COUNTRIES
from ...calibration.backtest.loss_curve import PUBLISHED, Loss, published
from ...scenarios.scenario import load_scenario
from ...store.atomic_files import file_errors
from ..plots.fan_chart import COLOURS, DPI, FAINT, INK
from .backtest_publish import equations_digest

HEAD = """# Losses against the elasticity of substitution

Made by `supplyshock losses --page docs/losses.md`; nothing on it is written by hand.

How much output a missing input costs depends on how easily users do without it, and no data set pins that down.
Published losses differ because their elasticities do. So the model draws the elasticity on every path, and shows
losses along it: the answer is the curve, not a point on it. Losses are lost output along the chain over the horizon,
without the price bill. The price elasticity of use moves along, since it is the same behaviour.
"""


def page(rows: Sequence[Loss], named: Mapping[str, str], picture: str, paths: int, seed: int) -> str:
    """The page."""
    parts = [
        HEAD,
        f"{paths:,} paths a scenario and elasticity, seed {seed}.\n",
        f"![Losses along the elasticity]({picture})\n",
    ]
    for scenario, title in named.items():
        parts += [f"## {title}\n", f"Scenario `{scenario}`.\n", _table([r for r in rows if r.scenario == scenario]), ""]
        parts += [f"{_said(scenario)}\n"] if _said(scenario) else []
    parts += ["## Published elasticities\n"]
    parts += [f"* {e.central:g} ({e.low:g} to {e.high:g}): {e.what}. {e.source} [{e.mark}]" for e in PUBLISHED]
    parts += [f"\n<!-- {made_from(list(named))} -->"]
    return "\n".join(parts) + "\n"


def _said(scenario: str) -> str:
    found = [
        f"Published: {p.value:g} bn USD ({p.low:g} to {p.high:g}), {COUNTRIES[p.bloc]}: {p.source} [{p.mark}]."
        for p in published()
        if p.scenario == scenario
    ]
    return " ".join(found)


NOTHING = 0.01
"""bn USD below which a party has no rows."""


def _table(rows: Sequence[Loss]) -> str:
    lines = ["| elasticity | who | mean, bn USD | 5 % | median | 95 % | mean, % of a year's GDP |", "|" + "---|" * 7]
    spared = {r.party for r in rows} - {r.party for r in rows if r.mean >= NOTHING}
    for r in rows:
        if r.party not in spared:
            numbers = " | ".join(f"{x:.3g}" for x in (r.low, r.median, r.high, r.percent_of_gdp))
            lines.append(f"| {r.sigma:g} | {COUNTRIES[r.party]} | {r.mean:.3g} ± {r.se:.2g} | {numbers} |")
    return "\n".join([*lines, *(f"\n{COUNTRIES[p]}: less than {NOTHING:g} bn USD everywhere." for p in spared)])


def picture(rows: Sequence[Loss], named: Mapping[str, str], path: str | Path) -> Path:
    """Draws a panel per scenario into a PNG file and returns its path. Raises `OSError`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * len(named) + 0.4, 4.4), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(named), squeeze=False)[0]
    for ax, (scenario, title) in zip(axes, named.items(), strict=True):
        _panel(ax, [r for r in rows if r.scenario == scenario], scenario, title)
    axes[0].set_ylabel("lost output of the United States, bn USD", size=9, color=INK)
    said = "Line: mean; band: 5 to 95 % of paths. Grey: published elasticities. Dashed: published loss."
    figure.supxlabel(said, x=0.01, ha="left", size=8, color=FAINT)
    figure.savefig(path, format="png")
    return Path(path)


def _panel(ax: Any, rows: Sequence[Loss], scenario: str, title: str) -> None:
    mine = [r for r in rows if r.party == "US"]
    x = [r.sigma for r in mine]
    floor = max(max((r.mean for r in mine), default=1.0) / 2000.0, 1e-3)
    ax.fill_between(
        x, [max(r.low, floor) for r in mine], [max(r.high, floor) for r in mine], color=COLOURS["XC"], alpha=0.2, lw=0
    )
    ax.plot(x, [max(r.mean, floor) for r in mine], color=COLOURS["XC"], lw=2, marker="o", ms=4)
    for e in PUBLISHED:
        ax.axvspan(max(e.low, min(x)), min(e.high, max(x)), color=FAINT, alpha=0.1, lw=0)
        ax.axvline(e.central, color=FAINT, lw=0.8, ls=":")
    for p in published():
        if p.scenario == scenario:
            ax.axhspan(p.low, p.high, color=COLOURS["CN"], alpha=0.15, lw=0)
            ax.axhline(p.value, color=COLOURS["CN"], lw=1.2, ls="--")
    ax.set(xscale="log", yscale="log")
    ticks = [0.03, 0.05, 0.1, 0.2, 0.5]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_xlabel("elasticity of substitution", size=9, color=INK)
    ax.set_title(title, loc="left", size=11, weight="bold", color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=INK, labelsize=9)


def made_from(scenarios: Sequence[str]) -> str:
    """Digests of scenarios and equations: a page that says others is stale."""
    digests = [f"{name} {load_scenario(name).digest[:12]}" for name in scenarios]
    return f"made from {', '.join(digests)}, equations {equations_digest()[:12]}"


def publish(rows: Sequence[Loss], named: Mapping[str, str], file: Path, paths: int, seed: int) -> list[Path]:
    """Writes the page and its picture beside it. Raises `StoreError`."""
    drawn = file.with_suffix(".png")
    with file_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(rows, named, drawn)
        file.write_text(page(rows, named, drawn.name, paths, seed), encoding="utf-8")
    return [file, drawn]
