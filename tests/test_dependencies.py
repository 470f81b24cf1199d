"""Every package that the code imports is a declared dependency, not one that another happens to bring."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
OWN = {"supplyshock", "supplyshock_kernels"}
NAMES = {"ruamel": "ruamel.yaml", "pydantic_core": "pydantic", "llvmlite": "numba"}
"""Imports of another name than the distribution, or of a part that the distribution pins itself."""


def imported() -> set[str]:
    """Packages outside the standard library that a module of engine or kernels imports, anywhere in it."""
    names: set[str] = set()
    for folder in ("engine", "kernels"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names.add(str(node.module).partition(".")[0])
    return names - OWN - set(sys.stdlib_module_names)


def declared() -> set[str]:
    """Names of all dependencies, those of extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(t for extra in project["optional-dependencies"].values() for t in extra)]
    return {re.split(r"[\s<>=!~\[;]", text)[0].lower() for text in texts}


def test_every_import_is_declared() -> None:
    missing = {name for name in imported() if NAMES.get(name, name).lower().replace("_", "-") not in declared()}
    assert missing == set()
