"""Monte Carlo paths through the rare-earth and chip markets, and the negotiation that moves them.

>>> import supplyshock
>>> run = supplyshock.open_run("runs/first")  # doctest: +SKIP
>>> run["summary"]["price_ratio_mean"].sel(market="Dy", bloc="XC")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .execute import RunReport, run_scenarios
    from .open import open_run
    from .scenario import Scenario, load_scenario

_PUBLIC = {
    "open_run": ".open",
    "load_scenario": ".scenario",
    "Scenario": ".scenario",
    "run_scenarios": ".execute",
    "RunReport": ".execute",
}
__all__ = ["RunReport", "Scenario", "load_scenario", "open_run", "run_scenarios"]


def __getattr__(name: str) -> Any:
    """Imports on first use, so that ``import supplyshock`` and ``--help`` are quick."""
    if name == "__version__":
        from importlib.metadata import version

        return version("supplyshock")
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name], __name__), name)
