"""Pages of the site that are made from the code name all there is; links out of docs/ are mended."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from site_pages.config_page import config_page
from site_pages.extension import COPIED, mend_links
from site_pages.gallery_page import gallery_page
from site_pages.measures_page import measures_page, outcomes_page

from supplyshock.analysis.measures.registry import REGISTRY
from supplyshock.scenarios.config import json_schema
from supplyshock_kernels.outputs import OUTCOMES, SERIES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
APP = SimpleNamespace(srcdir=str(DOCS))


def mended(page: str, text: str) -> str:
    """The text as Sphinx reads it."""
    source = [text]
    mend_links(APP, page, source)  # type: ignore[arg-type]
    return source[0]


def test_every_key_of_a_config_has_a_row() -> None:
    page, schema = config_page(), json_schema()
    parts = [schema, *schema["$defs"].values()]
    keys = [key for part in parts for key in part.get("properties", {})]
    assert [key for key in keys if f"| `{key}` |" not in page] == []
    assert [name for name in schema["$defs"] if f"\n## {name}\n" not in page] == []
    assert len(keys) > 60


def test_every_measure_and_variable_has_a_row() -> None:
    assert [name for name in REGISTRY if f"| `{name}` |" not in measures_page()] == []
    page = outcomes_page()
    assert [v.name for v in (*OUTCOMES, *SERIES) if f"| `{v.name}` |" not in page] == []


def test_the_gallery_has_every_picture_that_a_page_shows() -> None:
    page = gallery_page(ROOT)
    assert [p.name for p in DOCS.glob("*.png") if f"(../../{p.name})" not in page and p.stem != "architecture"] == []


def test_links_out_of_docs_lead_to_pages_or_become_text() -> None:
    assert mended("gpu", "see [it](../CONTRIBUTING.md#tests)") == "see [it](reference/generated/contributing.md#tests)"
    assert mended("how-to/runs", "[tests](../../tests/s3) of [this](../gpu.md)") == "tests of [this](../gpu.md)"
    assert mended("decisions/0001-no-fastmath", "[a](0002-quantile-grid.md)") == "[a](0002-quantile-grid.md)"
    assert set(COPIED) <= {p.name for p in ROOT.glob("*.md")}
