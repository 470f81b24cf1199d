"""Types of numbers in YAML files, each with its own refusal."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Annotated

from pydantic import BeforeValidator, Field

from ...common.number_marks import number_fix
from .validation_errors import refuse


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):  # NumPy's are numbers too
        raise refuse("a number", number_fix(value))
    if not math.isfinite(value):
        raise refuse("a finite number")
    return float(value)


def _whole(value: object) -> int:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise refuse("a whole number", number_fix(value))
    return int(value)


Number = Annotated[float, BeforeValidator(_number)]
Positive = Annotated[Number, Field(gt=0)]
Whole = Annotated[int, BeforeValidator(_whole)]
