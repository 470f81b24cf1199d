"""Types of the places that options and arguments take. Every one goes through here, so each knows addresses.

An address becomes a run in object storage where a command serves one, and is refused before anything starts where a
command needs a path: it never becomes a folder named ``s3:``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..common.errors import UsageError
from ..common.places import local_path
from ..scenarios.display_names import PICTURES
from ..store.atomic_files import check_writable
from ..store.object_store.address import COPY, Address, place_of


class LocalPath(click.Path):
    """A path on this machine, there or not; as an address only with ``file://``."""

    what = "this"
    """What needs the path, for messages."""
    fix = ""

    def __init__(self, *, dir_okay: bool = True) -> None:
        """A file, or with `dir_okay` a folder too."""
        super().__init__(path_type=Path, dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Fails for an address."""
        try:
            path = local_path(value, self.what, fix=self.fix)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        return super().convert(str(path), param, ctx)


class Folder(LocalPath):
    """A folder on this machine, there or not."""

    what, fix = "this option", COPY


class Place(LocalPath):
    """A folder, or the address of a run in object storage."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path or the `Address`."""
        try:
            place = place_of(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        return place if isinstance(place, Address) else super().convert(str(place), param, ctx)


class InputFile(LocalPath):
    """A file to read."""

    what = "a file to read"

    def __init__(self) -> None:
        """A file, there or not."""
        super().__init__(dir_okay=False)


class OutputFile(LocalPath):
    """A file to write."""

    what = "a file to write"

    def __init__(self) -> None:
        """A file, there or not."""
        super().__init__(dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Raises `StoreError`, before anything is computed, where no file can be written."""
        path = super().convert(value, param, ctx)
        check_writable(path)
        return path


class Picture(OutputFile):
    """A file of a kind that can be drawn."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Fails, before anything is computed, for another ending."""
        if Path(str(value)).suffix.lower() not in PICTURES:
            self.fail(f"expected a name that ends in {', '.join(PICTURES)}, got {str(value)!r:.60}", param, ctx)
        return super().convert(value, param, ctx)


class Table(OutputFile):
    """A file to write, or ``-`` for stdout."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or ``-`` as it is."""
        return value if value == "-" else super().convert(value, param, ctx)
