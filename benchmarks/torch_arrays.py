"""PyTorch tensors under the names that the model's array program asks for.

The physics asks its arrays for ``__array_namespace__`` (`supplyshock_kernels.ops`), NumPy's types and a few methods; a
tensor has none of the first and spells the others its own way. `Array` holds a tensor and passes every operation on
as the one PyTorch operation that a user would write: numbers stay Python numbers, constant arrays live on the device.
Words of 64 bits are int64, whose products wrap around like unsigned ones; shifts to the right fill with zeros.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils import _pytree as pytree

DTYPES = {
    np.dtype("float32"): torch.float32,
    np.dtype("float64"): torch.float64,
    np.dtype("int64"): torch.int64,
    np.dtype("int32"): torch.int32,
    np.dtype("bool"): torch.bool,
}
NUMPY = {ours: numpys for numpys, ours in DTYPES.items()}
_constants: dict[Any, torch.Tensor] = {}


def constant(x: Any, device: torch.device) -> torch.Tensor:
    """A NumPy array on the device: copied once, however often it is asked for."""
    a = np.asarray(x)
    key = (a.dtype.str, a.shape, a.tobytes(), device)
    if key not in _constants:
        _constants[key] = torch.tensor(a, device=device)
    return _constants[key]


def operand(x: Any, like: torch.Tensor) -> Any:
    """What PyTorch takes beside a tensor: a tensor, or a Python number where that keeps NumPy's rules of precision."""
    if isinstance(x, Array):
        return x.tensor
    if isinstance(x, (np.ndarray, np.generic)):
        number = x.size == 1 and x.ndim <= like.ndim
        if not number or (x.dtype.kind == "f" and not like.is_floating_point()):
            return constant(x, like.device)
        return x.item()
    return x


def binary(op: Callable[[Any, Any], Any]) -> Any:
    return lambda self, other: Array(op(self.tensor, operand(other, self.tensor)))


def reflected(op: Callable[[Any, Any], Any]) -> Any:
    return lambda self, other: Array(op(operand(other, self.tensor), self.tensor))


class Array:
    """A tensor that answers as NumPy's arrays do."""

    __slots__ = ("tensor",)
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor

    def __array_namespace__(self) -> Space:
        return Space(self.tensor)

    @property
    def dtype(self) -> np.dtype[Any]:
        return NUMPY[self.tensor.dtype]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    def astype(self, dtype: Any) -> Array:
        return Array(self.tensor.to(DTYPES[np.dtype(dtype)]))

    def reshape(self, *shape: int) -> Array:
        return Array(self.tensor.reshape(*shape))

    def swapaxes(self, a: int, b: int) -> Array:
        return Array(self.tensor.swapaxes(a, b))

    def sum(self, axis: int) -> Array:
        return Array(self.tensor.sum(axis))

    def max(self, axis: int) -> Array:
        return Array(self.tensor.amax(axis))

    def __len__(self) -> int:
        return len(self.tensor)

    def __iter__(self) -> Iterator[Array]:
        return map(Array, self.tensor.unbind(0))

    def __getitem__(self, index: Any) -> Array:
        first, *rest = index if isinstance(index, tuple) else (index,)
        if isinstance(first, Array):  # a week, which is a number on the device
            row = self.tensor.index_select(0, first.tensor.reshape(1))[0]
            return Array(row)[tuple(rest)] if rest else Array(row)
        if isinstance(first, np.ndarray) and not rest:
            chosen = np.flatnonzero(first) if first.dtype == bool else first
            return Array(self.tensor.index_select(0, constant(chosen, self.tensor.device)))
        return Array(self.tensor[index])

    def __neg__(self) -> Array:
        return Array(-self.tensor)

    def __rshift__(self, by: Any) -> Array:
        kept = (1 << (64 - int(by))) - 1
        return Array((self.tensor >> int(by)) & kept)

    def __floordiv__(self, by: int) -> Array:
        return Array(self.tensor.div(by, rounding_mode="floor"))

    __add__, __radd__ = binary(operator.add), reflected(operator.add)
    __sub__, __rsub__ = binary(operator.sub), reflected(operator.sub)
    __mul__, __rmul__ = binary(operator.mul), reflected(operator.mul)
    __truediv__, __rtruediv__ = binary(operator.truediv), reflected(operator.truediv)
    __pow__ = binary(operator.pow)
    __and__, __rand__ = binary(operator.and_), reflected(operator.and_)
    __or__, __ror__ = binary(operator.or_), reflected(operator.or_)
    __xor__, __rxor__ = binary(operator.xor), reflected(operator.xor)
    __lt__, __le__, __gt__, __ge__ = map(binary, (operator.lt, operator.le, operator.gt, operator.ge))
    __eq__, __ne__ = binary(operator.eq), binary(operator.ne)  # type: ignore[assignment]


class Space:
    """The array functions of `Array`, on the device of one of them."""

    def __init__(self, like: torch.Tensor) -> None:
        self.device = like.device

    def tensor(self, x: Any) -> torch.Tensor:
        return x.tensor if isinstance(x, Array) else constant(x, self.device)

    def asarray(self, x: Any) -> Array:
        return Array(self.tensor(x))

    def zeros(self, shape: Sequence[int], dtype: Any) -> Array:
        return Array(torch.zeros(tuple(shape), dtype=DTYPES[np.dtype(dtype)], device=self.device))

    def stack(self, parts: Sequence[Any], axis: int = 0) -> Array:
        return Array(torch.stack([self.tensor(x) for x in parts], axis))

    def concatenate(self, parts: Sequence[Any]) -> Array:
        return Array(torch.cat([self.tensor(x) for x in parts]))

    def where(self, condition: Any, a: Any, b: Any) -> Array:
        arrays = [x.tensor for x in (a, b) if isinstance(x, Array)]
        one, other = (operand(x, arrays[0]) if arrays else self.tensor(x) for x in (a, b))
        return Array(torch.where(self.tensor(condition), one, other))

    def minimum(self, a: Any, b: Any) -> Array:
        return bounded(a, b, torch.minimum, torch.clamp_max)

    def maximum(self, a: Any, b: Any) -> Array:
        return bounded(a, b, torch.maximum, torch.clamp_min)

    exp, log, sqrt, tanh, cos, sin = (
        staticmethod(lambda x, f=f: Array(f(x.tensor)))
        for f in (torch.exp, torch.log, torch.sqrt, torch.tanh, torch.cos, torch.sin)
    )


def bounded(a: Any, b: Any, of_tensors: Callable[..., Any], by_number: Callable[..., Any]) -> Array:
    if not isinstance(a, Array):
        a, b = b, a
    bound = operand(b, a.tensor)
    return Array((of_tensors if isinstance(bound, torch.Tensor) else by_number)(a.tensor, bound))


pytree.register_pytree_node(Array, lambda a: ([a.tensor], None), lambda tensors, _: Array(tensors[0]))
