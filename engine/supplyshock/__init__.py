"""Monte Carlo paths through the rare-earth and chip markets, and the negotiation that moves them.

    import supplyshock as ss
    scenario = ss.load_scenario("status_quo")
    ss.run_scenarios([scenario], "runs/first", paths=10_000)
    results = ss.open_run("runs/first")
    ss.compare(results, by="loss:US")

Names are imported when first used, so that `import supplyshock` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import SupplyshockError
    from .execute import run_scenarios
    from .open import open_run
    from .plan import Plan, plan_run
    from .reading import (
        compare,
        cvar,
        exceedance,
        fan,
        measure,
        nearest,
        rank,
        to_dataframe,
        typical,
        worst,
    )
    from .runreport import RunReport
    from .scenario import Scenario, load_scenario
    from .telling import Story, story

__all__ = [
    "Plan",
    "RunReport",
    "Scenario",
    "Story",
    "SupplyshockError",
    "__version__",
    "compare",
    "cvar",
    "exceedance",
    "fan",
    "load_scenario",
    "measure",
    "nearest",
    "open_run",
    "plan_run",
    "rank",
    "run_scenarios",
    "story",
    "to_dataframe",
    "typical",
    "worst",
]

_HOMES = {
    "Plan": "plan",
    "RunReport": "runreport",
    "Scenario": "scenario",
    "Story": "telling",
    "SupplyshockError": "errors",
    "load_scenario": "scenario",
    "open_run": "open",
    "plan_run": "plan",
    "run_scenarios": "execute",
    "story": "telling",
    "compare": "reading",
    "cvar": "reading",
    "exceedance": "reading",
    "fan": "reading",
    "measure": "reading",
    "nearest": "reading",
    "rank": "reading",
    "to_dataframe": "reading",
    "typical": "reading",
    "worst": "reading",
}

__version__: str


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("supplyshock")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
