"""The gallery: each picture that `make figures` draws, with the command that made it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from figures.registry import Artefact, load

HEAD = """# Gallery

Every picture of these pages, with the command that makes it. `make figures` makes all of them anew.
"""


def gallery_page(root: Path) -> str:
    """A section for each artefact that draws pictures; links are relative to docs/reference/generated."""
    artefacts = load(root).artefacts
    return "\n".join([HEAD, *(part for name, artefact in artefacts.items() for part in _section(root, name, artefact))])


def _section(root: Path, name: str, artefact: Artefact) -> Iterator[str]:
    pictures = sorted(_pictures(root, artefact))
    if pictures:
        yield f"## {name.replace('_', ' ').capitalize()}\n"
        yield f"```sh\n{artefact.command.strip()}\n```\n"
        yield from (f"![{name.replace('_', ' ')}]({_relative(picture)})\n" for picture in pictures)
        if artefact.page:
            yield f"Explained in [{artefact.page}]({_relative(artefact.page)}).\n"


def _pictures(root: Path, artefact: Artefact) -> Iterator[str]:
    yield from artefact.pictures.values()
    for pattern in artefact.writes:
        yield from (f"{path.relative_to(root)}" for path in root.glob(pattern) if path.suffix == ".png")


def _relative(place: str) -> str:
    within = place.removeprefix("docs/")
    return f"../../{within}" if within != place else f"../../../{place}"
