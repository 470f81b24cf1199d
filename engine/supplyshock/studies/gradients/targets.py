"""Of what a gradient is taken: a total over the run whose expectation is smooth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyshock_kernels.params import BLOCS, PARTIES

from ...analysis.summary_tables.rows import COUNTRIES
from ...common.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario


@dataclass(frozen=True)
class Target:
    """A total over the run."""

    name: str
    """``loss:US``, ``bill:CN``, ``unmet:Dy``, ``unmet:Dy,CN``."""
    index: tuple[int, ...]
    """party, or market and bloc."""
    words: str
    unit: str

    @property
    def measure(self) -> str:
        """loss, bill or unmet."""
        return self.name.partition(":")[0]


def find_target(scenario: Scenario, name: str) -> Target:
    """The target of a name. Raises `UsageError` for one that is not there or has no gradient."""
    measure, _, label = name.partition(":")
    if measure in ("loss", "bill") and label in PARTIES:
        what = "lost output" if measure == "loss" else "price bill"
        return Target(name, (PARTIES.index(label),), f"{what}, {COUNTRIES[label]}", "bn USD")
    market, _, bloc = label.partition(",")
    bloc = bloc or "XC"
    if measure == "unmet" and market in scenario.labels.market and bloc in BLOCS:
        where = "in China" if bloc == "CN" else "outside China"
        index = (scenario.labels.market.index(market), BLOCS.index(bloc))
        return Target(name, index, f"unmet use of {market} {where}", "weeks of use")
    known = [f"{m}:{p}" for m in ("loss", "bill") for p in PARTIES]
    known += [f"unmet:{m}{b}" for m in scenario.labels.market for b in ("", *(f",{b}" for b in BLOCS))]
    raise UsageError(
        "nothing of that name has a gradient",
        where="--by",
        expected="loss:US, bill:US, unmet:Dy or unmet:Dy,CN (counts of weeks and dates have none)",
        got=name,
        fix=did_you_mean(name, known),
    )
