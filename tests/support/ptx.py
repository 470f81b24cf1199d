"""Runs one block of a compiled PTX kernel on the CPU, warp by warp, 32 lanes at a time in NumPy.

Enough of PTX for kernels without calls, local memory, shuffles or atomics. An fma is rounded by way of float64: right
but for about one in 2**29.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

LANES = 32
TYPES = {
    "f32": np.float32, "b32": np.uint32, "u32": np.uint32, "s32": np.int32,
    "b64": np.uint64, "u64": np.uint64, "s64": np.int64, "pred": np.bool_,
}  # fmt: skip
BANKS = {"f": np.float32, "r": np.uint32, "rd": np.uint64, "p": np.bool_}
COMPARE: dict[str, Callable[..., Any]] = {
    "lt": np.less, "lo": np.less, "gt": np.greater, "hi": np.greater, "le": np.less_equal, "ls": np.less_equal,
    "ge": np.greater_equal, "hs": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
    "ltu": lambda x, y: ~(x >= y), "gtu": lambda x, y: ~(x <= y), "leu": lambda x, y: ~(x > y),
    "geu": lambda x, y: ~(x < y), "equ": lambda x, y: (x == y) | np.isnan(x) | np.isnan(y),
    "neu": lambda x, y: ~(x == y), "nan": lambda x, y: np.isnan(x) | np.isnan(y),
    "num": lambda x, y: ~(np.isnan(x) | np.isnan(y)),
}  # fmt: skip
ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "rem": np.remainder, "neg": np.negative, "not": np.invert, "abs": np.abs,
    "sqrt": np.sqrt, "rcp": lambda x: np.float32(1) / x, "mad": lambda x, y, z: x * y + z,
    "shl": lambda x, y: x << y.astype(x.dtype), "shr": lambda x, y: x >> y.astype(x.dtype),
    "div": lambda x, y: x / y if x.dtype == np.float32 else x // y,
    "min": lambda x, y: np.fmin(x, y), "max": lambda x, y: np.fmax(x, y),
    "fma": lambda x, y, z: (np.float64(x) * np.float64(y) + np.float64(z)).astype(np.float32),
}  # fmt: skip
_LINE = re.compile(r"^(?:@(!?)%p(\d+)\s+)?([\w.]+)\s*(.*);$")
_REGISTER = re.compile(r"%(f|rd|r|p)(\d+)$")
_ADDRESS = re.compile(r"\[([^+\]]+)(?:\+(-?\d+))?\]$")


@cache
def register_of(operand: str) -> tuple[str, int] | None:
    """(bank, number) of a register; None for anything else."""
    found = _REGISTER.match(operand)
    return (found[1], int(found[2])) if found else None


@cache
def address_of(operand: str) -> tuple[str, int]:
    """(base, offset) of an operand in brackets."""
    base, offset = _ADDRESS.match(operand).groups()
    return base, int(offset or 0)


class Program:
    """The instructions of the only kernel of a PTX file."""

    def __init__(self, ptx: str) -> None:
        head, body = ptx[ptx.index(".visible .entry") :].split("\n{", 1)
        self.parameters = re.findall(r"\.param \.\w+ ([^\s,]+)", head)
        self.registers = {bank: int(n) for bank, n in re.findall(r"\.reg \.\w+\s+%(\w+?)<(\d+)>", body)}
        self.code: list[tuple[Any, str, list[str]]] = []
        self.labels: dict[str, int] = {}
        for raw in body.splitlines():
            line = raw.split("//")[0].strip()
            if not line or line[0] in ".{}":
                continue
            if line.endswith(":"):
                self.labels[line[:-1]] = len(self.code)
                continue
            negated, predicate, op, rest = _LINE.match(line).groups()
            guard = None if predicate is None else (int(predicate), negated == "!")
            self.code.append((guard, op, [x.strip() for x in rest.split(",")]))
        self.leaders = set(self.labels.values())


class Warp:
    """Registers of 32 lanes, and where each of them is."""

    def __init__(self, program: Program, special: dict[str, Any]) -> None:
        self.banks = {k: np.zeros((program.registers.get(k, 1), LANES), t) for k, t in BANKS.items()}
        self.special = special
        self.at = np.zeros(LANES, np.int64)
        self.done = np.zeros(LANES, np.bool_)


class Block:
    """One block of (x, y) threads; the arguments are flat: numbers, and arrays in place of their addresses."""

    def __init__(self, program: Program, arguments: list[Any], threads: tuple[int, int], shared: int) -> None:
        self.program, self.shared = program, np.zeros(shared // 4, np.uint32)
        self.arrays: list[np.ndarray] = []
        self.values: dict[str, Any] = {}
        assert len(arguments) == len(program.parameters)
        for name, argument in zip(program.parameters, arguments, strict=True):
            if isinstance(argument, np.ndarray):
                self.arrays.append(argument.reshape(-1).view(f"u{argument.itemsize}"))
                argument = np.uint64(len(self.arrays) << 40)  # no address: which array, and where in it
            self.values[name] = argument
        x, y = threads
        flat = np.arange(x * y).reshape(-1, LANES)
        self.warps = [
            Warp(program, {"%tid.x": (f % x).astype(np.uint32), "%tid.y": (f // x).astype(np.uint32)}) for f in flat
        ]

    def run(self) -> None:
        """Until all threads end; between two barriers warp after warp."""
        with np.errstate(all="ignore"):
            while not all(warp.done.all() for warp in self.warps):
                for warp in self.warps:
                    self._run_to_barrier(warp)

    def _run_to_barrier(self, warp: Warp) -> None:
        while not warp.done.all():
            live = ~warp.done
            at = int(warp.at[live].min())
            lanes = live & (warp.at == at)
            if self._run_piece(warp, at, lanes):
                assert (lanes == live).all(), "a barrier that not all lanes reach"
                return

    def _run_piece(self, warp: Warp, at: int, lanes: np.ndarray) -> bool:
        """Straight-line code of some lanes; true at a barrier."""
        while True:
            guard, op, operands = self.program.code[at]
            on = lanes if guard is None else lanes & (warp.banks["p"][guard[0]] ^ guard[1])
            if op.startswith("bra"):
                warp.at[lanes] = at + 1
                warp.at[on] = self.program.labels[operands[0]]
                return False
            if op == "ret":
                warp.done |= on
                warp.at[lanes] = at + 1
                return False
            if op.startswith("bar.sync"):
                warp.at[lanes] = at + 1
                return True
            self._do(warp, op, operands, on)
            at += 1
            if at in self.program.leaders:
                warp.at[lanes] = at
                return False

    def _get(self, warp: Warp, operand: str, kind: str) -> np.ndarray:
        """An operand of all lanes, as the type that the instruction takes."""
        to = TYPES[kind]
        if (found := register_of(operand)) is not None:
            value = warp.banks[found[0]][found[1]]
        elif operand.startswith("0f"):
            value = np.full(LANES, np.frombuffer(bytes.fromhex(operand[2:])[::-1], np.float32)[0])
        elif operand.startswith("_cudapy_smem"):
            value = np.zeros(LANES, np.uint64)
        elif operand.startswith("%"):
            value = warp.special.get(operand, np.zeros(LANES, np.uint32))  # the first block
        elif operand in self.values:
            value = np.full(LANES, self.values[operand])
        else:
            wide = np.uint64(int(operand.rstrip("U"), 0) & 0xFFFFFFFFFFFFFFFF)
            value = np.full(LANES, wide if kind.endswith("64") else np.uint32(wide & np.uint64(0xFFFFFFFF)))
        return value.view(to) if value.dtype.itemsize == np.dtype(to).itemsize else value.astype(to)

    def _put(self, warp: Warp, operand: str, value: Any, on: np.ndarray) -> None:
        bank, index = register_of(operand)
        row, value = warp.banks[bank][index], np.asarray(value)
        if value.dtype != row.dtype:
            value = value.view(row.dtype) if value.dtype.itemsize == row.dtype.itemsize else value.astype(row.dtype)
        np.copyto(row, value, where=on)

    def _do(self, warp: Warp, op: str, operands: list[str], on: np.ndarray) -> None:
        name, *middle, kind = op.split(".")

        def get(i: int, as_kind: str = kind) -> np.ndarray:
            return self._get(warp, operands[i], as_kind)

        if name == "ld":
            value = self._load(warp, middle, operands[1], kind, on)
        elif name == "st":
            self._store(warp, middle, operands[0], get(1), on)
            return
        elif name == "cvta":
            value = get(1, "u64")
        elif name == "mov":
            value = get(1, "f32" if kind == "b32" and operands[1].startswith(("%f", "0f")) else kind)
        elif name == "setp":
            value = COMPARE[middle[0]](get(1), get(2))
        elif name == "selp":
            value = np.where(get(3, "pred"), get(1), get(2))
        elif name == "cvt":
            to = TYPES[middle[-1]]
            value = get(1)
            value = value.astype(np.int64).astype(to) if middle[0] == "rzi" else value.astype(to)
        elif op == "mul.hi.u64":
            value = np.array([int(a) * int(b) >> 64 for a, b in zip(get(1), get(2), strict=True)], np.uint64)
        elif name == "mul" and middle == ["wide"]:
            wide = np.uint64 if kind == "u32" else np.int64
            value = get(1).astype(wide) * get(2).astype(wide)
        else:
            value = ARITHMETIC[name](*(get(i) for i in range(1, len(operands))))
        self._put(warp, operands[0], value, on)

    def _address(self, warp: Warp, operand: str) -> np.ndarray:
        base, offset = address_of(operand)
        return self._get(warp, base, "s64") + np.int64(offset)

    def _load(self, warp: Warp, middle: list[str], operand: str, kind: str, on: np.ndarray) -> np.ndarray:
        if middle[0] == "param":
            return self._get(warp, operand.strip("[]"), kind)
        place = self._address(warp, operand)
        if not on.any():
            return np.zeros(LANES, TYPES[kind])
        place = np.where(on, place, place[on][0])
        if middle[0] == "shared":
            return self.shared[place >> 2].view(TYPES[kind])
        memory, inside = self._memory(place)
        return memory[inside].view(TYPES[kind])

    def _store(self, warp: Warp, middle: list[str], operand: str, value: np.ndarray, on: np.ndarray) -> None:
        place = self._address(warp, operand)[on]
        if not on.any():
            return
        if middle[0] == "shared":
            self.shared[place >> 2] = value[on].view(np.uint32)
            return
        memory, inside = self._memory(place)
        memory[inside] = value[on].view(memory.dtype)

    def _memory(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The array of an address, and the places in it."""
        memory = self.arrays[int(place[0] >> 40) - 1]
        assert (place >> 40 == place[0] >> 40).all()
        return memory, (place & ((1 << 40) - 1)) // memory.itemsize


def flat(value: Any) -> list[Any]:
    """As numba passes it: of arrays (meminfo, parent, items, itemsize, data, shape, strides), records by fields."""
    if isinstance(value, tuple):
        return [x for part in value for x in flat(part)]
    if isinstance(value, np.ndarray):
        numbers = (0, 0, value.size, value.itemsize), (*value.shape, *value.strides)
        return [*map(np.uint64, numbers[0]), value, *map(np.uint64, numbers[1])]
    return [value]
