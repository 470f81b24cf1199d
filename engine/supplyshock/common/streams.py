"""Standard streams that never end a command: a reader that is gone, a full disk, a terminal that shows no ``±``."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

PLAIN = {"±": "+/-", "×": "x", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'", "→": "->", "…": "...", "·": "|"}
"""Replacements for characters that the encoding of a stream lacks; others become ``?``."""


def _as_plain(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end


codecs.register_error("supplyshock.plain", _as_plain)


class SteadyStream(io.TextIOBase):
    """A text stream that drops what it cannot write, and keeps the first error instead of raising it."""

    def __init__(self, stream: TextIO | None) -> None:
        """Writes to `stream`; None is a stream that was closed before the program began."""
        self.stream = stream
        self.error: OSError | None = None
        self.buffer = _Utf8(self)

    @property
    def gone(self) -> bool:
        """Whether nobody reads any more: a pipe without a reader, or a terminal that was closed."""
        return self.error is not None and self.error.errno in (errno.EPIPE, errno.EIO)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream."""
        return getattr(self.stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """How the stream encodes characters that its encoding lacks."""
        return getattr(self.stream, "errors", None) or "replace"

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, text: str) -> int:
        """Writes text; after an error it does nothing."""
        if self.stream is None and text:
            self.error = self.error or OSError(errno.EBADF, "it is closed")
        with self._kept():
            if self.stream is not None and self.error is None:
                self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hands on what was written."""
        with self._kept():
            if self.stream is not None and self.error is None:
                self.stream.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        with suppress(OSError, ValueError):
            return self.stream is not None and self.stream.isatty()
        return False

    def fileno(self) -> int:
        """Of the stream. Raises `OSError` if it has none."""
        if self.stream is None:
            raise io.UnsupportedOperation("fileno")
        return self.stream.fileno()

    def discard(self) -> None:
        """After an error, discards the rest of the buffers, which the interpreter would write when it ends."""
        if self.error is not None and self.stream is not None:
            with suppress(OSError, ValueError):
                number = self.stream.fileno()
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, number)
                os.close(null)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.error = error
        except ValueError as error:  # closed meanwhile, or text that its encoding has not
            self.error = OSError(errno.EBADF, str(error))


class _Utf8(io.RawIOBase):
    """The same for bytes, which are text in UTF-8: nothing writes past the stream."""

    def __init__(self, stream: SteadyStream) -> None:
        self.text = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.text.write(bytes(data).decode("utf-8", "replace"))
        return len(data)

    def flush(self) -> None:
        self.text.flush()


@contextmanager
def steady_streams() -> Iterator[tuple[SteadyStream, SteadyStream]]:
    """Stdout and stderr of this process as `SteadyStream`s, for a while."""
    if sys.stdout is None or sys.stderr is None:
        _fill_numbers()
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="supplyshock.plain")
    out, err = SteadyStream(before[0]), SteadyStream(before[1])
    sys.stdout, sys.stderr = out, err
    try:
        with _waits(before[0]), _waits(before[1]):
            try:
                yield out, err
            finally:
                out.flush()
                err.flush()
    finally:
        out.discard()
        err.discard()
        sys.stdout, sys.stderr = before


@contextmanager
def _waits(stream: TextIO | None) -> Iterator[None]:
    """While it is open, a write waits for a slow reader. Where a parent has set O_NONBLOCK, Python loses what does not
    fit into the pipe, without an error."""
    changed = False
    with suppress(OSError, ValueError):
        if stream is not None and not os.get_blocking(stream.fileno()):
            os.set_blocking(stream.fileno(), True)
            changed = True
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            if stream is not None and changed:
                os.set_blocking(stream.fileno(), False)


def _fill_numbers() -> None:
    """Opens the numbers 0 to 2 where they are closed: a file of a run that got one would take what libraries print."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
