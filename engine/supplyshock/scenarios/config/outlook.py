"""The outlook of the data set for the years of a run, and whether a config uses it."""

from __future__ import annotations

from pydantic import Field

from ..yaml_files.section import Section


class Outlook(Section):
    """What the data set expects of the years after the start; each part can be left out."""

    trends: bool = Field(default=True, description="Use that departs from what supply is built for, by year.")
    projects: bool = Field(default=True, description="Dated capacity that starts after the first day.")
