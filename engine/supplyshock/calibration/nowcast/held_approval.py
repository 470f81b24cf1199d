"""Approvals beyond the end of a record: those of its last day hold on, until news says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from ...scenarios.config.schema import MAX_WEEKS
from ...scenarios.scenario import Scenario

FORCED = ("approval", "approval_of")


def with_held_approval(record: Scenario, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides of a record that is followed beyond its end, with the approvals of its last day until the new end.

    Without them approvals would go to those of the regime in which the record stands, which may be calm. They come
    before the events of the overrides, which win where they overlap.
    """
    weeks = overrides.get("weeks", record.weeks)
    policy = overrides.get("policy", {})
    if not isinstance(weeks, int) or not record.weeks < weeks <= MAX_WEEKS or not isinstance(policy, Mapping):
        return dict(overrides)
    events = policy.get("events", ())
    if not isinstance(events, (list, tuple)):
        return dict(overrides)
    end, new = (record.start + timedelta(weeks=n) for n in (record.weeks, weeks))
    held = [
        {"date": str(end), "until": str(new), **{key: event[key] for key in FORCED if event.get(key) not in (None, {})}}
        for event in record.config.get("policy", {}).get("events", ())
        if _is_forced_to(end, event)
    ]
    return {**overrides, "policy": {**policy, "events": [*held, *events]}}


def _is_forced_to(end: date, event: Mapping[str, Any]) -> bool:
    until = event.get("until")
    forced = any(event.get(key) not in (None, {}) for key in FORCED)
    return forced and until is not None and date.fromisoformat(str(until)[:10]) >= end
