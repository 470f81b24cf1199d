"""Stops against published losses, and episodes left out, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...calibration.backtest.published_losses import PublishedLoss, pairs_in_order, published_losses
from ...calibration.backtest.score_tables import Record
from .markdown_table import table


def published_section(rows: Sequence[Record]) -> str:
    """Stops of one year against what other models published."""
    stops = published_losses(rows)
    if not stops:
        return ""
    right, pairs = pairs_in_order(stops)
    known = [stop for stop in stops if stop.published]
    met = sum(stop.met for stop in known)
    text = (
        "## Stops against published losses\n\n"
        f"{met} of {len(known)} published losses lie within a factor of three of the simulated mean; {right} of "
        f"{pairs} pairs are in the published order. The table has the lost output of the United States over a year "
        "without Chinese exports, in bn USD. Other models published these numbers; nobody observed them. Those models "
        "allot what is missing in the best way and count no stocks; those of 2025 weight scenarios by probability.\n"
    )
    return f"{text}\n{stops_table(stops)}\n"


def stops_table(stops: Sequence[PublishedLoss]) -> str:
    """A row per stop."""
    header = ("scenario", "simulated mean", "5-95 %", "published", "ratio", "met", "source")
    return table(header, [_stop(stop) for stop in stops])


def _stop(stop: PublishedLoss) -> list[str]:
    known = f"{stop.published:.3g}" if stop.published else f"at least {stop.at_least:.3g}"
    met = "yes" if stop.met else "**no**"
    return [
        f"`{stop.scenario}`", f"{stop.mean:.2g}", f"{stop.low:.2g} to {stop.high:.2g}", known, f"{stop.ratio:.2g}", met,
        stop.source.replace("|", "/"),
    ]  # fmt: skip


LEFT_OUT = """## Episodes left out, one at a time

Each episode is run with parameters from a posterior that was fitted without its own points, so
its scores are out of sample. A new search for each episode would take too long. Instead the mode
moves by the derivatives that the calibration kept (one Gauss-Newton step,
`supplyshock hindcast EPISODE --leave-out`), around a prior at the middle of the ranges. *With* is
the same prior and step with nothing left out. The difference between the two is what the points
of the episode contributed. An episode that was not fitted is out of sample as it stands. Sizes
that were chosen by eye stay (limits, below).
"""


def left_out_section(rows: Sequence[Mapping[str, Any]], stale: bool) -> str:
    """Scores with and without the targets of each episode."""
    if stale:
        return (
            f"{LEFT_OUT}\n**Not computed**: the stored derivatives are of other parameter values. "
            "`supplyshock calibrate markets` writes them anew (sensitivities.csv).\n"
        )
    if not rows:
        return ""
    header = ("left out", "residuals", "in 50 %, with", "without", "in 90 %, with", "without", "met, with", "without",
              "CRPS, with", "without", "moves most, of its range")  # fmt: skip
    return f"{LEFT_OUT}\n{table(header, [_left_out(row) for row in rows])}\n"


def _left_out(row: Mapping[str, Any]) -> list[str]:
    both = [row["scores"][key] for key in ("with", "without")]
    inside50, inside = ([_of(s[key], s["points"]) for s in both] for key in ("inside50", "inside"))
    hits = [_of(s["hits"], s["bands"]) for s in both]
    crps = ["" if s["crps"] is None else f"{s['crps']:.3f}" for s in both]
    return [row["episode"], str(row["targets"]), *inside50, *inside, *hits, *crps, f"`{row['moved']}` {row['by']:+.2f}"]


def _of(k: int, n: int) -> str:
    return f"{k} of {n}" if n else ""
