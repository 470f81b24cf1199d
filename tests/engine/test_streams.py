"""Streams that go, fill up, are closed, or show only some characters: runs end well and say so by their exit code."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import pytest

from supplyshock.common.progress import BarProgress, LogProgress, make_progress
from supplyshock.common.signals import stop_on_signal
from supplyshock.common.streams import SteadyStream, steady_streams
from supplyshock.store.verify import verify_run
from support.command import invoke, small_run

__all__ = ["small_run"]

RUN = ("run", "status_quo", "--paths", "300", "--weeks", "4", "--save-series", "0", "--backend", "reference")
PROGRAM = str(Path(sys.executable).parent / "supplyshock")
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")


def gone() -> int:
    """A pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def shell(line: str, *words: object) -> subprocess.CompletedProcess[str]:
    """A line of bash in which ``"$@"`` is supplyshock with these words."""
    command = ["bash", "-o", "pipefail", "-c", line, "bash", PROGRAM, *map(str, words)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("stream", [Broken(), None])
def test_progress_survives_its_stream(stream: IO[str] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    for progress in (LogProgress(), BarProgress(), make_progress("auto")):
        progress.start(10, 0)
        progress.advance(10)
        progress.say("a line")
        progress.close()


def test_progress_survives_a_stream_that_was_closed(capsys: pytest.CaptureFixture[str]) -> None:
    closed = io.StringIO()
    closed.close()
    progress = make_progress("auto", closed)
    progress.start(10, 0)
    progress.advance(10)
    assert capsys.readouterr().out == ""  # nor does it go elsewhere


def test_a_steady_stream_keeps_the_first_error() -> None:
    stream = SteadyStream(Broken())
    assert (stream.write("text"), stream.gone, stream.error and stream.error.errno) == (4, True, 32)
    absent = SteadyStream(None)
    assert absent.error is None
    absent.write("text")
    assert absent.error is not None and not absent.gone and not absent.isatty()


def test_characters_that_a_stream_lacks_look_plain() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="supplyshock.plain")
    stream.write("3 ±1 × “a” – 稀")
    stream.flush()
    assert raw.getvalue() == b'3 +/-1 x "a" - ?'


def test_streams_are_put_back() -> None:
    before = sys.stdout, sys.stderr
    with steady_streams() as after:
        assert (sys.stdout, sys.stderr) == after
    assert (sys.stdout, sys.stderr) == before


def test_a_reader_that_has_enough_is_no_error(small_run: Path) -> None:
    answer = shell('"$@" | head -1', "show", small_run, "--full")
    assert (answer.returncode, answer.stderr, answer.stdout.count("\n")) == (141, "", 1)
    process = subprocess.run([PROGRAM, "show", str(small_run)], stdout=gone(), stderr=subprocess.PIPE, check=False)
    assert (process.returncode, process.stderr) == (141, b"")


@needs_full
@pytest.mark.parametrize("words", [("--help",), ("measures",), ("measures", "--json")])
def test_output_to_a_full_disk_is_74(words: tuple[str, ...]) -> None:
    answer = shell('"$@" > /dev/full', *words)
    assert answer.returncode == 74 and "No space left" in answer.stderr
    assert "Traceback" not in answer.stderr and "Exception ignored" not in answer.stderr


def test_closed_streams_at_the_start() -> None:
    answer = shell('"$@" >&-', "measures")
    assert answer.returncode == 74 and "it is closed" in answer.stderr
    answer = shell('"$@" 2>&-', "show", "absent")
    assert (answer.returncode, answer.stdout) == (74, "")


@needs_full
@pytest.mark.parametrize(
    ("line", "code"),
    [('"$@" 2> /dev/full', 0), ('"$@" 2>&-', 0), ('"$@" > /dev/full', 74), ('"$@" 0<&- >&- 2>&- --quiet', 0)],
)
def test_a_run_is_whole_whatever_happens_to_its_streams(line: str, code: int, tmp_path: Path) -> None:
    answer = shell(line, *RUN, "--out", tmp_path / "run")
    assert answer.returncode == code, answer.stderr
    assert not verify_run(tmp_path / "run").damaged


def test_a_run_outlives_the_reader_of_its_progress(tmp_path: Path) -> None:
    command = [PROGRAM, *RUN, "--out", str(tmp_path / "run")]
    assert subprocess.run(command, stderr=gone(), stdout=subprocess.PIPE, check=False).returncode == 0
    assert not verify_run(tmp_path / "run").damaged


def test_a_run_outlives_its_terminal(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [PROGRAM, *RUN, "--out", str(tmp_path / "run")]
    process = subprocess.Popen(command, stderr=slave, stdout=slave, stdin=subprocess.DEVNULL, start_new_session=True)
    os.close(slave)
    os.close(master)
    assert process.wait(timeout=120) == 141
    assert not verify_run(tmp_path / "run").damaged


def test_a_terminal_that_hangs_up_stops_a_run_and_nohup_does_not() -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with stop_on_signal() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.wait(0.1)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with stop_on_signal() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            limit = time.monotonic() + 5
            while not stop.is_set() and time.monotonic() < limit:
                time.sleep(0.01)
            assert stop.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_this_process_too(small_run: Path) -> None:
    assert invoke("show", small_run).exit_code == 0


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with locales whose encodings are not UTF-8."""
    folder = tmp_path_factory.mktemp("locales")
    for language, encoding in (("de_DE", "ISO-8859-1"), ("ja_JP", "EUC-JP")):
        command = ["localedef", "-i", language, "-f", encoding, str(folder / f"{language}.{encoding}")]
        try:
            made = subprocess.run(command, capture_output=True, check=False).returncode
        except FileNotFoundError:
            made = 1
        if made:
            pytest.skip("localedef cannot make locales here")
    return folder


@pytest.mark.parametrize("name", ["de_DE.ISO-8859-1", "ja_JP.EUC-JP"])
def test_other_locales_have_the_same_files_and_show_what_they_can(
    name: str,
    locales: Path,
    small_run: Path,
    tmp_path: Path,
) -> None:
    there = {**os.environ, "LOCPATH": str(locales), "LC_ALL": name}

    def call(*words: object, env: dict[str, str] | None = None) -> Any:
        return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, check=False, env=env)

    page = ("report", small_run, "--no-stories", "-o")
    assert call(*page, tmp_path / "there.html", env=there).returncode == 0
    assert invoke(*page, tmp_path / "here.html").exit_code == 0
    assert (tmp_path / "there.html").read_bytes() == (tmp_path / "here.html").read_bytes()
    shown = call("show", small_run, env=there)
    assert shown.returncode == 0 and "one standard error" in shown.stdout.decode(name.partition(".")[2])


def test_a_slow_reader_of_a_pipe_that_does_not_wait_gets_everything() -> None:
    """Parents such as Node set O_NONBLOCK."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    process = subprocess.Popen([PROGRAM, "schema"], stdout=writer)
    os.close(writer)
    time.sleep(1)
    with open(reader, "rb") as pipe:
        assert pipe.read() == invoke("schema").stdout_bytes
    assert process.wait() == 0


def test_files_may_be_pipes(small_run: Path) -> None:
    answer = shell('"$@" --csv >(head -1) > /dev/null; sleep 0.2', "show", small_run)
    assert (answer.returncode, answer.stdout) == (
        0,
        "table,scenario,item,statistic,value,se,unit,label,usd_per_kg_at_1,parameter_sd\n",
    )
    answer = shell('"$@" -o /dev/stdout', "report", small_run, "--no-stories")
    assert answer.stdout.endswith("</html>") and "wrote /dev/stdout" in answer.stderr


def test_a_folder_that_was_removed_is_named(tmp_path: Path) -> None:
    answer = shell(f'mkdir {tmp_path}/x && cd {tmp_path}/x && rmdir ../x && "$@"', *RUN, "--out", "run")
    assert answer.returncode == 74 and "the current folder was removed" in answer.stderr
