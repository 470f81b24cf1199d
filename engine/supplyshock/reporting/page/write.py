"""Puts what was collected into one HTML file without any reference to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...store.atomic_files import file_errors, write_whole
from .backtest import Backtest
from .collect import collect
from .findings import answers, lead

if TYPE_CHECKING:
    import xarray as xr

HERE = Path(__file__).parent / "assets"
SCRIPTS = ("helpers", "charts", "bars", "tables", "controls")
HTML = ("stories", "backtest", "provenance", "sources")
"""What stands in the page as text; charts need the rest."""


def write_report(
    run: xr.DataTree,
    path: str | Path = "report.html",
    *,
    question: str = "",
    stories: bool = True,
    backtest: Backtest | None = None,
) -> Path:
    """Writes the page of a run as `open_run` gives it, and returns its path.

    `question` replaces the question at the top. `stories` computes three paths of the first scenario again and tells
    them. `backtest` is shown where there is one; without it the page says that there is none.

    All text of the run is escaped. Raises `StoreError` for a file that cannot be written.
    """
    found = collect(run, stories=stories, backtest=backtest)
    html = render(found, question)
    path = Path(path)
    with file_errors(path.parent):
        write_whole(path, html.encode())
    return path


def render(found: dict[str, Any], question: str = "") -> str:
    """The page; every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("page.html")
    return page.render(
        found=found,
        question=question or found["about"]["question"],
        lead=lead(found),
        answers=answers(found),
        data=as_script({k: v for k, v in found.items() if k not in HTML}),
        css=(HERE / "page.css").read_text(),
        js="\n".join((HERE / f"{name}.js").read_text() for name in SCRIPTS),
    )


def as_script(value: Any) -> str:
    """JSON that may stand inside a script element: no character in it can end the element or begin another."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
