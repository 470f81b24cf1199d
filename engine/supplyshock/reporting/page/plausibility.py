"""Forward scenarios against the record, as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from ...calibration.backtest.published_losses import PublishedLoss
from ...calibration.plausibility.observed import ACTIVE, ObservedRate
from ...calibration.plausibility.simulated import Simulated
from ...calibration.plausibility.statistic import CALM, STATISTICS, Statistic
from ...store.atomic_files import file_errors, write_text
from .backtest_tables import stops_table
from .loss_curve import provenance_line
from .markdown_table import break_lines, table

Verdict = Literal["in", "too low", "too high"]

HEAD = """# Plausibility of forward scenarios

`supplyshock plausibility --page docs/plausibility.md` generates this page.
"""
HOW = f"""**How to read it.** *Observed* is the number in the record, with its 90 % interval. The interval
comes from a Poisson rate where events are counted (Garwood), from resampled quarters or years for
moves and actions, and from Kaplan and Meier for truces, one of which is still running. A scenario
is *in* when its number lies in that interval; with few events that says little. The verdict is on
`status_quo`, except for moves without news, which are those of `hindcast_calm`, in which nobody
acts. The record since 2009 has calm years in which nothing could happen, and scenarios begin in
the middle of a conflict. So scenarios may well lie above the record. Actions count since
{ACTIVE}, when the parties began to answer each other. Prices are relative to the first week.
"""
PHYSICAL = """## Lost output: physical or substituted

Lost output of the United States is what plants do not make because an input is missing. Use that
a price drives out costs its substitute instead. No published split of the two was found. The
record says this much. From 2011 to 2013 the use of magnets per Japanese car fell by 40 %
(elasticities.csv), and no car plant is known to have stopped; so that was substitution. In May
2025 plants of Ford and Suzuki stopped (magnets.csv).
"""
STOPS = (
    "## Stops against published losses\n\nThe table of [the back-test](backtest.md), which says what it can judge.\n"
)
FEW = 3
"""So few events give an interval that hardly excludes anything."""
OBSERVED_STOPS = {"hindcast_2010": "none known", "hindcast_2025": "yes: Ford, Suzuki"}
"""Whether a car plant stopped for lack of rare earths."""


def verdict(value: float, observed: ObservedRate) -> Verdict:
    """Whether a number lies in the interval of the record."""
    return "too low" if value < observed.low else "too high" if value > observed.high else "in"


def page(
    forward: Sequence[Simulated],
    others: Sequence[Simulated],
    observed: Mapping[str, ObservedRate],
    stops: Sequence[PublishedLoss],
    seed: int,
) -> str:
    """The page: `forward` are the columns of the table, `others` more rows of the table of lost output."""
    judged = [(s, verdict(_value(forward, s), observed[s.name])) for s in STATISTICS if s.name in observed]
    out = [(s, v) for s, v in judged if v != "in"]
    words = "".join(f"\n* {v}: {s.title} ({_beside(_value(forward, s), observed[s.name], s)})" for s, v in out)
    few = sum((observed[s.name].events or FEW + 1) <= FEW for s, _ in judged)
    first = f"**{len(judged) - len(out)} of {len(judged)} numbers lie in the 90 % interval of the record.** "
    first += f"{few} of the intervals rest on {FEW} events or fewer and could hardly be missed."
    about = f"{forward[0].paths:,} paths per scenario, seed {seed}: a probability has a standard error of "
    about += f"{50 / forward[0].paths ** 0.5:.2g} points at most."
    parts = [HEAD, f"{first} Outside it:\n{words}\n" if out else f"{first}\n", f"{about}\n", HOW]
    parts += ["## Moves, extremes and acts\n", _table(forward, observed), "", _sources(observed)]
    parts += [PHYSICAL, _physical([*forward, *others]), ""]
    parts += [STOPS, stops_table(stops), ""] if stops else []
    names = [s.scenario for s in (*forward, *others)]
    return break_lines("\n".join([*parts, f"<!-- {provenance_line(names)} -->"]) + "\n")


def _value(forward: Sequence[Simulated], s: Statistic) -> float:
    return next(x for x in forward if x.scenario == s.scenario).values[s.name]


def _number(x: float, s: Statistic) -> str:
    return "" if x != x else {"log": f"{x:.3f}", "%": f"{x:.1f} %", "a year": f"{x:.1f}"}[s.unit]


def _interval(o: ObservedRate, s: Statistic) -> str:
    digits = {"log": 3, "%": 1, "a year": 1}[s.unit]
    return f"{o.low:.{digits}f} to {o.high:.{digits}f}{' %' if s.unit == '%' else ''}"


def _beside(x: float, o: ObservedRate, s: Statistic) -> str:
    return f"{_number(x, s)}, observed {_interval(o, s)}"


def _table(forward: Sequence[Simulated], observed: Mapping[str, ObservedRate]) -> str:
    header = ("", *(f"`{x.scenario}`" for x in forward), "observed", "90 % interval", "from", "verdict")
    rows = []
    for s in STATISTICS:
        o = observed.get(s.name)
        record = (_number(o.value, s), _interval(o, s), o.basis) if o else ("", "", "")
        word = verdict(_value(forward, s), o) if o else "nothing to judge by"
        mark = word if word == "in" else f"**{word}**"
        rows.append([s.title, *(_number(x.values[s.name], s) if _fits(x, s) else "" for x in forward), *record, mark])
    return table(header, rows)


def _fits(x: Simulated, s: Statistic) -> bool:
    """A scenario in which nobody acts has moves and no acts."""
    return x.scenario != CALM or s.name.startswith("moves")


def _sources(observed: Mapping[str, ObservedRate]) -> str:
    titles = {s.name: s.title for s in STATISTICS}
    return table(("number", "source"), [(titles[name], o.source) for name, o in observed.items()]) + "\n"


def _physical(rows: Sequence[Simulated]) -> str:
    header = ("scenario", "lost output, mean, bn USD", "substitutes", "physical", "first car plant stops", "observed")
    cells = [
        [
            f"`{x.scenario}`",
            f"{x.loss:.2g}",
            f"{x.substitution:.2g}",
            f"{x.physical:.0f} %" if x.physical == x.physical else "",
            f"{x.values['plant_stops_cars']:.0f} %",
            OBSERVED_STOPS.get(x.scenario, ""),
        ]
        for x in rows
    ]
    return table(header, cells)


def publish(text: str, file: Path) -> Path:
    """Writes the page. Raises `StoreError`."""
    with file_errors(file):
        write_text(file, text)
    return file
