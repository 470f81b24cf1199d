"""The results of a robustness study for people: sentences and tables that fit 80 columns, and rows for files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.number_format import number
from .boxes import box_words, described_policy, restrictions
from .outcomes import FIGURES

if TYPE_CHECKING:
    import xarray as xr

Table = tuple[list[str], list[list[str]]]
TITLE = 18
"""Characters of a policy in a table."""
NEGLIGIBLE = 1e-3
"""Share of the largest mean below which a figure is shown as zero."""


LEGEND = (
    "holds: the thresholds hold; open: within two errors of one, so that noise may decide. Regret: how much worse "
    "than the best policy of the same future. Noise raises the mean regret and lowers the floor, for which the best is "
    "picked on half of the paths and judged on the others: the truth lies between. best: in so many futures, of which "
    "sure: by more than two errors. Errors: futures drawn again; of the worst and the max, noise in that future. "
    "Quasi-p: chance of as many failures without the restriction, leaving out that the search has picked it."
)


def percent(share: float, se: float = float("nan")) -> str:
    """``87 ±2`` of shares from 0 to 1."""
    return number(100 * share, 100 * se)


def lead(results: xr.Dataset) -> str:
    """The answer in one to three sentences, by the first outcome."""
    return " ".join(s for s in (_best(results), _agreement(results), _failure(results)) if s)


def _best(results: xr.Dataset) -> str:
    one = results.isel(outcome=0)
    share, sure = one["best_share"].values, one["surely_best_share"].values
    first = int(share.argmax())
    noise = f"; in {100 * sure[first]:.0f} % beyond noise" if sure[first] < share[first] else ", beyond noise"
    what = f"By {one['outcome_title'].item()}, {results['policy'].values[first]} is best"
    return f"{what} in {100 * share[first]:.0f} % of {results.sizes['future']} futures{noise}."


def _agreement(results: xr.Dataset) -> str:
    """Whether the rules of choice agree by the first outcome, and what is best by the others."""
    titles, best = results["policy"].values, results["best_share"].values.argmax(0)
    votes = Counter(int(c) for c in results["chosen"].values[:, 0] if c >= 0).most_common()
    if len(votes) == 1:
        text = f"All {votes[0][1]} rules of choice name {'it' if votes[0][0] == best[0] else titles[votes[0][0]]}"
    else:
        text = f"Rules of choice disagree: {', '.join(f'{n} name {titles[policy]}' for policy, n in votes)}"
    others = [k for k in range(1, len(best)) if best[k] != best[0]]
    if others:
        named = str(results["outcome_title"].values[others[0]])
        text += f"; by another measure ({named}) the best in most futures is {titles[best[others[0]]]}"
    return f"{text}."


def _failure(results: xr.Dataset) -> str:
    policy = described_policy(results)
    if policy is None:
        return ""
    failing = results["failing_share"].values
    one = results.isel(policy=policy)
    density, coverage = (100 * float(one[name]) for name in ("density", "coverage"))
    return (
        f"{one['policy'].item()} fails in {100 * failing[policy]:.0f} % of futures; with {box_words(results, policy)} "
        f"it fails in {density:.0f} %, and {coverage:.0f} % of its failures lie there."
    )


def size(results: xr.Dataset) -> str:
    """One sentence on what was computed: numbers of policies, futures, parameters, paths and weeks."""
    about, n = results.attrs, results.sizes
    return (
        f"{n['policy']} policies in {n['future']} futures of {n['parameter']} uncertain parameters, "
        f"{about['paths']:,} paths of {about['weeks']} weeks each, seed {about['seed']}; ± one standard error"
    )


def heading(results: xr.Dataset, outcome: int) -> str:
    """What the tables below are about."""
    one = results.isel(outcome=outcome)
    words, unit, threshold = (str(one[n].item()) for n in ("outcome_title", "outcome_unit", "threshold"))
    good = f"; good enough: {threshold}" if threshold else ""
    return f"{words[0].upper()}{words[1:]}, {unit}; {one['better'].item()} is better{good}"


def values(results: xr.Dataset, outcome: int) -> Table:
    """Over the futures: mean, the end of 90 %, the worst, and the share in which the thresholds hold."""
    one = results.isel(outcome=outcome)
    threshold = bool(one["threshold"].item())
    header = ["policy", "mean", "90 % of\nfutures", "worst", *(["holds, %", "open, %"] if threshold else [])]
    rows = []
    for p in range(results.sizes["policy"]):
        cells = [_cell(one, name, p) for name in ("mean", "p90", "worst")]
        if threshold:
            cells += [_share(one, "holds_share", p), _whole(one, "open_share", p)]
        rows.append([title(results, p), *cells])
    return header, rows


def regrets(results: xr.Dataset, outcome: int) -> Table:
    """Regret over the futures, and the share in which a policy is best."""
    one = results.isel(outcome=outcome)
    header = ["policy", "regret:\nmean", "floor", "90 %", "max", "best, %", "sure, %"]
    rows = []
    for p in range(results.sizes["policy"]):
        cells = [_cell(one, "regret_mean", p), _floor(one, p), _cell(one, "regret_p90", p), _cell(one, "regret_max", p)]
        cells += [_share(one, "best_share", p), _whole(one, "surely_best_share", p)]
        rows.append([title(results, p), *cells])
    return header, rows


def duels(results: xr.Dataset, outcome: int) -> str:
    """The policy that is best most often against each other one."""
    one = results.isel(outcome=outcome)
    first = int(one["best_share"].values.argmax())
    parts = []
    for other in range(results.sizes["policy"]):
        if other != first:
            beats, se, sure = (float(one[n][first, other]) for n in ("beats", "beats_se", "surely_beats"))
            parts.append(f"({other + 1}) in {percent(beats, se)} % of futures (surely {100 * sure:.0f} %)")
    return f"({first + 1}) beats {', '.join(parts)}."


def choices(results: xr.Dataset) -> Table:
    """Which policy each rule names, by outcome, and in how many resamples of the futures it does."""
    rows = []
    for r, rule in enumerate(results["rule"].values):
        cells = []
        for k in range(results.sizes["outcome"]):
            policy, support = int(results["chosen"][r, k]), float(results["support"][r, k])
            cells.append(f"{_short(results, policy)} {100 * support:.0f} %" if policy >= 0 else "")
        rows.append([str(rule), *cells])
    return ["rule", *map(str, results["outcome"].values)], rows


def _short(results: xr.Dataset, policy: int) -> str:
    return f"({policy + 1})"


def noise_lines(results: xr.Dataset) -> Iterator[str]:
    """The Monte Carlo noise of the figures of a future."""
    for k, name in enumerate(results["outcome"].values):
        one = results.isel(outcome=k)
        se, unit = float(np.median(one["value_se"].values)), str(one["outcome_unit"].item())
        open_best = 1 - float(one["surely_best_share"].values.sum())
        text = (
            f"{name}: ± {se:.2g} {unit} in a future (median); the best is within two errors in {100 * open_best:.0f} %"
        )
        opened = one["open_share"].values
        if one["threshold"].item():
            text += f", the threshold in {100 * opened.min():.0f} to {100 * opened.max():.0f} %"
        yield f"{text} of futures."


def box_lines(results: xr.Dataset, policy: int) -> Iterator[str]:
    """The box of a policy: its restrictions, and how certain they are."""
    one = results.isel(policy=policy)
    for r in restrictions(results, policy):
        drawn = results["parameter_value"].values[:, r.parameter]
        span = f"of {drawn.min():.3g} to {drawn.max():.3g}"
        yield f"  {r.words} ({span}; quasi-p {r.quasi_p:.1g}; in {100 * r.repeated:.0f} % of halves)"
    inside, n = _inside(results, policy), results.sizes["future"]
    number_of = int((np.isfinite(one["box_low"].values) | np.isfinite(one["box_high"].values)).sum())
    density, coverage = (percent(float(one[m]), float(one[f"{m}_se"])) for m in ("density", "coverage"))
    yield (
        f"{number_of} of {results.sizes['parameter']} parameters, {inside} of {n} futures: {density} % of them fail "
        f"(density), and {coverage} % of all failures lie there (coverage). In futures that the search did not see: "
        f"{percent(float(one['held_out_density']))} % and {percent(float(one['held_out_coverage']))} %. Of "
        f"searches with shuffled failures and this one {100 * float(one['chance']):.0f} % gave as good a box."
    )


def _inside(results: xr.Dataset, policy: int) -> int:
    x, low, high = (results[n].values for n in ("parameter_value", "box_low", "box_high"))
    return int(((x >= low[policy]) & (x <= high[policy])).all(1).sum())


def title(results: xr.Dataset, policy: int) -> str:
    """``(1) As it is``, over several lines where it is long."""
    return "\n".join(wrap(f"({policy + 1}) {results['policy'].values[policy]}", TITLE))


def _cell(one: xr.Dataset, name: str, policy: int) -> str:
    x, se = float(one[name][policy]), float(one[f"{name}_se"][policy])
    negligible = NEGLIGIBLE * float(np.abs(one["mean"].values).max())
    return "≈0" if 0 < max(abs(x), se) < negligible else number(x, se)


def _floor(one: xr.Dataset, policy: int) -> str:
    """To the digit that its error allows; nothing if that hides it: noise may take it below 0."""
    x, se = float(one["regret_floor"][policy]), float(one["regret_floor_se"][policy])
    return "≈0" if 0 < abs(x) < 2 * se else number(x, se).partition(" ")[0]


def _share(one: xr.Dataset, name: str, policy: int) -> str:
    return percent(float(one[name][policy]), float(one[f"{name}_se"][policy]))


def _whole(one: xr.Dataset, name: str, policy: int) -> str:
    return f"{100 * float(one[name][policy]):.0f}"


def rows(results: xr.Dataset) -> Iterator[dict[str, Any]]:
    """A row per outcome and policy."""
    for k, outcome in enumerate(results["outcome"].values):
        for p, policy in enumerate(results["policy"].values):
            one = results.isel(outcome=k, policy=p)
            row: dict[str, Any] = {"outcome": str(outcome), "unit": str(one["outcome_unit"].item())}
            row |= {"threshold": str(one["threshold"].item()), "policy": str(policy)}
            for name in FIGURES:
                row |= {name: float(one[name]), f"{name}_se": float(one[f"{name}_se"])}
            yield row
