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
    from .analysis import compare, cvar, exceedance, fan, measure, nearest, rank, to_dataframe, typical, worst
    from .analysis.open_run import open_run
    from .common.errors import SupplyshockError
    from .execution.plan import plan_run
    from .execution.run import run_scenarios
    from .execution.run_report import RunReport
    from .execution.run_request import RunRequest
    from .reporting.story import Story, story
    from .scenarios.scenario import Scenario, load_scenario
    from .store.partition import Plan

__all__ = [
    "Plan",
    "RunReport",
    "RunRequest",
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
    "Plan": "store.partition",
    "RunReport": "execution.run_report",
    "RunRequest": "execution.run_request",
    "Scenario": "scenarios.scenario",
    "Story": "reporting.story",
    "SupplyshockError": "common.errors",
    "load_scenario": "scenarios.scenario",
    "open_run": "analysis.open_run",
    "plan_run": "execution.plan",
    "run_scenarios": "execution.run",
    "story": "reporting.story",
    "compare": "analysis",
    "cvar": "analysis",
    "exceedance": "analysis",
    "fan": "analysis",
    "measure": "analysis",
    "nearest": "analysis",
    "rank": "analysis",
    "to_dataframe": "analysis",
    "typical": "analysis",
    "worst": "analysis",
}

__version__: str


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("supplyshock")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "open_run":
        import_module(".reporting.story_accessor", __name__)  # `run.supplyshock.story`
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
