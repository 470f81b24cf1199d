"""The lowest versions that pyproject.toml allows, as pip constraints: ``python tests/support/lowest_versions.py``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
HARDWARE = ("cuda12", "cuda13", "fused-cuda12", "fused-cuda13")
"""Extras that need a GPU: nothing that this tests."""


def constraints(pyproject: Path = PYPROJECT) -> Iterator[str]:
    """``name==version`` for each requirement ``name>=version`` of the project and its extras."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = (lines for name, lines in project["optional-dependencies"].items() if name not in HARDWARE)
    yield from dict.fromkeys(_lowest([*project["dependencies"], *(line for lines in extras for line in lines)]))
    yield from _lowest(
        [f"jaxlib{line.removeprefix('jax')}" for line in project["dependencies"] if line.startswith("jax>")]
    )


def _lowest(requirements: Iterable[str]) -> Iterator[str]:
    for requirement in requirements:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)>=([0-9.]+)", requirement)
        if not match:
            raise ValueError(f"{requirement}: expected NAME>=VERSION, so that the lowest version is known")
        yield f"{match[1]}=={match[2]}"


if __name__ == "__main__":
    print(*constraints(), sep="\n")
