"""The chart of one path: regimes, prices, controls, stops and losses over the same weeks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from supplyshock_kernels.params import REGIMES

from ...analysis.base_prices import base_words, usd_per_kg
from ...analysis.summary_tables.rows import PLACES
from ..plots.style import (
    COLUMN,
    DASHES,
    FAINT,
    INK,
    LINE_COLOURS,
    NOTE,
    PARTY_COLOURS,
    REGIME_COLOURS,
    SEQUENTIAL,
    TEXT,
    add_texts,
    date_axis,
    new_figure,
    open_axes,
    save,
    scale_multiples,
    spread_labels,
)
from ..plots.wrap_text import literal
from .damage import money
from .events import runs, times
from .narrative import Story
from .negotiation import ACTORS, names_of_list
from .prices import movers

ROW = 0.21
"""Inches."""


def draw(story: Story, path: str | Path) -> Path:
    """Draws a story into a file and returns its path; raises as `save`."""
    bars = _stops(story)
    lists = [c for c in range(story.replayed.series.sizes["list"]) if _level(story, c).max() >= 0.05]
    heights = [0.3, 2.6, ROW * max(1, len(lists)), ROW * max(1, len(bars)), 1.3]
    figure = new_figure(COLUMN, sum(heights) + 2.4)
    axes = figure.subplots(5, 1, sharex=True, height_ratios=heights)
    _regimes(axes[0], story, axes)
    _prices(axes[1], story)
    _controls(axes[2], story, lists)
    _bars(axes[3], story, bars)
    _losses(axes[4], story)
    _time_axis(axes, story)
    title = f"Path {story.path} of “{literal(story.title)}”: {story.rank_text()}"
    caption = (
        "One simulated path of many, not a forecast. "
        "Quote: what a new buyer pays today (chips: broker price); paid: average over contracts. "
        f"A control is the share of listed trade under the strict rule. supplyshock, seed {story.seed}."
    )
    add_texts(figure, title, caption)
    return save(figure, path)


def _level(story: Story, c: int) -> Any:
    return story.replayed.series["control_level"].to_numpy()[:, c]


def _edges(story: Story) -> Any:
    """First days of the weeks, and the day after the last."""
    return np.append(story.time, story.time[-1] + np.timedelta64(7, "D"))


def _regimes(ax: Any, story: Story, below: Any) -> None:
    path, edges = story.replayed.series["regime"].to_numpy().astype(int), _edges(story)
    for code, name in enumerate(REGIMES):
        for first, last in runs(path == code):
            ax.axvspan(edges[first], edges[last + 1], color=REGIME_COLOURS[name], lw=0)
            for other in below[1:]:
                other.axvline(edges[first], color=FAINT, lw=0.5, ls=":", zorder=0)
            if last - first >= max(5, 1.1 * len(name)) * len(path) / 104:
                middle = edges[first] + (edges[last + 1] - edges[first]) / 2
                ax.text(middle, 0.5, name, ha="center", va="center", size=NOTE, color=INK)
    ax.set_ylim(0, 1)
    _bare(ax, "regime")


def _prices(ax: Any, story: Story) -> None:
    ends: list[tuple[float, str, str]] = []
    base = _base_prices(story)
    for (market, bloc), ink in zip(movers(story.replayed), LINE_COLOURS, strict=False):
        quote = story.replayed.series["price_ratio"].sel(market=market, bloc=bloc).to_numpy()
        ax.plot(story.time, quote, color=ink, lw=1.8)
        if bloc != "CN":
            paid = story.replayed.series["paid_price_ratio"].sel(market=market).to_numpy()
            ax.plot(story.time, paid, color=ink, lw=1.1, ls=DASHES)
        week = int(quote.argmax())
        ax.plot(story.time[week], quote[week], "o", ms=3.5, color=ink)
        where = "" if bloc == "XC" else f" {PLACES.get(bloc, bloc)}"
        ends.append(
            (
                float(quote[-1]),
                f"{literal(story.replayed.names.of('market', market))}{where}, peak {times(float(quote[week]))}\n"
                + base_words([base[market]] if market in base else []),
                ink,
            )
        )
    ax.axhline(1, color=FAINT, lw=0.6, zorder=0)
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    low, high = min(low, 0.8), max(high, 3.0)
    scale_multiples(ax, low, high)
    placed = spread_labels([e[0] for e in ends], (high / low) ** 0.12) if ends else []
    for y, (_, text, ink) in zip(placed, ends, strict=True):
        _beside(ax, y, text, ink)
    ax.set_title("Quotes outside China unless noted; dashed: paid. Multiples of baseline", **_TITLE)


def _base_prices(story: Story) -> dict[str, float]:
    """USD/kg at 1 by material."""
    markets = [str(m) for m in story.replayed.series["market"].values]
    return usd_per_kg(markets, story.replayed.params.markets.value, story.replayed.params.markets.tonnage)


def _controls(ax: Any, story: Story, lists: list[int]) -> None:
    table = np.stack([_level(story, c) for c in lists]) if lists else np.zeros((1, len(story.time)))
    rows = np.arange(len(table) + 1)
    replayed = story.replayed
    mesh = ax.pcolormesh(_edges(story), rows, table, cmap=SEQUENTIAL, vmin=0, vmax=1)
    owners = [str(replayed.series["party"].values[int(replayed.params.policy.list_party[c])]) for c in lists]
    _rows(ax, [f"{o}: {literal(_short(names_of_list(replayed, c)))}" for o, c in zip(owners, lists, strict=True)])
    for i, c in enumerate(lists):
        _beside(ax, i + 0.5, f"{100 * float(_level(story, c)[-1]):.0f} % at the end", INK)
    ax.set_title("Controls: white open, dark closed", **_TITLE)
    mesh.set_rasterized(True)


def _short(name: str) -> str:
    return name if len(name) < 26 else name.replace(" ", "")


def _stops(story: Story) -> list[tuple[str, str, list[tuple[int, int]]]]:
    """(bloc, sector, stretches) of the sectors that stop."""
    table = story.replayed.stops
    if table is None:
        return []
    rows = []
    for bloc in (str(v) for v in table["bloc"].values[::-1]):
        for sector in (str(v) for v in table["sector"].values):
            stretches = list(runs(table.sel(bloc=bloc, sector=sector).to_numpy()))
            if stretches:
                rows.append((bloc, sector, stretches))
    return rows


def _bars(ax: Any, story: Story, bars: list[tuple[str, str, list[tuple[int, int]]]]) -> None:
    edges = _edges(story)
    for i, (bloc, _, stretches) in enumerate(bars):
        ink = PARTY_COLOURS["CN"] if bloc == "CN" else PARTY_COLOURS["US"]
        for first, last in stretches:
            ax.barh(i + 0.5, edges[last + 1] - edges[first], left=edges[first], height=0.7, color=ink)
        _beside(ax, i + 0.5, f"{sum(b - a + 1 for a, b in stretches)} weeks", INK)
    _rows(
        ax,
        [f"{literal(story.replayed.names.of('sector', sector))} {PLACES.get(bloc, bloc)}" for bloc, sector, _ in bars],
    )
    unknown = story.replayed.stops is None
    none = "unknown week by week" if unknown else "none"
    ax.set_title(f"Stopped industries{'' if bars else f': {none}'}", **_TITLE)


def _losses(ax: Any, story: Story) -> None:
    loss, ends = story.replayed.series["loss_usd_bn"], []
    for party in reversed([str(v) for v in loss["party"].values]):
        weekly = loss.sel(party=party).to_numpy()
        ink = PARTY_COLOURS.get(party, INK)
        ax.step(story.time, weekly, where="post", color=ink, lw=1.6)
        ends.append((float(weekly[-1]), f"{ACTORS.get(party, party)}: {money(float(weekly.sum()))} in all", ink))
    top = max(0.1, 1.08 * float(loss.max()))
    ax.set_ylim(0, top)
    if not loss.any():
        ax.set_yticks([0])
    heights = sorted(range(len(ends)), key=lambda i: ends[i][0])
    for place, i in enumerate(heights):
        _beside(ax, max(ends[i][0], top * (0.06 + 0.2 * place)), ends[i][1], ends[i][2])
    ax.set_title("Lost output, bn USD a week" if loss.any() else "Lost output: none", **_TITLE)


_TITLE: dict[str, Any] = {"loc": "left", "size": TEXT, "weight": "bold", "color": INK, "pad": 3}


def _beside(ax: Any, y: float, text: str, ink: str) -> None:
    at = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
    ax.annotate(text, (1.01, y), va="center", size=NOTE, color=ink, **at)


def _rows(ax: Any, names: list[str]) -> None:
    ax.set_ylim(max(1, len(names)), 0)
    ax.set_yticks(np.arange(len(names)) + 0.5, names, size=NOTE)
    ax.tick_params(axis="y", length=0)


def _bare(ax: Any, label: str) -> None:
    ax.set_yticks([0.5], [label], size=NOTE)
    ax.tick_params(axis="y", length=0)


def _time_axis(axes: Any, story: Story) -> None:
    axes[0].set_xlim(_edges(story)[0], _edges(story)[-1])
    date_axis(axes[-1], 10)
    for ax in axes:
        open_axes(ax, size=NOTE)
        ax.spines[["left", "bottom"]].set_color(FAINT)
