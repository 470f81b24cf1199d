"""Monte Carlo paths through the rare-earth and chip markets, and the negotiation that moves them.

    import supplyshock as ss
    scenario = ss.load_scenario("status_quo")
    ss.run_scenarios([scenario], "runs/first", paths=10_000)
    results = ss.open_run("runs/first")
    ss.compare(results, measure="loss:US")

`__init__.pyi` lists the public names. A name is imported when it is first used, so that
`import supplyshock` costs nothing.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing`, `ast` and `pathlib` would be most of what the import costs
    from typing import Any


def _modules() -> dict[str, str]:
    """The module of every name that the stub imports; its lines read ``from .MODULE import NAME as NAME``."""
    with open(f"{__path__[0]}/__init__.pyi", encoding="utf-8") as stub:
        lines = [line.split() for line in stub if line.startswith("from ")]
    return {name: module for _, module, _, name, _, _ in lines}


_MODULES = _modules()
__all__ = [*sorted(_MODULES), "__version__"]  # read from the stub


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("supplyshock")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "open_run":
        import_module(".reporting.story_accessor", __name__)  # `run.supplyshock`, with `story`
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
