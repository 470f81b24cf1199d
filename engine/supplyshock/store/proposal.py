"""The proposal of a run with importance sampling as it is recorded, and which paths are drawn from it.

Seven of eight paths are drawn from the proposal; the eighth stays plain (a defensive mixture: Hesterberg, 1995), so
that no path counts more than eight times as much as it would in a plain run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from supplyshock_kernels.model.uncertain_parameters import NAMES

from ..common.errors import UsageError

PERIOD, PLAIN = 32_768, 4_096
"""Of ``PERIOD`` consecutive paths, the first ``PLAIN`` are drawn from the model itself."""
SHARE = PLAIN / PERIOD
MOST_FACTOR, MOST_SHIFT = 100.0, 3.0
RATES = (
    "restrict_cn", "restrict_us", "retaliate", "reply", "relax", "escalate", "settle", "deal", "rift", "lapse",
)  # fmt: skip
"""Rates and chances of the negotiation that a factor may change."""


@dataclass(frozen=True)
class Proposal:
    """Other parameters to draw most paths from."""

    factors: tuple[tuple[str, float], ...] = ()
    """By name in `RATES`, above 0; 1 changes nothing."""
    shifts: tuple[tuple[str, float], ...] = ()
    """By uncertain parameter: standard deviations that its normal moves."""
    lists: tuple[tuple[float, ...], ...] = ()
    """By quarter of the run and control list, in the order of the scenario: a factor on the probability that an action
    or reply, if it is not a tariff, hits the list. A party's probabilities are then normalised. Empty: no change."""
    aim: str = ""
    """The statistic that it is for, in words."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Proposal:
        """From `as_dict`. Raises `UsageError` for names and numbers that no proposal has."""
        if not isinstance(record, Mapping) or not all(
            isinstance(record.get(k, {}), Mapping) for k in ("factors", "shifts")
        ):
            raise UsageError(
                "not a proposal", where="proposal", expected="factors and shifts by name", got=f"{record!r:.60}"
            )
        return cls(
            _numbers(record.get("factors", {}), RATES, 1 / MOST_FACTOR, MOST_FACTOR, "factor of"),
            _numbers(record.get("shifts", {}), NAMES, -MOST_SHIFT, MOST_SHIFT, "shift of"),
            _list_factors(record.get("lists", ())),
            str(record.get("aim", "")),
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        lists = {"lists": [list(quarter) for quarter in self.lists]} if self.lists else {}
        return {"factors": dict(self.factors), "shifts": dict(self.shifts), **lists, "aim": self.aim}


def recorded_proposal(identity: Mapping[str, Any]) -> Proposal | None:
    """The proposal of a run, from its identity; None for a plain run. Raises `UsageError`."""
    return Proposal.of(identity["tilt"]) if "tilt" in identity else None


def _numbers(
    values: Mapping[str, float], known: Any, low: float, high: float, what: str
) -> tuple[tuple[str, float], ...]:
    for name, value in values.items():
        if name not in known or isinstance(value, bool) or not isinstance(value, int | float):
            expected = f"a number for one of {', '.join(known)}"
            raise UsageError("not a proposal", where="proposal", expected=expected, got=f"{name!r:.40}: {value!r:.40}")
        if not low <= value <= high:
            where, expected = f"{what} {name}", f"{low:g} to {high:g}"
            raise UsageError("out of range", where=where, expected=expected, got=f"{value:g}")
    return tuple((name, float(values[name])) for name in sorted(values))


def _list_factors(factors: Any) -> tuple[tuple[float, ...], ...]:
    rows = factors if isinstance(factors, list | tuple) else [factors]
    if not all(isinstance(row, list | tuple) and all(_factor(x) for x in row) for row in rows):
        expected = f"by quarter, a factor of {1 / MOST_FACTOR:g} to {MOST_FACTOR:g} for every control list"
        raise UsageError("not a proposal", where="proposal: lists", expected=expected, got=f"{factors!r:.60}")
    return tuple(tuple(float(x) for x in row) for row in rows)


def _factor(x: Any) -> bool:
    return not isinstance(x, bool) and isinstance(x, int | float) and 1 / MOST_FACTOR <= x <= MOST_FACTOR


def plain_paths(paths: range) -> int:
    """How many of the paths stay as they are."""
    return sum(len(piece) for piece, moved in mixture_pieces(paths) if not moved)


def is_from_proposal(path: int) -> bool:
    """Whether a path is drawn from the proposal."""
    return path % PERIOD >= PLAIN


def mixture_pieces(paths: range) -> Iterator[tuple[range, bool]]:
    """The stretches of a range that are drawn alike, and whether from the proposal."""
    at = paths.start
    while at < paths.stop:
        start = at // PERIOD * PERIOD
        end = start + (PERIOD if is_from_proposal(at) else PLAIN)
        yield range(at, min(end, paths.stop)), is_from_proposal(at)
        at = end


def round_up_to_period(paths: int) -> int:
    """The least number of paths that holds so many and that such a run can have."""
    return max(1, -(-paths // PERIOD)) * PERIOD
