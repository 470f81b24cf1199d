"""Models of the mappings in a YAML file: an unknown key is refused, and null takes a known key to its default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

Key = TypeVar("Key")
Value = TypeVar("Value")


class Section(BaseModel):
    """A mapping with known keys; nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_the_default(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = {field.alias or name for name, field in cls.model_fields.items()}
        return {key: x for key, x in value.items() if x is not None or key not in known}


def _without_nulls(value: dict[Key, Value | None]) -> dict[Key, Value]:
    return {key: x for key, x in value.items() if x is not None}


if TYPE_CHECKING:
    ByName = dict
else:

    class ByName:
        """``ByName[Key, Value]``: a mapping whose keys are checked before those with null are left out."""

        def __class_getitem__(cls, types: tuple[Any, Any]) -> Any:
            """The annotated type that pydantic reads."""
            key, value = types
            return Annotated[dict[key, Optional[value]], AfterValidator(_without_nulls)]  # noqa: UP045
