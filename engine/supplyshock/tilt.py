"""Importance sampling: paths drawn from another law, on which what is rare is not, and what each then counts.

Seven of eight paths are drawn with other rates of the negotiation, other odds of which control list is hit, and
shifted uncertain parameters; the eighth stays (a defensive mixture: Hesterberg, 1995), so that no path counts more
than eight times as much as it would in a plain run. A path counts by the density of the law asked for over that of the
mixture, whichever half drew it (the balance heuristic: Veach and Guibas, 1995). Statistics of every week are over the
paths that stay: a plain run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from supplyshock_kernels.backends import Simulate
from supplyshock_kernels.backends.arrays.luck import draw_priors
from supplyshock_kernels.observe import Observed, Rows, outcome_rows
from supplyshock_kernels.params import Array, Grid, Params, Policy, Priors
from supplyshock_kernels.philox import key_of
from supplyshock_kernels.theta import NAMES

from .columns import LOG_WEIGHT
from .errors import UsageError

PERIOD, PLAIN = 32_768, 4_096
"""Of so many consecutive paths the first ones stay as they are."""
SHARE = PLAIN / PERIOD
MOST_FACTOR, MOST_SHIFT = 100.0, 3.0
_ESCALATION, _TRUCE, _DEAL, _RIFT, _LAPSE = 2, 3, 4, 5, 2


def _cells(name: str, *cells: tuple[Any, ...] | int) -> Callable[[Policy, float], dict[str, Any]]:
    def change(policy: Policy, factor: float) -> dict[str, Any]:
        table = np.array(getattr(policy, name), copy=True)
        for cell in cells or ((),):
            table[cell] *= factor
        return {name: table}

    return change


def _replies(policy: Policy, factor: float) -> dict[str, Any]:
    return {name: getattr(policy, name) * factor for name in ("reply_tariff", "reply_other")}


HAZARDS: dict[str, Callable[[Policy, float], dict[str, Any]]] = {
    "restrict_cn": _cells("base_rate", 0),
    "restrict_us": _cells("base_rate", 1),
    "retaliate": _cells("cross"),
    "reply": _replies,
    "relax": _cells("relax_rate"),
    "escalate": _cells("hazard", (slice(None), _ESCALATION)),
    "settle": _cells("hazard", *((_ESCALATION, to) for to in (0, 1, 3, 4))),
    "deal": _cells("hazard", (_TRUCE, _DEAL)),
    "rift": _cells("hazard", (slice(None), _RIFT)),
    "lapse": _cells("expiry", _LAPSE),
}
"""Rates and chances that a factor changes; `model.likelihood` knows what each makes of a path's probability."""


@dataclass(frozen=True)
class Tilt:
    """Another law to draw paths from."""

    factors: tuple[tuple[str, float], ...] = ()
    """By name in `HAZARDS`, above 0; 1 changes nothing."""
    shifts: tuple[tuple[str, float], ...] = ()
    """By uncertain parameter: standard deviations that its normal moves."""
    lists: tuple[tuple[float, ...], ...] = ()
    """By quarter of the run and control list, in the order of the scenario: factor on the chance that an action or
    reply which is no tariff hits it, before a party's chances are made to add up to 1 again; none: all stay."""
    aim: str = ""
    """The statistic that it is for, in words."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Tilt:
        """From `as_dict`. Raises `UsageError` for names and numbers that no tilt has."""
        if not isinstance(told, Mapping) or not all(
            isinstance(told.get(k, {}), Mapping) for k in ("factors", "shifts")
        ):
            raise UsageError("no such tilt", where="tilt", expected="factors and shifts by name", got=f"{told!r:.60}")
        return cls(
            _numbers(told.get("factors", {}), HAZARDS, 1 / MOST_FACTOR, MOST_FACTOR, "factor of"),
            _numbers(told.get("shifts", {}), NAMES, -MOST_SHIFT, MOST_SHIFT, "shift of"),
            _odds(told.get("lists", ())),
            str(told.get("aim", "")),
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        lists = {"lists": [list(quarter) for quarter in self.lists]} if self.lists else {}
        return {"factors": dict(self.factors), "shifts": dict(self.shifts), **lists, "aim": self.aim}

    def params(self, params: Params) -> Params:
        """The parameters of the other law."""
        return params._replace(policy=self.policy(params.policy), priors=self._priors(params.priors))

    def policy(self, policy: Policy) -> Policy:
        """The policy of the other law."""
        for name, factor in self.factors:
            policy = policy._replace(**HAZARDS[name](policy, factor))
        return policy._replace(hit_cum=list_ends(policy, self.lists)) if self.lists else policy

    def _priors(self, p: Priors) -> Priors:
        moved = np.zeros(len(NAMES))
        moved[[NAMES.index(name) for name, _ in self.shifts]] = [s for _, s in self.shifts]
        z = p.loading * moved[p.factor] + np.sqrt(1 - p.loading**2) * moved
        return p._replace(center=np.where(p.lognormal > 0, p.center * np.exp(p.sd * z), p.center + p.sd * z))

    def log_density(self, paths: range, seed: int, grid: Grid, *, moved: bool) -> Array:
        """(n,) log of the density of the shifted normals over that of the others, where `moved` paths drew."""
        if not self.shifts:
            return np.zeros(len(paths))
        one, index = np.dtype(grid.precision).type(1), np.arange(paths.start, paths.stop, dtype=np.uint64)
        z = draw_priors(index, key_of(seed), one, grid.normals == "inverse")
        half = 0.5 if moved else -0.5
        moves = [s * z[NAMES.index(k)].astype(np.float64) + half * s * s for k, s in self.shifts]
        found: Array = np.sum(moves, axis=0)
        return found


def list_ends(policy: Policy, factors: Sequence[Sequence[float]]) -> Array:
    """(4, C, 2) `Policy.hit_cum` after factors on the chances of the lists. Raises `UsageError` for other lists."""
    ends, by = np.array(policy.hit_cum, np.float64), np.array(factors, np.float64)
    if by.shape != ends.shape[:2]:
        raise UsageError("a tilt of other lists", where="tilt", expected=f"{ends.shape[:2]}", got=f"{by.shape}")
    width = (ends[..., 1] - ends[..., 0]) * by
    for party in np.unique(policy.list_party):
        mine = np.flatnonzero((policy.list_party == party) & (policy.list_is_tariff == 0))
        mine = mine[np.argsort(ends[0, mine, 0], kind="stable")]
        top = np.cumsum(width[:, mine], 1) / width[:, mine].sum(1, keepdims=True)
        ends[:, mine, 1] = top
        ends[:, mine[1:], 0] = top[:, :-1]
    return ends


def tilt_of(identity: Mapping[str, Any]) -> Tilt | None:
    """The law that most paths of a run are drawn from, from its identity; None for a plain run. Raises `UsageError`."""
    return Tilt.of(identity["tilt"]) if "tilt" in identity else None


def _numbers(
    given: Mapping[str, float], known: Any, low: float, high: float, what: str
) -> tuple[tuple[str, float], ...]:
    for name, value in given.items():
        if name not in known or isinstance(value, bool) or not isinstance(value, int | float):
            expected = f"a number for one of {', '.join(known)}"
            raise UsageError("no such tilt", where="tilt", expected=expected, got=f"{name!r:.40}: {value!r:.40}")
        if not low <= value <= high:
            where, expected = f"{what} {name}", f"{low:g} to {high:g}"
            raise UsageError("a tilt that is out of range", where=where, expected=expected, got=f"{value:g}")
    return tuple((name, float(given[name])) for name in sorted(given))


def _odds(given: Any) -> tuple[tuple[float, ...], ...]:
    rows = given if isinstance(given, list | tuple) else [given]
    if not all(isinstance(row, list | tuple) and all(_factor(x) for x in row) for row in rows):
        expected = f"by quarter, a factor of {1 / MOST_FACTOR:g} to {MOST_FACTOR:g} for every control list"
        raise UsageError("no such tilt", where="tilt: lists", expected=expected, got=f"{given!r:.60}")
    return tuple(tuple(float(x) for x in row) for row in rows)


def _factor(x: Any) -> bool:
    return not isinstance(x, bool) and isinstance(x, int | float) and 1 / MOST_FACTOR <= x <= MOST_FACTOR


def check_range(first: int, paths: int) -> None:
    """Raises `UsageError` unless every part of the mixture has its share of the paths."""
    for name, value, least in (("--paths", paths, PERIOD), ("--from-path", first, 0)):
        if value % PERIOD or value < least:
            raise UsageError(
                "a run with importance sampling is cut otherwise",
                where=name,
                expected=f"a multiple of {PERIOD:,}",
                got=f"{value:,}",
                fix=f"{name} {whole(value):,}".replace(",", "_"),
            )


def whole(paths: int) -> int:
    """The least number of paths that holds so many and that such a run can have."""
    return max(1, -(-paths // PERIOD)) * PERIOD


def plain_paths(paths: range) -> int:
    """How many of the paths stay as they are."""
    return sum(len(piece) for piece, moved in pieces(paths) if not moved)


def is_moved(path: int) -> bool:
    """Whether a path is drawn from the other law."""
    return path % PERIOD >= PLAIN


def pieces(paths: range) -> Iterator[tuple[range, bool]]:
    """The stretches of a range that are drawn alike, and whether from the other law."""
    at = paths.start
    while at < paths.stop:
        start = at // PERIOD * PERIOD
        end = start + (PERIOD if is_moved(at) else PLAIN)
        yield range(at, min(end, paths.stop)), is_moved(at)
        at = end


def rows_of(params: Params, tilt: Tilt | None) -> tuple[Rows, ...]:
    """Rows of the outcomes of a run: with a tilt, the logarithm of a path's weight is the last."""
    rows = outcome_rows(params)
    return (*rows, Rows(LOG_WEIGHT, rows[-1].stop, (), ())) if tilt else rows


def observe(
    simulate: Simulate, tilt: Tilt | None, params: Params, grid: Grid, seed: int, paths: range
) -> list[Observed]:
    """What a backend says of the paths, stretch by stretch; the statistics of tilted ones are of no paths."""
    if tilt is None:
        return [simulate(params, grid, seed, paths)]
    weighed = partial(_weighed, simulate, tilt, params, grid, seed)
    return [weighed(piece, moved) for piece, moved in pieces(paths)]


def _weighed(
    simulate: Simulate, tilt: Tilt, params: Params, grid: Grid, seed: int, paths: range, moved: bool
) -> Observed:
    logs, seen = log_ratio(simulate, tilt, params, grid, seed, paths, moved)
    weight = -np.logaddexp(np.log(SHARE), np.log1p(-SHARE) + logs)
    outcomes = np.concatenate([seen.outcomes, weight[None].astype(np.float32)])
    stats = seen.stats._replace(paths=0) if moved else seen.stats
    return seen._replace(outcomes=outcomes, stats=stats)


def log_ratio(
    simulate: Simulate, tilt: Tilt, params: Params, grid: Grid, seed: int, paths: range, moved: bool
) -> tuple[Array, Observed]:
    """((n,) log of the density of the other law over that asked for, of what one of them drew; the paths)."""
    other = tilt.params(params)
    here, there = (other, params) if moved else (params, other)
    seen = simulate(here, grid, seed, paths, there.policy)
    events = seen.log_ratio.astype(np.float64)
    return (-events if moved else events) + tilt.log_density(paths, seed, grid, moved=moved), seen
