"""How `make docs` builds the site: Sphinx over the Markdown pages, with the reference made from the code."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

project = "supplyshock"
author = "The supplyshock authors"
copyright = "2026, The supplyshock authors"
version = release = version_of("supplyshock")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_click",
    "site_pages.extension",
]
exclude_patterns = ["_build", "site_pages", "figures", "changes/*.*.md", "package.md"]
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb", ".ipynb": "myst-nb"}

# The notebook is stored with its outputs; `make figures` executes it.
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# Quotation marks and dashes of options stay as they are typed.
smartquotes = False

html_theme = "pydata_sphinx_theme"
html_title = "supplyshock"
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
