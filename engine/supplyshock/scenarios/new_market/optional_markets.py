"""Markets of the optional data sets that ship, for hints: which scenario brings tungsten."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ..shipped import optional_sets
from ..yaml_files.yaml_reader import read_document


@dataclass(frozen=True)
class OptionalMarket:
    """A market that the default data set lacks."""

    id: str
    name: str
    config: str
    """Name of a scenario that has it."""


def optional_market(text: str) -> OptionalMarket | None:
    """The optional market of that id or name, in any case; None if no shipped data set has it."""
    folded = " ".join(text.split()).casefold()
    return next((m for m in _markets() if folded in (m.id.casefold(), m.name.casefold())), None)


@cache
def _markets() -> tuple[OptionalMarket, ...]:
    """Of the scenarios that build on a shipped one; hindcasts build on none."""
    found = []
    for path in (path for folder in optional_sets() for path in sorted(folder.glob("*.yaml"))):
        config = read_document(path).value
        if "base" in config and "data" in config:
            files = sorted((path.parent / str(config["data"])).glob("*.yaml"))
            markets = [read_document(file).value for file in files]
            found += [OptionalMarket(m["id"], m["name"], f"{path.parent.name}/{path.stem}") for m in markets]
    return tuple(found)
