"""Value, gradient and second derivatives of the log-likelihood of weekly histories, in double precision by JAX.

The process has 20 numbers, held as one vector ``z`` of logarithms and logits; a model
is a linear map ``z = A x + b`` of fewer free ones (`models.py`). JAX differentiates
along ``z``, so that every model and training period shares one program.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..ops import space
from ..params import Array
from .action_likelihood import Law, Weeks, log_likelihood, traces

CROSS, DECAY, REPLY_TARIFF, REPLY_OTHER, SHARES = 12, 13, 14, 15, slice(16, 20)
"""Places in ``z``; the first 12 are the base rates by party and regime."""
SIZE = 20


class Slope(NamedTuple):
    """A log-likelihood at ``z``."""

    value: float
    gradient: Array
    """(20,)"""


def law_of(z: Any) -> Law:
    """The parameters that a vector (20,), or vectors (20, n), stand for: logarithms, then four logits."""
    xp = space(z)
    rate, share = xp.exp(z[:16]), 1 / (1 + xp.exp(-z[SHARES]))
    base = rate[:12].reshape(2, 6, *z.shape[1:])
    return Law(base, rate[CROSS], rate[DECAY], rate[REPLY_TARIFF], rate[REPLY_OTHER], share[:2], share[2], share[3])


def vector_of(law: Law) -> Array:
    """The vector of some parameters; a rate of 0 becomes 1e-12, a share keeps 1e-9 from 0 and 1."""
    rate = np.concatenate([np.ravel(law.base), [law.cross, law.decay, law.reply_tariff, law.reply_other]])
    share = np.array([*law.tariff_share, law.reply_tariff_to_tariff, law.reply_tariff_to_other], float)
    share = np.clip(share, 1e-9, 1 - 1e-9)
    z: Array = np.concatenate([np.log(np.maximum(rate, 1e-12)), np.log(share / (1 - share))])
    return z


def slope(z: Array, weeks: Weeks, weight: Array) -> Slope:
    """Log-likelihood of B histories of T weeks and its gradient at ``z`` (20,).

    `weeks` has a leading axis B before those of `Weeks`; each week counts `weight` (B, T) times.
    """
    value, gradient = _on_processor(_value_and_gradient, z, weeks, weight)
    return Slope(float(value), np.asarray(gradient))


def hessian(z: Array, weeks: Weeks, weight: Array, step: float = 1e-4) -> Array:
    """(20, 20) second derivatives of the same, by central differences of the exact gradient.

    Their error is of the order of ``step**2``. A second pass of JAX would compile longer than all fits take.
    """
    shifts = np.eye(SIZE) * step
    rows = [slope(z + s, weeks, weight).gradient - slope(z - s, weeks, weight).gradient for s in shifts]
    second = np.array(rows) / (2 * step)
    symmetric: Array = (second + second.T) / 2
    return symmetric


def weekly(z: Array, weeks: Weeks) -> Array:
    """(B, T) log-likelihood of each week."""
    return np.asarray(_on_processor(_weekly, z, weeks))


def _on_processor(call: Any, *arguments: Any) -> Any:
    with jax.enable_x64(True), jax.default_device(jax.local_devices(backend="cpu")[0]):
        return jax.device_get(call(*arguments))


def _history(law: Law, weeks: Weeks) -> Any:
    return log_likelihood(weeks, traces(weeks.severity, law.decay), law)


def _each(z: Any, weeks: Weeks) -> Any:
    return jax.vmap(_history, in_axes=(None, 0))(law_of(z), weeks)


def _total(z: Any, weeks: Weeks, weight: Any) -> Any:
    return jnp.sum(weight * _each(z, weeks))


_value_and_gradient = jax.jit(jax.value_and_grad(_total))
_weekly = jax.jit(_each)
