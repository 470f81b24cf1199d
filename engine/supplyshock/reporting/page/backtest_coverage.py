"""The answer of the back-test and its coverage by horizon and kind, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...calibration.backtest.coverage import (
    CONFIDENCE,
    ENOUGH,
    GOAL,
    GOAL_OF_GROUP,
    Coverage,
    by_horizon,
    by_kind,
    interval,
    measure_coverage,
    observed_counts,
    resampled,
)
from ...calibration.backtest.null_distribution import FALSE_ALARM
from ...calibration.backtest.published_losses import published_losses
from ...calibration.backtest.score_tables import Record, summarise
from ...calibration.backtest.scores import BANDS
from .markdown_table import table

Null = Mapping[str, Any]
"""Fields of `null_distribution.Null`, as JSON gives them back."""
CRPS_GOAL, CRPS_GOAL_FREE = 0.20, 0.22
"""Goals for the CRPS over all ratios, and over those that are not targets."""


def answer(rows: Sequence[Record], null: Null | None, left_out: Sequence[Mapping[str, Any]] = ()) -> str:
    """The result of the back-test in a few lines; `null` is what a correct model would give."""
    every = measure_coverage("all", rows)
    if not every.points or null is None:
        return "Nothing was observed.\n"
    shares = " / ".join(f"{100 * every.share(p):.0f}" for p in BANDS)
    missed = every.missed(GOAL)
    groups = [c for c in (*by_horizon(rows), *by_kind(rows)) if c.points >= ENOUGH]
    bad = [c for c in groups if c.missed()]
    lines = [
        f"**The 50 / 80 / 90 % bands hold {shares} % of {every.points} observed numbers: {_overall(every)}.**\n",
        f"* Goal over all, within {100 * GOAL:g} points: {'missed' if missed else 'met'}. Goal in each horizon and "
        f"kind of {ENOUGH} points or more, within {100 * GOAL_OF_GROUP:g}: met in {len(groups) - len(bad)} of "
        f"{len(groups)}." + "".join(f" {_capital(c.group)}: {_width(c, GOAL_OF_GROUP)}." for c in bad),
        f"* {_by_horizon(rows)} A right model has coverage of the 90 % band as far off with a probability of "
        f"{_of(null['inside_p'], 90):.2g}, on points that depend on each other as these do.",
        f"* Of {every.below + every.above} misses of the 90 % band, {every.above} lie above it, where the model is "
        f"too low, and {every.below} below. A right model has as many above with a probability of "
        f"{null['sides_p'][1]:.2g}, and as many below with {null['sides_p'][0]:.2g}.",
        _crps_line(rows),
        f"* {_targets(rows)}{_out_of_sample(left_out)}",
    ]
    return "\n".join(lines) + "\n"


def _by_horizon(rows: Sequence[Record]) -> str:
    parts = [f"{c.group} {c.inside[90]} of {c.points}" for c in by_horizon(rows) if c.points]
    return f"The 90 % bands hold, by horizon: {', '.join(parts)}." if parts else "No point has a horizon."


def _out_of_sample(left_out: Sequence[Mapping[str, Any]]) -> str:
    """CRPS of the episodes without their own targets."""
    pairs = [(row["episode"], *(row["scores"][key]["crps"] for key in ("without", "with"))) for row in left_out]
    parts = [f"{episode} {out:.2f} ({into:.2f} with them)" for episode, out, into in pairs if out is not None]
    return f" CRPS of episodes when the fit leaves out their own points: {', '.join(parts)}." if parts else ""


def _overall(c: Coverage) -> str:
    missed = c.missed(GOAL)
    if not missed:
        return f"within {100 * GOAL:g} points of what they claim"
    signs = {c.share(p) < p / 100 for p in missed}
    if len(signs) > 1:
        return "too narrow at one probability, too wide at another"
    return "too narrow" if True in signs else "too wide"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _width(c: Coverage, allowed: float) -> str:
    """Which bands are too narrow or too wide."""
    missed = c.missed(allowed)
    narrow = [p for p in missed if c.share(p) < p / 100]
    wide = [p for p in missed if c.share(p) > p / 100]
    parts = [
        f"the {_listed(bands)} % band{'s are' if len(bands) > 1 else ' is'} too {word} "
        f"({_listed([round(100 * c.share(p)) for p in bands])} %)"
        for bands, word in ((narrow, "narrow"), (wide, "wide"))
        if bands
    ]
    return ", ".join(parts)


def _listed(numbers: Sequence[int]) -> str:
    return " and ".join(", ".join(map(str, numbers)).rsplit(", ", 1))


def _crps_line(rows: Sequence[Record]) -> str:
    every, free = summarise(rows), summarise([r for r in rows if not r["target"]])
    if not every.scored:
        return "* No ratio has a CRPS."
    parts = [f"* CRPS over {every.scored} ratios: {_judged(every.crps, CRPS_GOAL)}"]
    if free.scored:
        parts.append(f"over the {free.scored} without a target {_judged(free.crps, CRPS_GOAL_FREE)}")
    return f"{'; '.join(parts)}. No change has {every.crps_no_change:.2f}, a random walk {every.crps_walk:.2f}."


def _judged(crps: float, goal: float) -> str:
    return f"{crps:.3f} (goal {goal:.2f}, {'met' if crps <= goal else 'missed'})"


def _targets(rows: Sequence[Record]) -> str:
    s, stops = summarise(rows), published_losses(rows)
    known = [stop for stop in stops if stop.published]
    words = f"{s.hits} of {s.targets} targets are met."
    if known:
        words += (
            f" {sum(stop.met for stop in known)} of {len(known)} published losses are met within a factor of three."
        )
    return words


def coverage_section(rows: Sequence[Record], null: Null | None, picture: str) -> str:
    """Coverage by horizon and kind, what the intervals are worth, and the PIT."""
    if null is None:
        return ""
    every = measure_coverage("**all**", rows)
    lines = [_cells(every, GOAL)]
    lines += [_cells(c, GOAL_OF_GROUP) for c in (*by_horizon(rows), *by_kind(rows)) if c.points]
    header = ("observed numbers", "n", *(f"in {p} %" for p in BANDS), "below, above", "width", "CRPS", "goal")
    parts = [
        "## Coverage\n",
        table(header, lines),
        f"\nShares are in percent of the points, with the exact (Clopper-Pearson) {100 * CONFIDENCE:g} % interval for "
        "independent points in brackets. *Horizon*: weeks from the first week of the episode to the middle of the "
        "observed window. *Below, above*: points on either side of the 90 % band. *Width*: the 95 % quantile of a "
        f"ratio over its 5 % quantile, median over the points. *Goal*: within {100 * GOAL:g} points over "
        f"all and within {100 * GOAL_OF_GROUP:g} in a group; a group of "
        f"fewer than {ENOUGH} points is too small to judge.\n",
        _dependence(rows, null),
        _pit(rows, null, picture),
    ]
    return "\n".join(parts)


def _cells(c: Coverage, allowed: float) -> list[str]:
    cells = []
    for percent, k in c.inside.items():
        low, high = interval(k, c.points)
        cells.append(f"{100 * c.share(percent):.0f} ({100 * low:.0f}-{100 * high:.0f})")
    few = c.points < ENOUGH
    goal = "few" if few else "met" if not (missed := c.missed(allowed)) else f"**missed**: {_listed(missed)}"
    numbers = [f"{c.width:.1f}" if c.ratios else "", f"{c.crps:.2f}" if c.ratios else ""]
    return [c.group, str(c.points), *cells, f"{c.below}, {c.above}", *numbers, goal]


def _dependence(rows: Sequence[Record], null: Null) -> str:
    header = ("band", "coverage", "if the model were right", "p", "resampled episodes")
    every, lines = measure_coverage("all", rows), []
    for percent in BANDS:
        right = [100 * k / every.points for k in _of(null["inside"], percent)]
        ends = [100 * x for x in resampled(rows, percent)]
        lines.append([
            f"{percent} %", f"{100 * every.share(percent):.0f} %", f"{right[0]:.0f}-{right[1]:.0f} %",
            f"{_of(null['inside_p'], percent):.2g}", f"{ends[0]:.0f}-{ends[1]:.0f} %",
        ])  # fmt: skip
    names = {r["episode"] for r in rows if r["inside"]}
    text = (
        "**Points of one episode miss together**, because they share a world. So exact intervals are too short. *If "
        "the model were right*: each simulated path in turn is taken for the observation, and its numbers depend on "
        "each other as in the model. The range holds 90 % of such histories, and p is the probability of coverage as "
        f"far off. *Resampled*: the {len(names)} episodes are drawn anew with replacement. So few episodes give a "
        "rough range, and one that is too short where all of them are alike.\n\n"
    )
    return text + table(header, lines) + "\n"


def _of(by_percent: Mapping[Any, Any], percent: int) -> Any:
    """JSON turns numbers that are keys into text."""
    return by_percent[percent] if percent in by_percent else by_percent[str(percent)]


def _pit(rows: Sequence[Record], null: Null, picture: str) -> str:
    counts, (low, high) = observed_counts(rows).bins[:, 0].tolist(), null["band"]
    out = sum(not low <= count <= high for count in counts)
    return (
        f"**PIT** is the share of paths below each observed number. Ten equal bins have {', '.join(map(str, counts))} "
        f"points. {out or 'None'} of the ten leave{'s' if out == 1 else ''} the band of {low:g} to {high:g}. In a "
        f"right model some bin leaves it with a probability of {100 * FALSE_ALARM:g} % at most (dependence counted). A "
        f"histogram as uneven as this one (sum of squares) has p = {null['chi2_p']:.2g}.\n\n"
        f"![PIT histogram, and the side of the misses by group]({picture})\n"
    )
