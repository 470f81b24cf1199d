"""What a picture shows, measured by its renderer: texts outside it, and texts that lie over each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from matplotlib.figure import Figure

SLACK = 1.0
"""Pixels by which a text may leave the picture."""
OVER = 0.12
"""Share of the smaller of two boxes that may be shared: boxes have air above and below their letters."""


def keep_figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are saved from now on."""
    kept: list[Figure] = []
    save = Figure.savefig

    def remember(self: Figure, *args: Any, **kwargs: Any) -> None:
        save(self, *args, **kwargs)
        kept.append(self)

    monkeypatch.setattr(Figure, "savefig", remember)
    return kept


def shown_texts(figure: Figure) -> dict[str, Any]:
    """Box in pixels by text, of all that is drawn; texts that occur twice are numbered."""
    texts: dict[str, Any] = {}
    for text in _texts(figure):
        if text.get_visible() and text.get_text().strip():
            box = text.get_window_extent()
            if box.width > 0 and box.height > 0:
                texts[f"{text.get_text()} [{len(texts)}]"] = box
    return texts


def _texts(figure: Figure) -> Iterator[Any]:
    yield from figure.texts  # the headline and the caption among them
    for ax in figure.axes:
        if not ax.get_visible():
            continue
        yield from ax.texts
        if ax.get_legend():
            yield from ax.get_legend().get_texts()
        if not ax.axison:
            continue
        yield from (ax.title, ax._left_title, ax._right_title, ax.xaxis.label, ax.yaxis.label)
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            yield from (tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high)


def texts_outside(figure: Figure) -> list[str]:
    """Texts that leave the picture."""
    whole = figure.bbox
    return [
        name
        for name, box in shown_texts(figure).items()
        if min(box.x0 - whole.x0, whole.x1 - box.x1, box.y0 - whole.y0, whole.y1 - box.y1) < -SLACK
    ]


def texts_over_each_other(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts that share more of their boxes than air."""
    pairs = []
    for (a, one), (b, other) in combinations(shown_texts(figure).items(), 2):
        wide = min(one.x1, other.x1) - max(one.x0, other.x0)
        tall = min(one.y1, other.y1) - max(one.y0, other.y0)
        smaller = min(one.width * one.height, other.width * other.height)
        if wide > 0 and tall > 0 and wide * tall > OVER * smaller:
            pairs.append((a, b))
    return pairs
