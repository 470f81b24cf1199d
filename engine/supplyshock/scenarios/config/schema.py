"""The schema of a config file."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from supplyshock_kernels.backends import NAMES

from ...common.dates import LAST
from ..units import QuantityError, parse
from ..yaml_files.number_types import Number, Whole
from ..yaml_files.section import ByName, Section
from ..yaml_files.validation_errors import refuse
from .baseline import Baseline
from .field_types import (  # fmt: skip
    CoverText,
    Day,
    MarketName,
    ParameterName,
    PriorName,
)
from .levers import Levers
from .outlook import Outlook
from .policy import Policy, PriceRatio

DEFAULT_WEEKS = 104
MAX_WEEKS = 2600
MAX_NAME, NAME = 100, r"[A-Za-z0-9][A-Za-z0-9_.-]*"
"""Of a scenario: characters at most, and which."""


class Inventory(Section):
    """Inventories at the start: '50 %' of the normal one, or weeks of use such as '8 weeks'.

    A bloc that is not named is as `states` has it, else at 100 %.
    """

    CN: CoverText | None = Field(default=None, description="In China.")
    XC: CoverText | None = Field(default=None, description="Outside China.")


class Initial(Section):
    """Markets at the start. Everything that `states` does not contain is at baseline, or has the value given here."""

    states: str | None = Field(
        default=None,
        min_length=1,
        description="States that paths start from: NAME of the data set's states/NAME.npz, or a .npz file; null: rest.",
    )
    price_ratio: ByName[MarketName, PriceRatio] = Field(default={}, description="Price over baseline price by market.")
    inventory: ByName[MarketName, Inventory] = Field(default={}, description="Inventory by market.")


class Prior(Section):
    """Changes to the prior of an uncertain parameter; a bare number fixes it."""

    center: Number | None = Field(default=None, description="Median (lognormal) or mean (normal).")
    sd: Number | None = Field(default=None, ge=0, description="Spread; 0 fixes the parameter at its centre.")
    low: Number | None = Field(default=None, description="Least value.")
    high: Number | None = Field(default=None, description="Largest value.")

    @model_validator(mode="before")
    @classmethod
    def _fixed(cls, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return {"center": value, "sd": 0.0, "low": value, "high": value}
        if not isinstance(value, dict):
            raise refuse("a number, or center, sd, low, high")
        return value


if TYPE_CHECKING:
    BackendName = str
else:
    BackendName = Literal["auto", *NAMES]


class Run(Section):
    """How to run; the command line may override each."""

    paths: Whole = Field(default=100_000, ge=1, le=10**12, description="Number of simulated futures.")
    seed: Whole = Field(default=1, ge=0, lt=2**64, description="Key of the random numbers.")
    save_series: Whole = Field(default=1000, ge=0, description="Paths whose weekly series are stored, at most `paths`.")
    precision: Literal["float32", "float64"] = Field(default="float32", description="Precision of the kernels.")
    backend: BackendName = Field(default="auto", description="Backend; auto: JAX where there is a GPU, else numba.")
    device: Literal["auto", "cpu", "gpu", "tpu"] = Field(
        default="auto", description="Device; auto: the best that the backend has."
    )


def _without_unit(value: object) -> object:
    """The value; a duration, such as 2 years, is refused with its number of weeks."""
    try:
        weeks, _ = parse(value, "duration")
    except QuantityError:
        return value
    raise refuse("a whole number of weeks", f"write {weeks:g}" if weeks == int(weeks) else "")


def _in_range(weeks: int, info: ValidationInfo) -> int:
    start = info.data.get("start")
    if start and timedelta(weeks=weeks) > LAST - start:
        most = (LAST - start).days // 7
        raise refuse(f"a horizon that ends by {LAST}: at most {most} weeks from {start}", got=f"{weeks} weeks")
    return weeks


class Config(Section):
    """A scenario. `base` (a path, or the name of a shipped config) is merged in before this is checked."""

    READ_BEFORE: ClassVar[tuple[str, ...]] = ("base",)
    """Keys of the file that were read and removed before validation."""

    name: str = Field(
        default="",
        max_length=MAX_NAME,
        pattern=f"^({NAME})?$",
        description="Short name; default: the file's.",
    )
    title: str = Field(default="", max_length=300, description="One line for people.")
    description: str = Field(default="", max_length=10_000, description="What the scenario assumes and why.")
    data: str | None = Field(
        default=None, description="Folder of a data set, or of markets to add to the shipped one; relative to the file."
    )
    start: Day = Field(description="First day of the first week.")
    weeks: Annotated[Whole, BeforeValidator(_without_unit), AfterValidator(_in_range)] = Field(
        default=DEFAULT_WEEKS, ge=1, le=MAX_WEEKS, validate_default=True, description="Length of the horizon in weeks."
    )
    run: Run = Field(default=Run(), description="How to run.")
    policy: Policy = Field(default=Policy(), description="The negotiation.")
    baseline: Baseline = Field(default=Baseline(), description="The world at rest, where not the data set's.")
    initial: Initial = Field(default=Initial(), description="Markets at the start.")
    outlook: Outlook = Field(default=Outlook(), description="What the data set expects of the years after the start.")
    levers: Levers = Field(default=Levers(), description="Interventions in the markets.")
    parameters: ByName[ParameterName, Number] = Field(default={}, description="Parameters by their dotted name.")
    priors: ByName[PriorName, Prior] = Field(
        default={}, description="Priors of uncertain parameters; a number fixes one."
    )

    def plain(self) -> dict[str, Any]:
        """The resolved config as numbers, text, lists and mappings that a config file could hold."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def json_schema() -> dict[str, Any]:
    """JSON schema of a config file, for editors; `base` included, and nothing required next to it."""
    schema = Config.model_json_schema(by_alias=True, mode="validation")
    name = {"type": "string"}
    about = "Config this one builds on: a path or a shipped name; or a list, of which the last wins."
    base = {"anyOf": [name, {"type": "array", "items": name}], "description": about}
    schema["properties"] = {"base": base, **schema["properties"]}
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema.pop("required", None)
    return schema
