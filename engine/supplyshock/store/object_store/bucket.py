"""The objects of a run: whole or absent, read, written and listed by name."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ...common.errors import StoreError, UsageError
from ..untrusted.files import MAX_JSON, is_inside
from .address import Address

AT_ONCE = 16
"""Objects on their way side by side."""
SETTLE = 3.0
"""Seconds within which writers that came at the same moment have written, where the service cannot decide."""
_ADVICE = {
    "NoSuchBucket": "make the bucket, or choose another --out",
    "AccessDenied": "check the rights of the key, or choose another --out",
    "ContainerNotFound": "make the container, or choose another --out",
    "AuthorizationPermissionMismatch": "check the rights of the account, or choose another --out",
    "QuotaExceeded": "free some space; then the same command resumes",
}
_CREDENTIALS = ("SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthenticationFailed", "AuthenticationRequired")
_ABSENT = ("NoSuchBucket", "ContainerNotFound")


def connect(address: Address, name: str = "") -> Any:
    """The objects at an address, or those below a name there. Raises `UsageError` if a setting is missing."""
    from obstore import store

    options = {}
    if address.scheme == "az":
        options["account_name"] = os.environ.get("AZURE_STORAGE_ACCOUNT_NAME", "")
        if not options["account_name"]:
            expected = address.service.credentials
            raise UsageError("Azure needs the name of an account", where=str(address), expected=expected, got="none")
    prefix = f"{address.key}/{name}" if name else address.key
    return getattr(store, address.service.store)(address.container, prefix=prefix, **options)


class Bucket:
    """The objects below the address of a run; safe to use from many threads.

    Credentials, region and endpoint come from the environment (`address.SERVICES`; AWS_ENDPOINT_URL for an S3 service
    that is not Amazon's) and are written nowhere. Failing requests are tried again for three minutes.
    """

    def __init__(self, address: Address) -> None:
        """Contacts nobody. Raises `UsageError` if the extra ``cloud`` is not installed."""
        self.address = address
        try:
            with self._explained(""):
                self.store = connect(address)
        except ImportError as e:
            fix = 'pip install "supplyshock[cloud]"'
            raise UsageError("object storage needs the package obstore", where=str(address), fix=fix) from e

    def below(self, name: str) -> Any:
        """A zarr store of what is below a name, to be read."""
        from zarr.storage import ObjectStore

        return ObjectStore(connect(self.address, name), read_only=True)

    def get(self, name: str, most: int = MAX_JSON) -> bytes:
        """An object. Raises `FileNotFoundError`, and `StoreError` for one of more than `most` bytes."""
        import obstore

        with self._explained(name):
            answer = obstore.get(self.store, name)
            if (size := answer.meta["size"]) > most:
                raise StoreError("too large", where=self._where(name), expected=f"{most:,} bytes", got=f"{size:,}")
            return bytes(answer.bytes())

    def digest(self, name: str) -> tuple[int, str]:
        """Size in bytes and SHA-256 of an object, read piece by piece. Raises `FileNotFoundError`."""
        import obstore

        sha, size = hashlib.sha256(), 0
        with self._explained(name):
            for piece in obstore.get(self.store, name).stream():
                sha.update(piece)
                size += len(piece)
        return size, sha.hexdigest()

    def put(self, name: str, data: bytes | Path) -> None:
        """Writes an object: bytes, or a file."""
        import obstore

        with self._explained(name):
            obstore.put(self.store, name, data)

    def put_all(self, files: Mapping[str, Path]) -> None:
        """Writes files as objects, side by side."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.put, files.keys(), files.values()))

    def get_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(name, object) of each, side by side. Those that are gone by now are left out."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for name, data in pool.map(lambda n: (n, self._try(n)), names):
                if data is not None:
                    yield name, data

    def _try(self, name: str) -> bytes | None:
        try:
            return self.get(name)
        except FileNotFoundError:
            return None

    def create(self, name: str, data: bytes) -> bool:
        """Writes an object that must not be there yet; False, and nothing is changed, where another writer was first.

        Services without conditional requests cannot decide: there the last of those that come in the same moment
        wins, and all take what is there after a while.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError, GenericError

        try:
            with self._explained(name, GenericError):
                obstore.put(self.store, name, data, mode="create")
            return True
        except AlreadyExistsError:
            return False
        except GenericError as e:
            if "NotImplemented" not in str(e):
                raise self._error(e, name) from e
        if self._try(name) is not None:
            return False
        self.put(name, data)
        time.sleep(SETTLE)
        return self.get(name) == data

    def sizes(self, under: str = "") -> dict[str, int]:
        """Bytes of every object below a name that a run could have, by name."""
        import obstore

        with self._explained(under):
            sizes = {m["path"]: m["size"] for page in obstore.list(self.store, prefix=under or None) for m in page}
        return {name: size for name, size in sizes.items() if is_inside(name)}

    def changed(self, name: str) -> float:
        """When an object was written, in seconds of the epoch, by the service's clock; 0 if it is gone."""
        import obstore

        try:
            with self._explained(name):
                return float(obstore.head(self.store, name)["last_modified"].timestamp())
        except FileNotFoundError:
            return 0.0

    def delete(self, names: Iterable[str]) -> None:
        """Removes objects, side by side; absent ones are ignored."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._delete, names))

    def _delete(self, name: str) -> None:
        import obstore

        with suppress(FileNotFoundError), self._explained(name):
            obstore.delete(self.store, name)

    @contextmanager
    def _explained(self, name: str, *through: type[Exception]) -> Iterator[None]:
        """Turns what the library raises into a `StoreError` in words; a `FileNotFoundError` stays one."""
        from obstore.exceptions import AlreadyExistsError, BaseError

        raised: tuple[type[Exception], ...] = (AlreadyExistsError, *through)
        try:
            yield
        except raised:
            raise
        except FileNotFoundError as e:
            if any(code in str(e) for code in _ABSENT):
                raise self._error(e, name) from e
            raise FileNotFoundError(2, "no such object", self._where(name)) from e
        except BaseError as e:
            raise self._error(e, name) from e

    def _error(self, error: Exception, name: str) -> StoreError:
        text = str(error)
        code, message = (re.search(f"<{tag}>(.*?)</{tag}>", text, re.S) for tag in ("Code", "Message"))
        if code:
            what, advice = f"{code[1]}: {message[1] if message else ''}", _ADVICE.get(code[1], "see the cause")
            if code[1] in _CREDENTIALS:
                advice = f"check {self.address.service.credentials}"
        else:
            what = re.sub(r"\s+", " ", text.partition("Debug source")[0])
            service = self.address.service
            names = [n for n in service.variables if n not in service.credentials]
            advice = f"check the network, {', '.join([*names, service.credentials])}"
        fix = f"{advice}; the same command resumes the run"
        return StoreError(f"object storage failed ({what:.200})", where=self._where(name), fix=fix)

    def _where(self, name: str) -> str:
        return f"{self.address}/{name}" if name else str(self.address)
