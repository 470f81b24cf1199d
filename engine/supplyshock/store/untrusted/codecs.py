"""The two codecs of a run, which look at the size that a chunk announces before they unpack it.

The chunk of a few bytes that unpacks to 2 GB is refused: its header has to announce what the metadata promise.
"""

from __future__ import annotations

import json
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from zarr import codecs
from zarr.registry import register_codec
from zarr.storage import WrapperStore

from ...common.errors import StoreError
from ...common.safe_text import harmless, is_harmless

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest
    from zarr.core.buffer import Buffer, BufferPrototype


class SizedBlosc(codecs.BloscCodec):
    """blosc that unpacks only to the size of a chunk."""

    @classmethod
    def from_dict(cls, data: Any) -> Any:
        """From metadata, by any name."""
        return super().from_dict({**data, "name": "blosc"})

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

    @classmethod
    def from_dict(cls, data: Any) -> Any:
        """From metadata, by any name."""
        return super().from_dict({**data, "name": "vlen-utf8"})

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


SIZED = {"blosc": "supplyshock.blosc", "vlen-utf8": "supplyshock.vlen-utf8"}
"""Names of these two: zarr's settings, which say what codec a name means, are those of the whole process."""
register_codec(SIZED["blosc"], SizedBlosc)
register_codec(SIZED["vlen-utf8"], VLenUTF8Codec)


class SizedStore(WrapperStore[Any]):
    """A store whose arrays unpack with these two; other arrays of this process are left alone."""

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """Chunks as they are, metadata with the names of these two."""
        content = await super().get(key, prototype, byte_range)
        if content is None or byte_range is not None or not key.endswith("zarr.json"):
            return content
        metadata = _renamed(json.loads(content.to_bytes()))
        return prototype.buffer.from_bytes(json.dumps(metadata).encode())


def _renamed(value: Any, *, codec: bool = False) -> Any:
    """Metadata with other names of codecs, also of those within a sharding codec."""
    if isinstance(value, list):
        return [_renamed(item, codec=codec) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {key: _renamed(item, codec=key in ("codecs", "index_codecs")) for key, item in value.items()}
    if codec and isinstance(name := value.get("name"), str):
        renamed["name"] = SIZED.get(name, name)
    return renamed
