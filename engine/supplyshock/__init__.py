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

import ast
from importlib import import_module
from pathlib import Path
from typing import Any


def _modules() -> dict[str, str]:
    """The module of every name that the stub imports."""
    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: f".{node.module}" for node in imports for alias in node.names}


_MODULES = _modules()
__all__ = [*sorted(_MODULES), "__version__"]  # read from the stub


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("supplyshock")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "open_run":
        import_module(".reporting.story_accessor", __name__)  # `run.supplyshock.story`
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
