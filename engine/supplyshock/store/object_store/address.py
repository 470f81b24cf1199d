"""Addresses of runs in object storage, and how they differ from folders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...common.errors import UsageError

SCHEME = "s3://"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_PART = re.compile(r"[\w .=+,@()-]+")


@dataclass(frozen=True)
class Address:
    """A run in object storage."""

    bucket: str
    key: str
    """What the names of all its objects begin with."""

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """From ``s3://bucket/key``. Raises `UsageError`."""
        bucket, _, key = text.removeprefix(SCHEME).partition("/")
        key = key.strip("/").removesuffix("/results.zarr")
        parts = key.split("/")
        if not _BUCKET.fullmatch(bucket) or not all(_PART.fullmatch(p) and p not in (".", "..") for p in parts):
            expected = f"{SCHEME}BUCKET/KEY, the key of letters, digits, spaces and . _ = + , @ ( ) - between slashes"
            raise UsageError("not an address of a run", expected=expected, got=f"{text!r:.80}")
        return cls(bucket, key)


def place_of(place: str | Path | Address) -> Path | Address:
    """The folder or the address that is meant. Raises `UsageError` for an address that cannot be."""
    if isinstance(place, Address):
        return place
    if isinstance(place, str) and place.startswith(SCHEME):
        return Address.parse(place)
    if isinstance(place, Path) and place.parts[:1] == ("s3:",):
        raise UsageError("an address as a Path has lost a slash", got=f"{place!s:.80}", fix="give it as a string")
    return Path(place)


def folder_of(place: str | Path | Address, what: str) -> Path:
    """The folder that is meant. Raises `UsageError` for an address: `what` needs a folder."""
    folder = place_of(place)
    if isinstance(folder, Address):
        fix = "copy the run into a folder with any S3 client: it has the same files there"
        raise UsageError(f"{what} needs a folder", where=str(folder), fix=fix)
    return folder
