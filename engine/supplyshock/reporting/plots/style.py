"""The one style sheet of all pictures: colours, sizes, the texts around a figure, axes, and saving.

matplotlib is imported inside the functions: commands that draw nothing do not wait for it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import UsageError
from ...common.places import local_path
from ...scenarios.display_names import PICTURES
from ...store.atomic_files import file_errors, write_whole
from .wrap_text import wrapped

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#B84A00", "#00734F", "#A0487F"
"""Okabe and Ito's, dark enough for text on white, and distinct for every kind of colour vision."""
COLOURS = {"CN": ORANGE, "XC": BLUE}
"""By bloc."""
PARTY_COLOURS = {"US": BLUE, "CN": ORANGE}
LINE_COLOURS = (BLUE, ORANGE, GREEN, PURPLE)
"""One per market or scenario. In grey they look alike: markers, dashes or labels tell lines apart as well."""
REGIME_COLOURS = {
    "calm": "#FFFFFF", "talks": "#E8EEF4", "escalation": "#F2C7A5", "truce": "#D9E8D9", "deal": "#A9D6B8",
    "rift": "#D98880",
}  # fmt: skip
ZONE_COLOURS = {-1: "#F2A071", 0: "#E6E6E6", 1: "#4FA083"}
"""One side loses, undecided, both gain; in grey the three differ as well."""
DIVERGING, SEQUENTIAL = "BrBG", "Purples"
"""matplotlib's maps: gains about zero, and shares from 0 to 1."""
SHADES = ("#F2F2F2", "#C6DBEF", "#86B8DD", "#3F8FC5", "#0B5A97")
"""Counts, from none to all."""
INK, GREY, FAINT, PAPER = "#222222", "#595959", "#8C8C8C", "#FFFFFF"
"""Texts, lesser texts, rules and shades, and the ground."""
DPI = 150
COLUMN = 9.6
"""Width of a picture, inches: on a page's column of 600 pixels its texts of `TEXT` are 8 pixels tall."""
DASHES = (0, (4, 2))
HEADLINE, TITLE, TEXT, NOTE = 12, 10.5, 9, 8.5
"""Sizes of texts, points: of a figure, of a panel, of axes, and below the figure."""


def new_figure(width: float, height: float) -> Any:
    """A figure of this size in inches, in which matplotlib's constrained layout places the axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def add_texts(figure: Any, headline: str, caption: str) -> None:
    """Writes the headline above and the caption below, in lines that fit the figure."""
    top = "\n".join(wrapped(figure, line, HEADLINE, bold=True) for line in headline.split("\n"))
    figure.suptitle(top, x=0.01, ha="left", size=HEADLINE, weight="bold", color=INK)
    figure.supxlabel(wrapped(figure, caption, NOTE), x=0.01, ha="left", size=NOTE, color=GREY)


def open_axes(ax: Any, hidden: Sequence[str] = ("top", "right"), *, size: float = TEXT) -> None:
    """Hides sides of the frame, and gives ticks and their labels ink and size."""
    ax.spines[list(hidden)].set_visible(False)
    ax.tick_params(colors=INK, labelsize=size, which="both")


def panel_title(ax: Any, text: str, *, bold: bool = True, colour: str = INK, pad: float = 6) -> None:
    """The title of a panel, above its left end."""
    ax.set_title(text, loc="left", size=TITLE, weight="bold" if bold else "normal", color=colour, pad=pad)


def axis_titles(ax: Any, x: str = "", y: str = "") -> None:
    """What the axes show, with units."""
    if x:
        ax.set_xlabel(x, size=TEXT, color=INK)
    if y:
        ax.set_ylabel(y, size=TEXT, color=INK)


def legend_below(ax: Any, handles: Sequence[Any] | None = None, *, columns: int = 1, drop: float = -0.16) -> None:
    """A legend below axes, where no line can run through it."""
    _legend(ax, handles, columns, {"loc": "upper left", "bbox_to_anchor": (-0.02, drop)})


def legend_row(ax: Any, handles: Sequence[Any], *, columns: int) -> None:
    """A legend in axes of its own, for all panels."""
    ax.axis("off")
    _legend(ax, handles, columns, {"loc": "center left", "bbox_to_anchor": (0.0, 0.5)})


def _legend(ax: Any, handles: Sequence[Any] | None, columns: int, place: dict[str, Any]) -> None:
    chosen = {"handles": list(handles)} if handles is not None else {}
    style = {"frameon": False, "fontsize": NOTE, "labelcolor": INK, "borderpad": 0}
    ax.legend(**chosen, **place, **style, ncols=columns, columnspacing=1.4, handlelength=2.2)


def date_axis(ax: Any, ticks: int = 6) -> None:
    """Dates along x, about so many, at the same months in panels of about the same time."""
    from matplotlib.dates import ConciseDateFormatter, MonthLocator, YearLocator

    first, last = ax.get_xlim()
    months = (last - first) / 30.4
    step = next((n for n in (1, 2, 3, 4, 6) if months / n <= ticks + 0.5), 12)
    years = max(1, round(months / 12 / ticks))
    locator = MonthLocator(bymonth=range(1, 13, step)) if step < 12 else YearLocator(years)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]


def multiples(low: float, high: float) -> list[float]:
    """Ticks of a logarithmic scale of multiples of a baseline: three at least, nine at most."""
    from matplotlib.ticker import MaxNLocator

    for steps in ((1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = [f * 10.0**e for e in range(-3, 5) for f in steps if low <= f * 10.0**e <= high]
        if len(ticks) > 9:
            return [t for t in ticks if np.isclose(np.log10(t) % 1, 0)]
        if len(ticks) >= 3:
            return ticks
    for bins in (4, 6, 8):
        found = MaxNLocator(bins, steps=[1, 2, 5, 10]).tick_values(low, high)
        ticks = [float(t) for t in found if low <= t <= high]
        if len(ticks) >= 3:
            break
    return ticks


def scale_multiples(ax: Any, low: float, high: float) -> None:
    """Makes y a logarithmic scale of multiples of a baseline between two ends."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_yscale("log")
    ax.set_ylim(low, high)
    ax.yaxis.set_major_locator(FixedLocator(multiples(low, high)))
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
