"""The warning of Python for a size that is out of all reason."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable

PACKAGE = __name__.partition(".")[0]


class SizeWarning(UserWarning):
    """A size in a scenario or a book is out of all reason: most often its unit is mistaken.

    `warnings.simplefilter("ignore", SizeWarning)` silences it.
    """


def warn_of_sizes(texts: Iterable[str]) -> None:
    """Warns of each text, at the line outside the package that called it."""
    for text in texts:
        warnings.warn(text, SizeWarning, stacklevel=_frames_of_the_package() + 1)


def _frames_of_the_package() -> int:
    """Frames above this function, from its caller's on, that belong to the package."""
    frame, count = sys._getframe(1), 0
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == PACKAGE:
        frame, count = frame.f_back, count + 1  # type: ignore[assignment]
    return count
