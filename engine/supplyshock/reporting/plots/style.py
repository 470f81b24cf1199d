"""The one style of all pictures: colours, sizes, the texts around a figure, axes, and saving.

matplotlib is imported inside the functions: commands that draw nothing do not wait for it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from ...common.errors import UsageError
from ...common.places import local_path
from ...scenarios.display_names import PICTURES
from ...store.atomic_files import file_errors, write_whole

COLOURS = {"CN": "#D55E00", "XC": "#0072B2"}
"""By bloc. Okabe and Ito's vermilion and blue: distinct for every kind of colour vision, and in grey."""
BLUE, ORANGE = COLOURS["XC"], COLOURS["CN"]
PARTY_COLOURS = {"US": "#0072B2", "CN": "#B84A00"}
LINE_COLOURS = ("#0072B2", "#B84A00", "#00734F", "#A0487F")
"""One per market: Okabe and Ito's, dark enough for text on white."""
REGIME_COLOURS = {
    "calm": "#FFFFFF", "talks": "#E8EEF4", "escalation": "#F2C7A5", "truce": "#D9E8D9", "deal": "#A9D6B8",
    "rift": "#D98880",
}  # fmt: skip
ZONE_COLOURS = {-1: "#F2A071", 0: "#E6E6E6", 1: "#7FBFA8"}
"""One side loses, undecided, both gain."""
INK, GREY, FAINT = "#222222", "#555555", "#888888"
DPI = 150
DASHES = (0, (4, 2))
HEADLINE, CAPTION = 13, 8
"""Sizes of texts, points."""


def new_figure(width: float, height: float, *, constrained: bool = False) -> Any:
    """A figure of this size in inches; `constrained` lets matplotlib place the axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained" if constrained else None)
    FigureCanvasAgg(figure)
    return figure


def add_texts(
    figure: Any,
    headline: str,
    caption: str,
    wrap: tuple[int, int],
    *,
    size: float = HEADLINE,
    edges: tuple[float, float] | None = None,
) -> None:
    """Writes the headline above and the caption below, wrapped at so many characters.

    `edges` are the top of the headline and the bottom of the caption as shares of the height; without them
    matplotlib's constrained layout makes room for both.
    """
    top_text = "\n".join(fill(line, wrap[0]) for line in headline.split("\n"))
    bottom_text = fill(caption, wrap[1])
    if edges is None:
        if headline:
            figure.suptitle(top_text, x=0.01, ha="left", size=size, weight="bold", color=INK)
        figure.supxlabel(bottom_text, x=0.01, ha="left", size=CAPTION, color=FAINT)
        return
    figure.text(0.012, edges[0], top_text, size=size, weight="bold", color=INK, va="top")
    figure.text(0.012, edges[1], bottom_text, size=CAPTION, color=FAINT, va="bottom")


def literal(text: str) -> str:
    """Text between whose dollar signs matplotlib looks for no formula."""
    return text.replace("$", r"\$")


def open_axes(ax: Any, hidden: Sequence[str] = ("top", "right"), *, size: float = 9) -> None:
    """Hides sides of the frame, and gives ticks and their labels ink and size."""
    ax.spines[list(hidden)].set_visible(False)
    ax.tick_params(colors=INK, labelsize=size, which="both")


def scale_multiples(ax: Any) -> None:
    """Makes y a logarithmic scale of multiples of a baseline, with ticks at 1, 2 and 5."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_yscale("log")
    ax.yaxis.set_major_locator(FixedLocator([f * 10.0**e for e in range(-3, 5) for f in (1, 2, 5)]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}×"))


def spread_labels(values: Sequence[float], gap: float = 1.14) -> list[float]:
    """The values moved apart, in their order, so that neighbours differ by the factor `gap` at least."""
    logs = np.log(np.maximum(np.asarray(values, float), 1e-6))
    order, step = np.argsort(-logs, kind="stable"), float(np.log(gap))
    placed = logs[order].copy()
    for _ in range(200):
        for i in range(len(placed) - 1):
            short = step - (placed[i] - placed[i + 1])
            if short > 1e-9:
                placed[i] += short / 2
                placed[i + 1] -= short / 2
    out = np.empty_like(placed)
    out[order] = np.exp(placed)
    return [float(v) for v in out]


def save(figure: Any, path: str | Path) -> Path:
    """Writes a picture of the kind that the ending names (`PICTURES`), and returns its path.

    Raises `UsageError` for another ending and `StoreError` for a file that cannot be written.
    """
    path = local_path(path, "a picture")
    kind = path.suffix.lower()
    if kind not in PICTURES:
        raise UsageError("unknown kind of picture", where=str(path), expected=" or ".join(PICTURES), got=path.suffix)
    metadata = {"Software": None} if kind == ".png" else None  # the same bytes from every version of matplotlib
    drawn = io.BytesIO()
    figure.savefig(drawn, format=kind[1:], metadata=metadata)
    with file_errors(path):
        write_whole(path, drawn.getvalue())
    return path
