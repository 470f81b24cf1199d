"""The two codecs of a run, which look at the size that a chunk announces before they unpack it.

The chunk of a few bytes that unpacks to 2 GB is refused: its header has to announce what the metadata promise.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
import zarr
from zarr import codecs
from zarr.registry import register_codec

from ...common.errors import StoreError
from ...common.safe_text import harmless, is_harmless

_HERE = "supplyshock.store.untrusted.codecs"


class SizedBlosc(codecs.BloscCodec):
    """blosc that unpacks only to the size of a chunk."""

    async def _decode_single(self, chunk_bytes: Any, chunk_spec: Any) -> Any:
        # the header of blosc 1: version, version of the format, flags, size of an item, then sizes as 32-bit numbers
        head = bytes(chunk_bytes.as_array_like()[:16].tobytes())
        expected = prod(chunk_spec.shape) * chunk_spec.dtype.to_native_dtype().itemsize
        announced = int.from_bytes(head[4:8], "little") if len(head) == 16 else -1
        if announced != expected:
            raise _damaged(f"{expected:,} bytes in a chunk", f"{announced:,} announced")
        return await super()._decode_single(chunk_bytes, chunk_spec)


class VLenUTF8Codec(codecs.VLenUTF8Codec):
    """Strings: as many as a chunk holds, and none that a terminal obeys. zarr wants a class of this very name."""

    async def _decode_single(self, chunk_bytes: Any, chunk_spec: Any) -> Any:
        head = bytes(np.asarray(chunk_bytes.as_array_like()[:4]).tobytes())
        expected, announced = prod(chunk_spec.shape), int.from_bytes(head, "little")
        if announced != expected:
            raise _damaged(f"{expected:,} texts in a chunk", f"{announced:,} announced")
        texts = await super()._decode_single(chunk_bytes, chunk_spec)
        for text in texts.as_numpy_array().flat:
            if not is_harmless(str(text)):
                raise _damaged("text", f"control characters in {harmless(str(text))[:40]!r}")
        return texts


def _damaged(expected: str, got: str) -> StoreError:
    return StoreError("the results are damaged", expected=expected, got=got, fix="supplyshock verify says which file")


register_codec("blosc", SizedBlosc, qualname=f"{_HERE}.SizedBlosc")
register_codec("vlen-utf8", VLenUTF8Codec, qualname=f"{_HERE}.VLenUTF8Codec")


_setting = threading.RLock()
"""zarr's settings are those of the process: two threads that set and restore them at once would mix them up."""


@contextmanager
def sized_codecs() -> Iterator[None]:
    """Arrays that are opened inside unpack with these two; other arrays of this process are left alone."""
    with (
        _setting,
        zarr.config.set({"codecs.blosc": f"{_HERE}.SizedBlosc", "codecs.vlen-utf8": f"{_HERE}.VLenUTF8Codec"}),
    ):
        yield
