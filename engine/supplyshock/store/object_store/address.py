"""Addresses of runs in object storage, and how they differ from folders."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ...common.errors import UsageError, did_you_mean
from ...common.places import local_path, scheme_of


@dataclass(frozen=True)
class Service:
    """A kind of object storage that the client library obstore speaks to."""

    store: str
    """Name of its class in ``obstore.store``."""
    container: str
    """The service's name for the first part of an address."""
    credentials: str
    """The environment variables that the client needs, for messages."""
    variables: tuple[str, ...]
    """Variables of the environment that say which service an address belongs to."""


SERVICES = {
    "s3": Service(
        "S3Store", "BUCKET", "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION", ("AWS_ENDPOINT_URL",)
    ),
    "gs": Service("GCSStore", "BUCKET", "GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT", ()),
    "az": Service(
        "AzureStore",
        "CONTAINER",
        "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ENDPOINT"),
    ),
}
"""By scheme. Each reads its credentials from the variables that its own tools read."""
FORMS = ", ".join(f"{scheme}://{service.container}/KEY" for scheme, service in SERVICES.items())
"""How addresses look, for help and messages."""
COPY = "copy the run into a folder with any client of the service: it has the same files there"
_CONTAINER = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._-]{0,254}")
_PART = re.compile(r"[\w .=+,@()-]+")


@dataclass(frozen=True)
class Address:
    """A run in object storage."""

    scheme: str
    container: str
    """The bucket, or what the service calls it."""
    key: str
    """What the names of all its objects begin with."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.container}/{self.key}"

    @property
    def service(self) -> Service:
        """The kind of object storage."""
        return SERVICES[self.scheme]

    @classmethod
    def parse(cls, text: str) -> Address:
        """From ``s3://bucket/key``; schemes are the keys of `SERVICES`, in either case. Raises `UsageError`."""
        scheme = scheme_of(text)
        if scheme not in SERVICES:
            hint = did_you_mean(scheme, SERVICES)
            expected = f"a folder, or {FORMS}"
            raise UsageError(f"{scheme}:// is not supported", expected=expected, got=f"{text!r:.80}", fix=hint)
        container, _, key = text.strip().partition("://")[2].partition("/")
        key = key.strip("/").removesuffix("/results.zarr")
        parts = key.split("/")
        if not _CONTAINER.fullmatch(container) or not all(_PART.fullmatch(p) and p not in (".", "..") for p in parts):
            form = f"{scheme}://{SERVICES[scheme].container}/KEY"
            expected = f"{form}, the key of letters, digits, spaces and . _ = + , @ ( ) - between slashes"
            raise UsageError("not an address of a run", expected=expected, got=f"{text!r:.80}")
        return cls(scheme, container, key)


def place_of(place: str | os.PathLike[str] | Address) -> Path | Address:
    """The folder or the address that is meant. Raises `UsageError` for an address that cannot be."""
    if isinstance(place, Address):
        return place
    return local_path(place) if scheme_of(place) in ("", "file") else Address.parse(os.fspath(place))


def folder_of(place: str | os.PathLike[str] | Address, what: str) -> Path:
    """The folder that is meant. Raises `UsageError` for an address: `what` needs a folder."""
    folder = place_of(place)
    if isinstance(folder, Address):
        raise UsageError(f"{what} needs a folder", where=str(folder), fix=COPY)
    return folder
