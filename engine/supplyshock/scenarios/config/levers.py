"""The levers of a scenario on the markets: stocks, mines, recycling, thrift, outages, quotas."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from ..yaml_files.number_types import Positive
from ..yaml_files.section import ByName, Section
from ..yaml_files.validation_errors import refuse
from .field_types import (  # fmt: skip
    Day,
    DayFromStart,
    DayInside,
    MarketName,
    MaterialName,
    RateText,
    SectorName,
    Share,
    SourceName,
    StockText,
    Weeks,
    described,
    quantity,
)

Bloc = Literal["CN", "XC", "both"]
Factor = Annotated[
    float,
    described("A factor: 1.2 or '120 %'.", "share", least=0.01, most=100),
    Field(ge=0.01, le=100),
    BeforeValidator(quantity("share", bare="share")),
]
MOST_THRIFT = 0.95


class _Window(Section):
    start: DayInside | None = Field(default=None, alias="from", description="First day; default: the start.")
    end: DayFromStart | None = Field(default=None, alias="to", description="First day after it; default: the end.")

    @model_validator(mode="after")
    def _ordered(self) -> _Window:
        if self.start and self.end and self.end <= self.start:
            raise refuse(f"`to` after `from` ({self.start})", got=f"to: {self.end}")
        return self


class Stockpile(_Window):
    """A strategic stock outside China."""

    market: MaterialName = Field(description="Market to stock.")
    initial: StockText = Field(default=0.0, description="Stock at the start: '300 t', or weeks of use outside China.")
    buy: RateText = Field(default=0.0, description="Purchases: '20 t/week', or a share of world use.")


class Capacity(Section):
    """New capacity at a source."""

    source: SourceName = Field(description="Source that grows.")
    add: RateText = Field(description="'20 %' of its baseline output, or '300 t/year' of `market`.")
    market: MarketName | None = Field(default=None, description="Market in which a tonnage in `add` counts.")
    online: DayInside = Field(description="First day of output.")
    ramp: Weeks = Field(default=0.0, description="Time from first to full output; default: at once.")
    delay: Weeks = Field(default=0.0, description="Mean delay; the expected output counts on every path.")
    never: Share = Field(default=0.0, description="Odds that it never comes.")


class Recycling(_Window):
    """Secondary supply outside China."""

    market: MaterialName = Field(description="Market supplied.")
    share: Share = Field(description="Share of baseline use outside China.")


class Thrift(_Window):
    """Use that is designed out."""

    market: MarketName = Field(description="Market saved.")
    cut: Share = Field(description="Share of use saved, up to 95 %.")
    bloc: Bloc = Field(default="both", description="CN, XC or both.")

    @model_validator(mode="after")
    def _leaves_some(self) -> Thrift:
        if self.cut > MOST_THRIFT:
            raise refuse(f"a cut of at most {MOST_THRIFT}, since a market without use has no price", got=f"{self.cut}")
        return self


class Substitution(Section):
    """How easily users switch."""

    scale: Positive = Field(default=1.0, description="Factor on the own-price elasticity of use.")


class Demand(_Window):
    """A change of use that does not come from the price: of a market, or of a sector in all its markets."""

    market: MarketName | None = Field(default=None, description="Market.")
    sector: SectorName | None = Field(default=None, description="In place of a market: all that a sector uses.")
    bloc: Bloc = Field(default="both", description="CN, XC or both.")
    factor: Factor | None = Field(default=None, description="Factor on use.")
    path: ByName[Day, Factor] | None = Field(
        default=None, min_length=1, description="In place of a factor: factors by date, straight lines between."
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> Demand:
        for one, other in (("market", "sector"), ("factor", "path")):
            if (getattr(self, one) is None) == (getattr(self, other) is None):
                raise refuse(f"either `{one}` or `{other}`")
        return self


class Outage(_Window):
    """A source that stops or slows."""

    source: SourceName = Field(description="Source hit.")
    availability: Share = Field(description="Share of its output that is left.")


class Quota(_Window):
    """A Chinese export quota: a tonnage for each half-year, which the markets under all quotas share."""

    markets: tuple[MaterialName, ...] = Field(min_length=1, description="Markets under the quota.")
    cut: Share = Field(description="Share of baseline exports that is not allowed.")


class Levers(Section):
    """Lists of levers; a scenario adds to those of its base."""

    stockpile: tuple[Stockpile, ...] = Field(default=(), description="Strategic stocks outside China.")
    capacity: tuple[Capacity, ...] = Field(default=(), description="New mines, plants and fabs.")
    recycling: tuple[Recycling, ...] = Field(default=(), description="Secondary supply outside China.")
    thrift: tuple[Thrift, ...] = Field(default=(), description="Use designed out.")
    substitution: Substitution = Field(default=Substitution(), description="Ease of switching.")
    demand: tuple[Demand, ...] = Field(default=(), description="Changes of use.")
    outages: tuple[Outage, ...] = Field(default=(), description="Sources that stop or slow.")
    quota: tuple[Quota, ...] = Field(default=(), description="Chinese export quotas.")
