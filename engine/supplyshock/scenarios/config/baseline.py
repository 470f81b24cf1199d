"""The baseline of a config: its differences from that of the data set."""

from __future__ import annotations

from pydantic import Field

from ..yaml_files.section import ByName, Section
from .field_types import Content, Cover, MarketName, MaterialName, Mix, OutputText, PriceText, SourceName


class Baseline(Section):
    """Changes to the baseline of the data set; other markets and sources keep theirs."""

    output: ByName[SourceName, OutputText] = Field(
        default={}, description="Output of sources: '62 kt/year' of all its materials together, or a multiple."
    )
    cn_use: ByName[MaterialName, Mix] = Field(default={}, description="China's share of world use.")
    price: ByName[MaterialName, PriceText] = Field(default={}, description="Baseline prices, such as '19 USD/kg'.")
    made_from: ByName[MaterialName, ByName[MaterialName, Content]] = Field(
        default={}, description="Kg of an input in a kg of a product, by product and input of the data set."
    )
    cover: ByName[MarketName, Cover] = Field(default={}, description="Normal inventory, weeks of use.")
