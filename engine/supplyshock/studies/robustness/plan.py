"""The plan of a robustness study: policies, futures, and the criteria by which policies are judged."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...analysis.measures import KernelMeasure
from ...analysis.measures.expression import split_threshold
from ...analysis.measures.fitted_measure import Level
from ...analysis.measures.window import find_level
from ...calibration.parameter_posterior import check_applies, names_set_by_config
from ...common.errors import UsageError, did_you_mean
from ...execution.precision_targets import split_statistic
from ...execution.request_checks import check_scenarios
from ...scenarios.robustness.load import LoadedStudy, load_study
from ...scenarios.robustness.schema import MOST_FUTURES, MOST_PATHS
from ...scenarios.scenario import Scenario
from ..config_template import Template
from ..factor_ends import scenarios_at_ends
from ..measures import study_measures
from .futures import Futures, draw_futures

FEWEST_FUTURES = 50
"""Fewer say nothing of where a policy fails: PRIM needs ten failures and slices of several futures."""
PURE = ("", "1", "ratio", "x baseline", "0 to 1")
"""Units that a threshold may leave out."""


@dataclass(frozen=True)
class Criterion:
    """A statistic of a measure, and when it is good enough."""

    name: str
    """As the file has it."""
    measure: KernelMeasure
    statistic: str
    """mean, p90 or cvar95."""
    higher: bool
    """Whether more is better."""
    satisfied: Level | None = None
    regret: Level | None = None

    @property
    def title(self) -> str:
        """``lost output, United States (mean)``."""
        if self.measure.measure.is_event and self.statistic == "mean":
            return f"probability that {self.measure.title}" if self.measure.measure.threshold else self.measure.title
        return f"{self.measure.title} ({self.statistic})"

    @property
    def level(self) -> float:
        """The level of a quantile or a tail mean, in (0, 1); 0 for a mean."""
        return float(self.statistic.lstrip("pcvar")) / 100 if self.statistic != "mean" else 0.0


@dataclass(frozen=True)
class RobustnessPlan:
    """P policies, N futures, K criteria."""

    title: str
    titles: tuple[str, ...]
    """(P,) of the policies."""
    templates: tuple[Template, ...]
    kept: tuple[frozenset[str], ...]
    """Keys that a policy sets itself, so that no future changes them."""
    futures: Futures
    criteria: tuple[Criterion, ...]
    discover: tuple[int, ...]
    """Policies whose failures are searched."""
    paths: int
    """In each future."""
    ends: tuple[Scenario, ...] = ()
    """Each policy with each lever that futures vary at its lowest and its highest value."""

    @property
    def policies(self) -> list[Scenario]:
        """The policies as scenarios, by their titles."""
        return _named([t.base for t in self.templates], self.titles)

    @property
    def columns(self) -> tuple[KernelMeasure, ...]:
        """The measures of the criteria, each once."""
        return tuple({c.measure.name: c.measure for c in self.criteria}.values())

    @property
    def has_threshold(self) -> bool:
        """Whether a policy can fail."""
        return any(c.satisfied or c.regret for c in self.criteria)


def plan_robustness(
    file: str | os.PathLike[str] | Mapping[str, Any],
    *,
    futures: int | None = None,
    paths: int | None = None,
    seed: int = 1,
    overrides: dict[str, Any] | None = None,
) -> RobustnessPlan:
    """Reads the file and draws the futures; simulates nothing. `futures` and `paths` come before those of the file.

    Raises `ConfigError` and `UsageError`.
    """
    loaded = load_study(file)
    study = loaded.study
    templates = tuple(_template(loaded, i, overrides) for i in range(len(study.policies)))
    titles = tuple(p.title or t.base.title or t.base.name for p, t in zip(study.policies, templates, strict=True))
    for i, title in enumerate(titles):
        if title in titles[:i]:
            raise loaded.problem(("policies", i), "a title of its own", repr(title), "give it another `title`")
    check_scenarios(_named([t.base for t in templates], titles))
    criteria = tuple(_criterion(loaded, i, templates[0]) for i in range(len(study.measures)))
    number = _bounded(futures, study.futures.number, "--futures", (2, MOST_FUTURES))
    if any(c.satisfied or c.regret for c in criteria) and number < FEWEST_FUTURES:
        fix = f"take {FEWEST_FUTURES} futures or more, or leave thresholds out"
        raise UsageError("too few futures to find out where a policy fails", where="futures", got=str(number), fix=fix)
    with loaded.named("futures", "vary"):
        drawn = draw_futures(study.futures.vary, templates[0].dataset, number, seed)
    kept = tuple(_kept(t, p.changes) for t, p in zip(templates, study.policies, strict=True))
    _check_posterior(drawn, templates)
    ends = _check_keys(loaded, drawn, templates, kept)
    return RobustnessPlan(
        title=study.title,
        titles=titles,
        templates=templates,
        kept=kept,
        futures=drawn,
        criteria=criteria,
        discover=_chosen(loaded, titles),
        paths=_bounded(paths, study.futures.paths, "--paths", (32, MOST_PATHS)),
        ends=tuple(
            s for at_ends, title in zip(ends, titles, strict=True) for s in _named(at_ends, [title] * len(at_ends))
        ),
    )


def _named(scenarios: Sequence[Scenario], names: Sequence[str]) -> list[Scenario]:
    return [replace(s, name=name) for s, name in zip(scenarios, names, strict=True)]


def _bounded(given: int | None, own: int, where: str, ends: tuple[int, int]) -> int:
    if given is not None and not ends[0] <= given <= ends[1]:
        raise UsageError("out of range", where=where, expected=f"from {ends[0]} to {ends[1]:,}", got=f"{given:,}")
    return own if given is None else given


def _template(loaded: LoadedStudy, policy: int, overrides: dict[str, Any] | None) -> Template:
    changes = loaded.study.policies[policy].changes
    with loaded.named("policies", policy, "changes"):
        return Template(loaded.config(policy), {**_deep(changes, overrides or {})})


def _deep(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, mapping by mapping."""
    out = dict(below)
    for key, value in above.items():
        old = out.get(key)
        out[key] = _deep(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return out


def _criterion(loaded: LoadedStudy, i: int, template: Template) -> Criterion:
    row = loaded.study.measures[i]
    text, statistic = split_statistic(row.measure)
    with loaded.named("measures", i, "measure"):
        (measure,) = study_measures([text], template.base)
    criterion = Criterion(row.measure, measure, statistic or "mean", row.better == "higher")
    satisfied = _level(loaded, i, "satisfied", measure.unit)
    regret = _level(loaded, i, "regret", measure.unit)
    if regret is not None and not regret.operator.startswith("<"):
        raise loaded.problem(("measures", i, "regret"), "< or <=: less regret is better", repr(row.regret))
    return replace(criterion, satisfied=satisfied, regret=regret)


def _level(loaded: LoadedStudy, i: int, key: str, unit: str) -> Level | None:
    text = getattr(loaded.study.measures[i], key)
    if text is None:
        return None
    with loaded.named("measures", i, key):
        before, threshold = split_threshold(text)
        if before or threshold is None:
            raise UsageError("no threshold", expected=f"such as < 10 {unit}", got=repr(text))
        if not threshold.unit and unit not in PURE:
            raise UsageError("no unit", expected=f"a threshold in {unit}", got=repr(text), fix=f"write {text} {unit}")
        return Level(threshold.operator, find_level(threshold, unit, text))


def _kept(template: Template, changes: Mapping[str, Any]) -> frozenset[str]:
    own = names_set_by_config(template.loaded)
    return frozenset({*(n if n.startswith("priors.") else f"parameters.{n}" for n in own), *_keys(changes)})


def _keys(tree: Any, before: str = "") -> set[str]:
    """Every key path of a mapping: ``levers.stockpile.0.initial``."""
    items = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    here = {f"{before}{key}": value for key, value in items}
    return set(here).union(*(_keys(value, f"{key}.") for key, value in here.items()))


def _check_posterior(drawn: Futures, templates: tuple[Template, ...]) -> None:
    if drawn.posterior is not None:
        for template in templates:
            check_applies(drawn.posterior, template.loaded)


def _check_keys(
    loaded: LoadedStudy, drawn: Futures, templates: tuple[Template, ...], kept: tuple[frozenset[str], ...]
) -> list[list[Scenario]]:
    """Refuses a key or a value that a config cannot have before anything is simulated; returns `ends` by policy."""
    with loaded.named("futures", "vary"):
        for template, own in zip(templates, kept, strict=True):
            template.scenario(drawn.changes(0, own))
        return [scenarios_at_ends(t, drawn.factors, own) for t, own in zip(templates, kept, strict=True)]


def _chosen(loaded: LoadedStudy, titles: tuple[str, ...]) -> tuple[int, ...]:
    wanted = loaded.study.discover
    if wanted is None:
        return tuple(range(len(titles)))
    for i, title in enumerate(wanted):
        if title not in titles:
            expected = f"a title of a policy: {', '.join(titles)}"
            raise loaded.problem(("discover", i), expected, repr(title), did_you_mean(title, titles))
    return tuple(titles.index(title) for title in wanted)
