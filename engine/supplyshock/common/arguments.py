"""Arguments of the public functions of Python, checked at the door: a wrong kind is an error of the project."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from numbers import Real
from os import PathLike
from typing import Any, NamedTuple, ParamSpec, TypeVar

from .errors import UsageError, shown

P = ParamSpec("P")
R = TypeVar("R")


class Kind(NamedTuple):
    """What an argument may be."""

    words: str
    fits: Callable[[Any], bool]


def _is_number(x: Any) -> bool:
    return isinstance(x, Real) and not isinstance(x, bool)


def is_whole(x: Any) -> bool:
    """A whole number of Python or NumPy; true and false are none."""
    return hasattr(x, "__index__") and not isinstance(x, bool) and getattr(x, "ndim", 0) == 0


def _is_texts(x: Any) -> bool:
    return isinstance(x, str) or (isinstance(x, (list, tuple)) and all(isinstance(t, str) for t in x))


RESULTS = Kind(
    "the results of a run, as open_run gives them", lambda x: hasattr(x, "children") or hasattr(x, "data_vars")
)
TEXT = Kind("text", lambda x: isinstance(x, str))
TEXTS = Kind("text, or a list of texts", _is_texts)
TEXT_OR_NONE = Kind("text, or None", lambda x: x is None or isinstance(x, str))
NUMBER = Kind("a number", _is_number)
NUMBERS = Kind("numbers, or None", lambda x: x is None or (isinstance(x, (list, tuple)) and all(map(_is_number, x))) or
               (getattr(getattr(x, "dtype", None), "kind", "") in "iuf" and hasattr(x, "dtype")))  # fmt: skip
WHOLE = Kind("a whole number", is_whole)
PLACE = Kind("a path, or an address as text", lambda x: isinstance(x, (str, PathLike)) or hasattr(x, "container"))
PATH_OR_NONE = Kind("a path, or None", lambda x: x is None or PLACE.fits(x))
MAPPING = Kind("a mapping of keys, or None", lambda x: x is None or isinstance(x, Mapping))


def checked(**kinds: Kind) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Checks arguments of a function by their names, one by one where there are many. Raises `UsageError`."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for name, value in _arguments(signature, *args, **kwargs):
                kind = kinds.get(name)
                if kind is not None and not kind.fits(value):
                    where = f"{function.__name__}({name}=...)"
                    raise UsageError("a wrong argument", where=where, expected=kind.words, got=shown(value))
            return function(*args, **kwargs)

        return call

    return decorate


def _arguments(signature: inspect.Signature, /, *args: Any, **kwargs: Any) -> Iterator[tuple[str, Any]]:
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            yield from ((name, one) for one in value)
        elif kind is inspect.Parameter.VAR_KEYWORD:
            yield from value.items()
        else:
            yield name, value
