"""The negotiation in a config: its start, its clock and its dated events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field, model_validator

from ...common.dates import parse_day
from ..yaml_files.number_types import Number
from ..yaml_files.section import ByName, Section
from ..yaml_files.validation_errors import refuse
from .field_types import (  # fmt: skip
    Day,
    DayFromStart,
    DayInside,
    ListName,
    MaterialName,
    RegimeName,
    Share,
    Weeks,
)

SUM_TOLERANCE = 1e-9


class Expiry(Section):
    """Probabilities of the outcomes of an expiring truce; an outcome that is not named has probability 0."""

    roll: Share = Field(default=0.0, description="The truce is extended.")
    deal: Share = Field(default=0.0, description="It becomes a deal.")
    lapse: Share = Field(default=0.0, description="It falls back into escalation.")
    talks: Share = Field(default=0.0, description="It falls back into talks.")

    @model_validator(mode="after")
    def _sums(self) -> Expiry:
        total = self.roll + self.deal + self.lapse + self.talks
        if abs(total - 1.0) > SUM_TOLERANCE:
            fix = "name all four shares, or write null to drop the values of the base"
            raise refuse("roll, deal, lapse and talks that sum to 1", fix, f"{total:.6g}")
        return self


class Event(Section):
    """A dated event. Its values are forced for `hold` and then evolve freely."""

    date: DayInside = Field(description="Day of the event; it takes effect in that week.")
    regime: RegimeName | None = Field(default=None, description="Regime from then on.")
    control: ByName[ListName, Share] = Field(default={}, description="Level of control lists, 0 open to 1 closed.")
    approval: Share | None = Field(default=None, description="Share of licence applications approved.")
    approval_of: ByName[MaterialName, Share] = Field(
        default={}, description="The same of applications for single materials; the others follow `approval`."
    )
    hold: Weeks | None = Field(default=None, gt=0, description="How long these are forced; default: a week.")
    until: DayFromStart | None = Field(default=None, description="The same as a date, in place of `hold`.")
    clock_expires: Day | None = Field(default=None, description="Date on which the running truce now expires.")
    clock_weeks: Weeks | None = Field(default=None, description="The same as time from the event.")
    announce: ByName[ListName, Share] = Field(default={}, description="Severity of an announcement by control list.")

    @model_validator(mode="after")
    def _consistent(self) -> Event:
        changes = (self.regime, self.approval, self.clock_expires, self.clock_weeks)
        named = (self.control, self.announce, self.approval_of)
        if all(a is None for a in changes) and not any(named):
            raise refuse("an event that does something", "add regime, control, approval, a clock or announce")
        if self.until is not None and self.hold is not None:
            raise refuse("`hold` or `until`, not both", got="both")
        if self.until is not None and self.until <= self.date:
            raise refuse(f"`until` after the event ({self.date})", got=f"until: {self.until}")
        if self.clock_expires is not None and self.clock_weeks is not None:
            raise refuse("`clock_expires` or `clock_weeks`, not both", got="both")
        if self.clock_expires is not None and self.clock_expires <= self.date:
            raise refuse(f"`clock_expires` after the event ({self.date})", got=f"clock_expires: {self.clock_expires}")
        return self


class Policy(Section):
    """The negotiation between China and the United States."""

    endogenous: bool = Field(default=True, strict=True, description="false: parties act only as the events say.")
    initial_regime: RegimeName = Field(default="truce", description="Regime at the start.")
    clock_expires: Day | None = Field(default=None, description="End of the truce running at the start; null: no end.")
    control_levels: ByName[ListName, Share] = Field(
        default={}, description="Control lists at the start; others are open."
    )
    approval: Share | None = Field(
        default=None, description="Licences approved at the start; default: as in the regime."
    )
    deal_targets: ByName[ListName, Share] = Field(default={}, description="Where a deal pulls the control lists.")
    rift_targets: ByName[ListName, Share] = Field(default={}, description="Where a rift pulls the control lists.")
    expiry: Expiry | None = Field(default=None, description="Outcome of an expiring truce; default: policy.expiry.*")
    events: tuple[Event, ...] = Field(default=(), description="Dated events; later ones win where they overlap.")
    first_event: Day | None = Field(
        default=None, description="Moves all events, so that the first is on this day; null: as dated."
    )

    @model_validator(mode="before")
    @classmethod
    def _moved(cls, value: Any) -> Any:
        """The events with their new dates; a resolved config, which has them already, reads back as it is."""
        if not isinstance(value, dict) or not isinstance(events := value.get("events"), (list, tuple)):
            return value
        days = [parse_day(e.get("date")) for e in events if isinstance(e, dict)]
        first = parse_day(value.get("first_event"))
        if first is None or None in days or len(days) < len(events) or not days:
            return value
        shift = first - min(day for day in days if day)
        return value | {"events": [_later(event, shift) for event in events]}


def _later(event: dict[str, Any], shift: timedelta) -> dict[str, Any]:
    """An event with its dates moved; one that results cannot hold stays, for the field to refuse."""
    dates = {key: parse_day(event.get(key)) for key in ("date", "until", "clock_expires")}
    return event | {key: day + shift for key, day in dates.items() if day}


class PriceRatio(Section):
    """Prices at the start, as ratios to baseline; a bloc that is not named is as `states` has it, else at baseline."""

    CN: Number | None = Field(default=None, gt=0, le=1000, description="In China.")
    XC: Number | None = Field(default=None, gt=0, le=1000, description="Outside China.")
