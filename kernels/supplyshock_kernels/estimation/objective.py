"""Value, gradient and second derivatives of the log-likelihood of weekly histories, in double precision by JAX.

The process has 20 numbers, held as one vector ``z`` of logarithms and logits; a model
is a linear map ``z = A x + b`` of fewer free ones (`models.py`). JAX differentiates
along ``z``, so that every model and training period shares one program.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..ops import space
from ..params import Array
from .action_likelihood import ActionParams, Weeks, excitations, log_likelihood

_SHAPES: dict[str, tuple[int, ...]] = {
    "base": (2, 6),
    "cross": (),
    "decay": (),
    "reply_tariff": (),
    "reply_other": (),
    "tariff_share": (2,),
    "reply_tariff_to_tariff": (),
    "reply_tariff_to_other": (),
}
"""Fields of `ActionParams` as they lie in ``z``, one after the other: logarithms of rates, then logits of shares."""


def _places() -> dict[str, slice]:
    ends = np.cumsum([prod(shape) for shape in _SHAPES.values()])
    return {name: slice(int(end) - prod(_SHAPES[name]), int(end)) for name, end in zip(_SHAPES, ends, strict=True)}


PLACES = _places()
"""Where each field lies in ``z``."""
SIZE = PLACES["reply_tariff_to_other"].stop
RATES, SHARES = slice(0, PLACES["tariff_share"].start), slice(PLACES["tariff_share"].start, SIZE)


class ValueAndGradient(NamedTuple):
    """A log-likelihood at ``z``."""

    value: float
    gradient: Array
    """(20,)"""


def unpack_params(z: Any) -> ActionParams:
    """The parameters that a vector (20,), or vectors (20, n), stand for: logarithms, then four logits."""
    xp, more = space(z), z.shape[1:]
    rate, share = xp.exp(z[RATES]), 1 / (1 + xp.exp(-z[SHARES]))

    def read(name: str) -> Any:
        place = PLACES[name]
        part, first = (rate, RATES.start) if place.start < SHARES.start else (share, SHARES.start)
        if not _SHAPES[name]:
            return part[place.start - first]
        return part[place.start - first : place.stop - first].reshape((*_SHAPES[name], *more))

    return ActionParams(**{name: read(name) for name in ActionParams._fields})


def pack_params(params: ActionParams) -> Array:
    """The vector of some parameters; a rate of 0 becomes 1e-12, a share keeps 1e-9 from 0 and 1."""
    values = np.concatenate([np.ravel(np.asarray(getattr(params, name), float)) for name in _SHAPES])
    share = np.clip(values[SHARES], 1e-9, 1 - 1e-9)
    z: Array = np.concatenate([np.log(np.maximum(values[RATES], 1e-12)), np.log(share / (1 - share))])
    return z


def value_and_gradient(z: Array, weeks: Weeks, weight: Array) -> ValueAndGradient:
    """Log-likelihood of B histories of T weeks and its gradient at ``z`` (20,).

    `weeks` has a leading axis B before those of `Weeks`; each week counts `weight` (B, T) times.
    """
    value, gradient = _on_processor(_value_and_gradient, z, weeks, weight)
    return ValueAndGradient(float(value), np.asarray(gradient))


def hessian(z: Array, weeks: Weeks, weight: Array, step: float = 1e-4) -> Array:
    """(20, 20) second derivatives of the same, by central differences of the exact gradient.

    Their error is of the order of ``step**2``. A second pass of JAX would compile longer than all fits take.
    """
    shifts = np.eye(SIZE) * step
    rows = [
        value_and_gradient(z + s, weeks, weight).gradient - value_and_gradient(z - s, weeks, weight).gradient
        for s in shifts
    ]
    second = np.array(rows) / (2 * step)
    symmetric: Array = (second + second.T) / 2
    return symmetric


def weekly_log_likelihood(z: Array, weeks: Weeks) -> Array:
    """(B, T) log-likelihood of each week."""
    return np.asarray(_on_processor(_weekly, z, weeks))


def _on_processor(call: Any, *arguments: Any) -> Any:
    with jax.enable_x64(True), jax.default_device(jax.local_devices(backend="cpu")[0]):
        return jax.device_get(call(*arguments))


def _history(params: ActionParams, weeks: Weeks) -> Any:
    return log_likelihood(weeks, excitations(weeks.severity, params.decay), params)


def _each(z: Any, weeks: Weeks) -> Any:
    return jax.vmap(_history, in_axes=(None, 0))(unpack_params(z), weeks)


def _total(z: Any, weeks: Weeks, weight: Any) -> Any:
    return jnp.sum(weight * _each(z, weeks))


_value_and_gradient = jax.jit(jax.value_and_grad(_total))
_weekly = jax.jit(_each)
