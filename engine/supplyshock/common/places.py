"""Where a place is: a path on this machine, or an address with a scheme such as ``s3://``."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath
from urllib.parse import unquote

from .errors import UsageError

SERVED = ("s3", "gs", "az")
"""Schemes of object storage in which a run may be kept (`store.object_store.address`)."""
_SCHEME = re.compile(r"\s*([^/\\:\s]{2,})://")
_LOST_SLASH = re.compile(r"([^/\\:\s]{2,}):")
_WEB = ("file", "http", "https", "ftp")


def scheme_of(place: str | os.PathLike[str]) -> str:
    """The scheme of an address in lower case, such as ``s3``; empty for a path, also one with a colon in a name.

    Raises `UsageError` for an address that was made a `Path` and so lost a slash.
    """
    if isinstance(place, PurePath):
        first = _LOST_SLASH.fullmatch(place.parts[0]) if place.parts else None
        if first and first[1].casefold() in (*SERVED, *_WEB):
            raise UsageError(
                "an address given as a Path loses a slash", got=f"{place!s:.80}", fix="give it as a string"
            )
        return ""
    hit = _SCHEME.match(os.fspath(place))
    return hit[1].casefold() if hit else ""


def local_path(place: str | os.PathLike[str], what: str = "this", *, fix: str = "") -> Path:
    """The path on this machine that is meant; ``file://`` is a path as well.

    Raises `UsageError` for every other address, which would become a folder named ``s3:``: `what` needs a path.
    """
    scheme = scheme_of(place)
    if "\0" in os.fspath(place):
        raise UsageError(f"{what} needs a path", expected="a name without the character NUL", got=f"{place!s:.80}")
    if not scheme and not os.fspath(place).strip():
        raise UsageError(f"{what} needs a path", expected="a name", got="empty text", fix="is a variable not set?")
    if not scheme:
        return Path(place)
    text = os.fspath(place).strip()
    if scheme != "file":
        expected = "a path on this machine"
        raise UsageError(f"{what} needs a path", expected=expected, got=f"the address {text!r:.80}", fix=fix)
    host, slash, rest = text.partition("://")[2].partition("/")
    path = unquote(slash + rest)
    if host.casefold() not in ("", "localhost") or not slash or "\0" in path:
        raise UsageError("not the address of a file", expected="file:///PATH", got=f"{text!r:.80}")
    return Path(path)
