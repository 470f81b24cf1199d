"""Services on this machine that speak as much of Google Cloud Storage and of Azure Blob Storage as a run needs."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

CONTAINER = "runs"
Objects = dict[str, tuple[bytes, datetime]]


class Service(BaseHTTPRequestHandler):
    """Objects by name. Subclasses know how a service says that one may not be there yet, and how it lists."""

    protocol_version = "HTTP/1.1"
    objects: Objects
    lock: threading.Lock
    requests: list[str]

    @property
    def key(self) -> str:
        """The name of the object; empty for the container."""
        _, _, name = unquote(urlsplit(self.path).path).partition(f"/{CONTAINER}")
        return name.lstrip("/")

    @property
    def query(self) -> dict[str, str]:
        return {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}

    def must_be_new(self) -> bool:
        raise NotImplementedError

    def listing(self, names: list[str]) -> str:
        raise NotImplementedError

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.requests.append(self.path)
        with self.lock:
            if self.must_be_new() and self.key in self.objects:
                return self.answer(self.taken, b"<Error><Code>Exists</Code></Error>")
            self.objects[self.key] = data, datetime.now(UTC)
        self.answer(201, b"", self.meta())

    taken = 412

    def do_GET(self) -> None:
        if not self.key:
            prefix = self.query.get("prefix", "")
            names = sorted(n for n in dict(self.objects) if n.startswith(prefix))
            return self.answer(200, self.listing(names).encode(), {"Content-Type": "application/xml"})
        if self.key not in self.objects:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        data = self.objects[self.key][0]
        if self.headers["Range"]:
            first, last = self.headers["Range"].removeprefix("bytes=").split("-")
            begin = int(first) if first else len(data) - int(last)
            end = int(last) + 1 if first and last else len(data)
            part = data[begin:end]
            extent = {"Content-Range": f"bytes {begin}-{begin + len(part) - 1}/{len(data)}"}
            return self.answer(206, part, self.meta() | extent)
        self.answer(200, data, self.meta())

    def do_HEAD(self) -> None:
        there = self.key in self.objects
        self.answer(200 if there else 404, self.objects[self.key][0] if there else b"", self.meta() if there else {})

    def do_DELETE(self) -> None:
        gone = self.objects.pop(self.key, None)
        self.answer(404 if gone is None else 204, b"")

    def meta(self) -> dict[str, str]:
        data, when = self.objects[self.key]
        return {"ETag": f'"{hash(data):x}"', "Last-Modified": format_datetime(when, usegmt=True)}

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class GoogleCloudStorage(Service):
    """Its XML interface."""

    def must_be_new(self) -> bool:
        return self.headers["x-goog-if-generation-match"] == "0"

    def listing(self, names: list[str]) -> str:
        rows = "".join(
            f"<Contents><Key>{escape(n)}</Key><Size>{len(self.objects[n][0])}</Size><ETag>e</ETag>"
            f"<LastModified>{self.objects[n][1]:%Y-%m-%dT%H:%M:%S}.000Z</LastModified></Contents>"
            for n in names
        )
        return f"<ListBucketResult>{rows}</ListBucketResult>"


class AzureBlobStorage(Service):
    """Its blobs."""

    taken = 409

    def must_be_new(self) -> bool:
        return self.headers["If-None-Match"] == "*"

    def do_POST(self) -> None:
        """A batch of deletions: requests in one body, answers in another."""
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        parts = []
        for number, path in zip(
            re.findall(r"Content-ID: (\d+)", asked), re.findall(r"DELETE (\S+)", asked), strict=True
        ):
            name = unquote(urlsplit(path).path).partition(f"/{CONTAINER}/")[2]
            status = (
                "404 The specified blob does not exist." if self.objects.pop(name, None) is None else "202 Accepted"
            )
            head = f"Content-Type: application/http\r\nContent-ID: {number}\r\n\r\n"
            parts.append(f"--b\r\n{head}HTTP/1.1 {status}\r\nx-ms-version: 2019-02-02\r\n\r\n\r\n")
        body = "".join(parts) + "--b--\r\n"
        self.answer(202, body.encode(), {"Content-Type": "multipart/mixed; boundary=b"})

    def listing(self, names: list[str]) -> str:
        rows = "".join(
            f"<Blob><Name>{escape(n)}</Name><Properties><Content-Length>{len(self.objects[n][0])}</Content-Length>"
            f"<Last-Modified>{format_datetime(self.objects[n][1], usegmt=True)}</Last-Modified><Etag>e</Etag>"
            "<Content-Type>x</Content-Type></Properties></Blob>"
            for n in names
        )
        return f"<EnumerationResults><Blobs>{rows}</Blobs><NextMarker/></EnumerationResults>"


@contextmanager
def serve(kind: type[Service]) -> Iterator[tuple[str, Objects]]:
    """The address of a service that runs, and its objects."""
    handler = type(kind.__name__, (kind,), {"objects": {}, "lock": threading.Lock(), "requests": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler.objects
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def google() -> Iterator[tuple[dict[str, str], Objects]]:
    """The settings of a client, and the objects."""
    with serve(GoogleCloudStorage) as (url, objects):
        none = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
        account = {"gcs_base_url": url, "disable_oauth": True, **none}
        yield {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account)}, objects


@contextmanager
def azure() -> Iterator[tuple[dict[str, str], Objects]]:
    """The settings of a client, and the objects."""
    with serve(AzureBlobStorage) as (url, objects):
        yield (
            {
                "AZURE_STORAGE_ACCOUNT_NAME": "account",
                "AZURE_STORAGE_ENDPOINT": url,
                "AZURE_SKIP_SIGNATURE": "true",
                "AZURE_ALLOW_HTTP": "true",
            },
            objects,
        )
