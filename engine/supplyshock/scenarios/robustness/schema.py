"""The schema of a robustness study (`supplyshock robustness --init` writes an example)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ..yaml_files.section import Section
from ..yaml_files.validation_errors import refuse

GROUPS = ("calibrated", "priors", "judged")
"""Groups of uncertain parameters, beside single keys such as ``priors.parts=3..8``."""
MOST_FUTURES, MOST_PATHS, MOST_POLICIES = 20_000, 1_000_000, 50
Title = Annotated[str, Field(min_length=1, max_length=80)]


class Policy(Section):
    """A scenario, and changes of it."""

    title: Title | None = Field(default=None, description="Default: the title of its scenario.")
    scenario: str | None = Field(default=None, description="A config by name or path; default: `base`.")
    changes: dict[str, Any] = Field(default={}, description="Sections of a config over it, such as levers.")


class Futures(Section):
    """The uncertainty of a study, and the number of futures and paths."""

    number: int = Field(default=500, ge=2, le=MOST_FUTURES, description="Futures: sets of parameters.")
    paths: int = Field(default=1000, ge=32, le=MOST_PATHS, description="Paths in each future, for each policy.")
    vary: tuple[str, ...] = Field(default=GROUPS, min_length=1, description="Groups, and keys with ranges.")


class MeasureRow(Section):
    """A measure, and when a policy is good enough by it."""

    measure: str = Field(description="As in --measure, with mean, p90 or cvar95 at its end.")
    better: Literal["lower", "higher"] = Field(default="lower", description="What is better.")
    satisfied: str | None = Field(default=None, description="A threshold with its unit: < 10 bn USD.")
    regret: str | None = Field(default=None, description="A threshold of the regret with its unit: < 2 bn USD.")

    @model_validator(mode="before")
    @classmethod
    def _text_alone(cls, value: Any) -> Any:
        return {"measure": value} if isinstance(value, str) else value


class RobustnessFile(Section):
    """Policies against futures."""

    title: Title = Field(default="Policies against many futures", description="Title of the study.")
    base: str = Field(default="status_quo", description="Config of policies that name none.")
    policies: tuple[Policy, ...] = Field(description="What is compared, the first as it is.")
    futures: Futures = Field(default=Futures(), description="What is uncertain.")
    measures: tuple[MeasureRow, ...] = Field(min_length=1, max_length=20, description="What counts.")
    discover: tuple[str, ...] | None = Field(default=None, description="Titles of policies to explain; default: all.")

    @model_validator(mode="after")
    def _two_or_more(self) -> RobustnessFile:
        if not 2 <= len(self.policies) <= MOST_POLICIES:
            raise refuse(
                f"2 to {MOST_POLICIES} policies", "regret compares a policy with others", f"{len(self.policies)}"
            )
        return self
