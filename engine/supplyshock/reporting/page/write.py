"""Renders the collected data as one HTML file without references to other files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...common.places import local_path
from ...store.atomic_files import file_errors, write_text
from .backtest import Backtest
from .collect import collect
from .findings import answers

if TYPE_CHECKING:
    import xarray as xr

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("helpers", "charts", "bars", "story", "tables", "controls")
HELD = "\N{NO-BREAK SPACE}"
HTML = ("firm", "stories", "backtest", "provenance", "sources")
"""Parts that the template renders; the charts read the rest."""


def write_report(
    run: xr.DataTree,
    path: str | Path = "report.html",
    *,
    question: str = "",
    stories: bool = True,
    backtest: Backtest | None = None,
    folder: Path | None = None,
) -> Path:
    """Writes the page of a run that `open_run` returned, and returns its path.

    `question` replaces the question at the top. `stories` recomputes three paths of the first scenario and describes
    them. Without a `backtest` the page states that there is none. `folder` is that of the run, for the spread of its
    figures over parameters.

    All text of the run is escaped. Raises `StoreError` for a file that cannot be written.
    """
    path = local_path(path, "a page")
    data = collect(run, stories=stories, backtest=backtest, folder=folder)
    html = render(data, question)
    with file_errors(path):
        write_text(path, html)
    return path


def render(data: dict[str, Any], question: str = "") -> str:
    """The page; every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html")
    charts = [story.get("chart") for story in data["stories"]["paths"]]
    return template.render(
        page=data,
        question=question or data["about"]["question"],
        lead=[text.replace(" %", f"{HELD}%").replace(" ±", f"{HELD}±") for text in data["lead"][:-1]],
        how_sure=data["lead"][-1],
        answers=answers(data),
        data=as_script({k: v for k, v in data.items() if k not in HTML} | {"charts": charts}),
        css=(ASSETS / "page.css").read_text(encoding="utf-8"),
        js="\n".join((ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS),
    )


def as_script(value: Any) -> str:
    """JSON that may stand inside a script element: no character in it can end the element or begin another."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
