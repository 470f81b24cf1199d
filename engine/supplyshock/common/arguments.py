"""Arguments of the public functions of Python, checked at the door: a wrong kind is an error of the project."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import wraps
from numbers import Real
from os import PathLike
from typing import Any, NamedTuple, ParamSpec, TypeVar

from .errors import DeviceError, UsageError, did_you_mean, shown

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


def _is_numbers(x: Any) -> bool:
    """A number, or one or more along one dimension; NaN is none."""
    if _is_number(x):
        return bool(x == x)
    if hasattr(x, "dtype"):
        return getattr(x, "ndim", 0) == 1 and x.dtype.kind in "iuf" and len(x) > 0 and bool((x == x).all())
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(_is_number(one) and one == one for one in x)


def _is_texts(x: Any) -> bool:
    return isinstance(x, str) or (isinstance(x, (list, tuple)) and all(isinstance(t, str) for t in x))


RESULTS = Kind(
    "the results of a run, as open_run gives them", lambda x: hasattr(x, "children") or hasattr(x, "data_vars")
)
TEXT = Kind("text", lambda x: isinstance(x, str))
TEXTS = Kind("text, or a list of texts", _is_texts)
TEXT_OR_NONE = Kind("text, or None", lambda x: x is None or isinstance(x, str))
NUMBER = Kind("a number", _is_number)
NUMBERS = Kind("a number, a list of one or more, or None", lambda x: x is None or _is_numbers(x))
WHOLE = Kind("a whole number", is_whole)
WHOLE_OR_NONE = Kind("a whole number, or None", lambda x: x is None or is_whole(x))
FLAG = Kind("True or False", lambda x: isinstance(x, bool))
DAY = Kind("a day such as 2027-01-06, as text or a date, or None", lambda x: x is None or isinstance(x, (str, date)))
PLACE = Kind("a path, or an address as text", lambda x: isinstance(x, (str, PathLike)) or hasattr(x, "container"))
PATH_OR_NONE = Kind("a path, or None", lambda x: x is None or PLACE.fits(x))
MAPPING = Kind("a mapping of keys, or None", lambda x: x is None or isinstance(x, Mapping))
MAPPINGS = Kind(
    "a list of mappings", lambda x: isinstance(x, (list, tuple)) and all(isinstance(entry, Mapping) for entry in x)
)
PROGRESS = Kind("auto, bar, lines, quiet, or a Progress", lambda x: isinstance(x, str) or hasattr(x, "close"))
STOP = Kind("a threading.Event, or None", lambda x: x is None or hasattr(x, "is_set"))


def checked(**kinds: Kind) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Checks arguments of a function by their names, one by one where there are many. Raises `UsageError`."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        name = function.__qualname__.removesuffix(".__init__")

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for argument, value in _arguments(name, signature, *args, **kwargs):
                _check(f"{name}({argument}=...)", kinds.get(argument), value)
            return function(*args, **kwargs)

        return call

    return decorate


def _check(where: str, kind: Kind | None, value: Any) -> None:
    if kind is None or kind.fits(value):
        return
    whole = isinstance(value, float) and value.is_integer() and kind in (WHOLE, WHOLE_OR_NONE)
    fix = f"write {int(value):_}" if whole else ""
    raise UsageError("a wrong argument", where=where, expected=kind.words, got=shown_in_python(value), fix=fix)


def shown_in_python(value: object) -> str:
    """`shown`, with None, True and False as Python writes them."""
    return repr(value) if value is None or isinstance(value, bool) else shown(value)


_OPTION = re.compile(r"--([a-z][a-z-]*)")


def names_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Has errors about an option of the command line name the argument of the function: paths for ``--paths``."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (UsageError, DeviceError) as error:
            if error.where.startswith("--"):
                error.rewrite(lambda text: _OPTION.sub(lambda m: m[1].replace("-", "_"), text))
            raise

    return call


def _arguments(name: str, signature: inspect.Signature, /, *args: Any, **kwargs: Any) -> Iterator[tuple[str, Any]]:
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise _misfit(name, signature, kwargs, str(error)) from None
    for argument, value in bound.arguments.items():
        kind = signature.parameters[argument].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            yield from ((argument, one) for one in value)
        elif kind is inspect.Parameter.VAR_KEYWORD:
            yield from value.items()
            yield from ((argument, one) for one in value.values())
        else:
            yield argument, value


def _misfit(name: str, signature: inspect.Signature, given: Mapping[str, Any], why: str) -> UsageError:
    """An argument that is missing, unknown or one too many."""
    known = [argument for argument in signature.parameters if argument != "self"]
    unknown = next((argument for argument in given if argument not in known), "")
    expected = f"{name}({', '.join(known)})"
    return UsageError("a wrong call", where=name, expected=expected, got=why, fix=did_you_mean(unknown, known))


OF_SCENARIO = {
    "weeks": 'it belongs to a scenario: load_scenario(name, {"weeks": 52})',
    "overrides": 'it belongs to a scenario: load_scenario(name, {"parameters": {"material.eta": 0.3}})',
}
"""Where keywords go that commands have as options of a run."""


def check_keywords(name: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raises `UsageError` for a keyword that is unknown, with the nearest one."""
    known = list(known)
    for keyword in given:
        if keyword not in known:
            fix = OF_SCENARIO.get(keyword) or did_you_mean(keyword, known)
            raise UsageError("unknown keyword", where=name, expected=", ".join(known), got=keyword, fix=fix)
