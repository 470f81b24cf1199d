"""Checks across the keys of a config."""

from __future__ import annotations

from collections.abc import Iterator

from ...common.errors import ConfigError, Problem
from ..config.load import Loaded
from ..config.policy import SUM_TOLERANCE
from ..dataset.parameter_names import EXPIRY, is_tariff, parameter_rule
from ..yaml_files.validation_errors import key_text, refusal
from ..yaml_files.yaml_reader import KeyPath, mark_of
from .figures import Values
from .parameters import changed_priors
from .tonnage import added_capacity

Finding = tuple[KeyPath, str, str]
"""Where, expected, got."""


def check(loaded: Loaded, values: Values) -> None:
    """Raises `ConfigError` that lists every problem."""
    findings = [*_parameters(loaded, values), *_priors(loaded, values), *_capacity(loaded), *_clock(loaded)]
    marks = loaded.document.marks
    problems = [Problem(str(mark_of(marks, path)), key_text(path), expected, got) for path, expected, got in findings]
    if problems:
        raise refusal(problems, loaded.document, ConfigError)


def _parameters(loaded: Loaded, values: Values) -> Iterator[Finding]:
    changed = loaded.config.parameters
    for name, value in changed.items():
        rule = parameter_rule(name)
        if not rule.admits(value):
            yield ("parameters", name), str(rule), f"{value:g}"
    total = sum(values.get(f"policy.expiry.{e}") for e in EXPIRY)
    if abs(total - 1.0) > SUM_TOLERANCE and loaded.config.policy.expiry is None:
        yield ("parameters",), "policy.expiry.* that sum to 1", f"{total:.8g}"
    for party in ("CN", "US"):
        lists = [c.id for c in loaded.dataset.labels.control_lists if c.party == party and not is_tariff(c.id)]
        if sum(values.get(f"policy.list_share.{c}") for c in lists) <= 0.0:
            yield ("parameters",), f"some policy.list_share of {party} above 0", "0"


def _priors(loaded: Loaded, values: Values) -> Iterator[Finding]:
    changed = changed_priors(loaded.config, values)
    for name in loaded.config.priors:
        row = changed[name]
        if not row.low <= row.center <= row.high:
            yield ("priors", name), "low <= center <= high", f"{row.low:g}, {row.center:g}, {row.high:g}"
        elif row.distribution == "lognormal" and row.center <= 0.0:
            yield ("priors", name), "a center above 0, because its distribution is lognormal", f"{row.center:g}"


def _capacity(loaded: Loaded) -> Iterator[Finding]:
    for i, lever in enumerate(loaded.config.levers.capacity):
        try:
            added_capacity(lever.add, loaded.dataset, lever.source, lever.market)
        except LookupError as error:
            yield ("levers", "capacity", i), str(error.args[0]), f"add: {lever.add!r}, market: {lever.market}"


def _clock(loaded: Loaded) -> Iterator[Finding]:
    policy, start = loaded.config.policy, loaded.config.start
    if policy.clock_expires is None:
        return
    path: KeyPath = ("policy", "clock_expires")
    if policy.initial_regime != "truce":
        yield (
            path,
            "null, since only a truce has a clock",
            f"{policy.clock_expires} with {policy.initial_regime!r}",
        )
    elif policy.clock_expires < start:
        yield path, f"a date from {start} (`start`)", str(policy.clock_expires)
