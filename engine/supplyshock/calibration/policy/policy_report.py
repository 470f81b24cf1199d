"""The result of a calibration of the negotiation: as text for people, and as a mapping for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from .calibrate import PolicyFit
from .config_fragment import DefaultComparison, compare_with_defaults
from .model_comparison import REFERENCE_MODEL, HoldoutScore


def as_text(fit: PolicyFit) -> str:
    """Tables, in reading order."""
    parts = (_head, _process, _parameters, _rivals, _held_out, _checks)
    return "\n\n".join("\n".join(part(fit)) for part in parts if list(part(fit)))


def _head(fit: PolicyFit) -> Iterator[str]:
    yield f"{fit.events}: {fit.acts} acts and {fit.relaxations} relaxations, {fit.first} to {fit.last}"
    if fit.trained_to <= fit.last:
        yield f"fitted on weeks that begin before {fit.trained_to}; tested on the rest"
    best = fit.without_priors
    yield (
        f"log-likelihood {best.value:.2f}, {len(best.x)} free parameters, AIC {best.aic:.1f}; "
        f"{best.agree} of {best.starts} starts agree"
    )


def _process(fit: PolicyFit) -> Iterator[str]:
    yield "ACTS AND REPLIES (rates a year; an interval is 90 %)"
    rows = [["", "likelihood", "log SE", "by profile", "with prior", "log SE", "weeks from Mon..Sun", ""]]
    for n in fit.free_parameters:
        low, high = n.profile
        rows.append([
            n.name, _figure(n.ml_value), _figure(n.ml_se), f"{_figure(low)} - {_figure(high)}", _figure(n.value),
            _figure(n.se), f"{_figure(n.start_day_range[0])} - {_figure(n.start_day_range[1])}",
            "hardly identified" if n.is_weak else "",
        ])  # fmt: skip
    yield from _grid(rows)
    yield "log SE: of the logarithm, for a share of the logit. The last but one column: the same fit on weeks that"
    yield "begin on each of the seven days; the other columns take the mean of the seven log-likelihoods."
    decays = ", ".join(f"{d:g}: {value - fit.without_priors.value:+.2f}" for d, value, _ in fit.decay)
    yield f"decay of the cross lag, a year, and the change of the log-likelihood: {decays}"
    b = fit.branching
    yield f"branching radius: {b.radius:.3f} acts an act ({b.cross:.3f} by the cross lag alone); 1 would be explosive"


def _parameters(fit: PolicyFit) -> Iterator[str]:
    yield "PARAMETERS (value used, 90 % interval, value of the default data set)"
    rows = [["", "value", "90 %", "default", "", "from"]]
    for one in compare_with_defaults(fit):
        e = one.estimate
        band = "" if e.low is None or e.high is None else f"{_figure(e.low)} - {_figure(e.high)}"
        default = "none" if one.default is None else f"{one.default:.4g}"
        rows.append([e.parameter, f"{e.rounded:.4g}", band, default, "differs" if one.differs else "", e.note])
    yield from _grid(rows)
    yield "Not identified by one history: the level Z of a path (fixed at 1 here), everything about a rift, and what"
    yield "pain does to the negotiation. Those stay priors (docs/model.md)."


def _rivals(fit: PolicyFit) -> Iterator[str]:
    yield "MODELS on the fitted weeks"
    best = min(r.aic for r in fit.rivals)
    rows = [["", "free", "log-likelihood", "AIC", "over the best"]]
    rows += [
        [r.name, str(r.free), f"{r.log_likelihood:.2f}", f"{r.aic:.1f}", f"{r.aic - best:.1f}"] for r in fit.rivals
    ]
    yield from _grid(rows)


def _held_out(fit: PolicyFit) -> Iterator[str]:
    if fit.held_out:
        yield f"UNSEEN WEEKS from {fit.trained_to}: log-likelihood, gain over {REFERENCE_MODEL} ± standard error"
        yield from _grid([["", "log-likelihood", "gain"], *(_gain(h) for h in fit.held_out)])
        yield ""
    if fit.rolling:
        years = fit.rolling[0].years
        yield f"UNSEEN YEARS {years[0]}-{years[-1]}, each predicted from all before it: the same, and gain by year"
        head = ["", "log-likelihood", "gain", *(str(y) for y in years)]
        yield from _grid([head, *([*_gain(h), *(f"{g:+.1f}" for g in h.by_year)] for h in fit.rolling)])


def _gain(score: HoldoutScore) -> list[str]:
    return [
        score.name,
        f"{score.value:.1f}",
        "0" if score.name == REFERENCE_MODEL else f"{score.gain:+.1f} ± {score.se:.1f}",
    ]


def _checks(fit: PolicyFit) -> Iterator[str]:
    unseen = " of the unseen weeks" if fit.trained_to <= fit.last else ""
    outside = sum(not c.inside for c in fit.checks)
    if unseen:
        unseen += ", each history with a level of its own (Z)"
    count = f"{outside} of {len(fit.checks)} outside"
    yield f"CHECKS{unseen}: observed, and the 5-95 % band over simulated histories; {count}"
    rows = [["", "observed", "5 %", "median", "95 %", "rank", ""]]
    for c in fit.checks:
        figures = (c.observed, c.low, c.median, c.high, c.rank)
        rows.append([c.name, *(_figure(v) for v in figures), "" if c.inside else "MISS"])
    yield from _grid(rows)


def _figure(value: float) -> str:
    if value != value:
        return "-"
    return f"{value:.3g}" if abs(value) < float("inf") else "none"


def _grid(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns: the first and a trailing text to the left, figures to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    last = len(widths) - 1
    for row in rows:
        cells = [c.ljust(w) if i in (0, last) else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        yield "  ".join(cells).rstrip()


def as_dict(fit: PolicyFit) -> dict[str, Any]:
    """Everything, for JSON."""
    return {
        "events": str(fit.events),
        "first": str(fit.first),
        "last": str(fit.last),
        "trained_to": str(fit.trained_to),
        "acts": fit.acts,
        "relaxations": fit.relaxations,
        "log_likelihood": fit.without_priors.value,
        "aic": fit.without_priors.aic,
        "starts": fit.without_priors.starts,
        "starts_agreeing": fit.without_priors.agree,
        "process": [asdict(n) | {"weakly_identified": n.is_weak} for n in fit.free_parameters],
        "decay_profile": [{"decay": d, "log_likelihood": v, "cross": c} for d, v, c in fit.decay],
        "branching": fit.branching._asdict(),
        "parameters": [_parameter(b) for b in compare_with_defaults(fit)],
        "models": [asdict(r) for r in fit.rivals],
        "held_out": [asdict(h) for h in fit.held_out],
        "rolling_years": [asdict(h) for h in fit.rolling],
        "checks": [asdict(c) | {"inside": c.inside} for c in fit.checks],
    }


def _parameter(one: DefaultComparison) -> dict[str, Any]:
    return asdict(one.estimate) | {"value": one.estimate.rounded, "default": one.default, "differs": one.differs}
