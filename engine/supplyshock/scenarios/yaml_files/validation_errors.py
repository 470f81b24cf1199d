"""Pydantic's errors as `Problem`s, each with file, line, key, expected, got and a nearest name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from ...common.errors import ConfigError, Problem, did_you_mean, shown
from ...common.number_marks import number_fix
from ..units import in_written_unit
from .yaml_reader import OVERRIDES, Document, KeyPath, mark_of

Model = TypeVar("Model", bound=BaseModel)
MOST_PROBLEMS = 100
"""Shown at most: the search for the nearest name takes a millisecond each."""
OWN_TYPE = "supplyshock"
"""Type of the errors of `refuse`."""

_EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "invalid_key": "a key that is text",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "list_type": "a list",
    "tuple_type": "a list",
    "finite_number": "a finite number",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "literal_error": "{expected}",
    "too_short": "at least {min_length} item(s)",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text matching {pattern}",
}


def refuse(
    expected: str,
    fix: str = "",
    got: str = "",
    near: tuple[str, tuple[str, ...]] | None = None,
    at: KeyPath = (),
) -> PydanticCustomError:
    """The error a validator raises; `got` defaults to the value itself.

    `near` is a name and those that it may mean, `at` the path below the value to the key that is wrong.
    """
    context = {"expected": expected, "fix": fix, "got": got, "near": near, "at": at}
    return PydanticCustomError(OWN_TYPE, "expected {expected}", context)


def validate(
    model: type[Model],
    document: Document,
    *,
    context: Mapping[str, Any] | None = None,
    error: type[ConfigError] = ConfigError,
) -> Model:
    """The document as a `model`. Raises `error` that lists every problem."""
    try:
        return model.model_validate(document.value, context=dict(context or {}))
    except ValidationError as failure:
        details = [d for d in failure.errors(include_url=False) if not _is_echo(d, document)][:MOST_PROBLEMS]
        problems = [_problem(detail, model, document) for detail in details]
        raise refusal(problems, document, error) from None


def _is_echo(detail: Any, document: Document) -> bool:
    """Whether a list counts as too short only because its items are wrong, which errors of their own say."""
    if detail["type"] != "too_short":
        return False
    items = value_at(document.value, tuple(detail["loc"]))
    return isinstance(items, list) and len(items) >= int(detail["ctx"]["min_length"])


def refusal(problems: Iterable[Problem], document: Document, error: type[ConfigError]) -> ConfigError:
    """One exception for all problems, sorted by place."""
    ordered = sorted(dict.fromkeys(problems), key=lambda p: _sort_key(p.where))
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    file, called = mark_of(document.marks, ()).file, str(OVERRIDES)
    in_call = file != called and all(problem.where == called for problem in ordered)
    return error(count, where=f"{called} of {file}" if in_call else file, problems=ordered)


def _sort_key(where: str) -> tuple[str, int]:
    file, _, line = where.rpartition(":")
    return (file, int(line)) if line.isdigit() else (where, 0)


def key_text(path: Iterable[str | int]) -> str:
    """``levers.stockpile[0].market``"""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _problem(detail: Any, model: type[BaseModel], document: Document) -> Problem:
    path: KeyPath = tuple(part for part in detail["loc"] if part != "[key]")
    path += tuple(detail.get("ctx", {}).get("at", ()))
    expected, got, fix = _describe(detail, path, model)
    expected, got = limit_as_written(detail, value_at(document.value, path)) or (expected, got)
    fix = _split_number(document.value, path) or fix
    return Problem(str(mark_of(document.marks, path)), key_text(path), expected, got, fix)


_LIMITS = {
    "greater_than": ("gt", "more than"), "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"), "less_than_equal": ("le", "at most"),
}  # fmt: skip


def limit_as_written(detail: Any, written: Any) -> tuple[str, str] | None:
    """(expected, got) of a limit that is passed, in the unit that the file has; None for other errors."""
    if detail["type"] not in _LIMITS:
        return None
    key, words = _LIMITS[detail["type"]]
    limit = in_written_unit(float(detail["ctx"][key]), detail["input"], written)
    return (f"{words} {limit}", shown(written)) if limit else None


def value_at(value: Any, path: KeyPath) -> Any:
    """The value at a path of a document, or None."""
    for part in path:
        inside = (isinstance(value, dict) and part in value) or (
            isinstance(value, list) and isinstance(part, int) and part < len(value)
        )
        value = value[part] if inside else None
    return value


def _split_number(value: Any, path: KeyPath) -> str:
    """The fix for a key that is the rest of a number with a comma: ``{a: 1,3}`` has the keys a and 3."""
    *parents, last = path or ("",)
    if not isinstance(last, str) or not last[:1].isdigit():
        return ""
    value = value_at(value, tuple(parents))
    if not isinstance(value, dict) or value.get(last, 0) is not None:
        return ""
    keys = list(value)
    before = value[keys[keys.index(last) - 1]] if keys[0] != last else None
    return number_fix(f"{before},{last}")


def _describe(detail: Any, path: KeyPath, model: type[BaseModel]) -> tuple[str, str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        section = _model_at(model, path[:-1])
        known = _keys_of(section) if section else []
        inside = _path_inside(section, str(path[-1])) if section else ""
        fix = f"did you mean {inside!r}?" if inside else did_you_mean(path[-1], known)
        return (f"one of the keys {', '.join(known)}" if known else "no such key"), "an unknown key", fix
    if kind == "missing":
        return "a value for this key", "none", ""
    got = shown(detail["input"])
    if kind == OWN_TYPE:
        fix = context["fix"] or did_you_mean(*context["near"]) if context.get("near") else context["fix"]
        return context["expected"], context["got"] or got, fix
    fix = ""
    if kind == "literal_error":
        fix = did_you_mean(detail["input"], context["expected"].replace("'", "").replace(" or ", ", ").split(", "))
    if kind in _EXPECTED:
        return _EXPECTED[kind].format(**context), got, fix
    return str(detail["msg"]).removeprefix("Input should be ").removeprefix("Value error, "), got, fix


def _model_at(model: type[BaseModel], path: KeyPath) -> type[BaseModel] | None:
    """The model at `path` below `model`, or None."""
    parts = iter(path)
    for part in parts:
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        inner = _model_in(field.annotation) if field else None
        if field is None or inner is None:
            return None
        model = inner
        if inner is not field.annotation:  # a list or a mapping of models: the next part is an index or a name
            next(parts, None)
    return model


def _keys_of(model: type[BaseModel]) -> list[str]:
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [*getattr(model, "READ_BEFORE", ()), *names]


def _path_inside(model: type[BaseModel], name: str) -> str:
    """``initial.price_ratio`` for price_ratio: the one section within `model` that has the key; empty for several."""
    sections = {key: f.annotation for key, f in model.model_fields.items() if _model_in(f.annotation) is f.annotation}
    hits = [key for key, section in sections.items() if section is not None and name in _keys_of(section)]
    return f"{hits[0]}.{name}" if len(hits) == 1 else ""


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation such as ``tuple[Model, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(arg) for arg in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)
