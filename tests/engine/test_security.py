"""What a stranger's run or config tries: run code, leave its folder, fill the memory, talk to the terminal."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from numcodecs import Blosc

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import ConfigError, Problem, StoreError, UsageError
from supplyshock.common.safe_text import harmless, is_harmless, load_json, plain_cell
from supplyshock.execution.accumulators import unpack
from supplyshock.execution.run import run_scenarios
from supplyshock.scenarios.dataset.csv_table import read_rows
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.store.status import run_status
from supplyshock.store.untrusted.codecs import SizedBlosc
from supplyshock.store.untrusted.files import is_inside
from supplyshock.store.untrusted.metadata import ForeignMetadata, check_array
from supplyshock.store.verify import verify_run
from support import synthetic
from support.command import invoke, said, small_run

__all__ = ["small_run"]

ESCAPE = "\x1b]0;gone\x07\x1b[31m"
LOSS = "outcomes/loss_usd_bn"
COMMANDS: dict[str, tuple[str, ...]] = {
    "status": (), "verify": (), "show": (), "compare": (), "report": ("-o", "report.html"),
    "replay": ("--path", "3"),
}  # fmt: skip
READING = ("show", "compare", "report", "replay")


@pytest.fixture
def run(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound run, to be spoiled."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(small_run, tmp_path / "run")


def metadata(run: Path, key: str, **changes: Any) -> None:
    """Changes the metadata of an array, in the root and beside it."""
    root = json.loads((run / "results.zarr" / "zarr.json").read_text())
    item = root["consolidated_metadata"]["metadata"][key]
    item.update(changes)
    (run / "results.zarr" / "zarr.json").write_text(json.dumps(root))
    (run / "results.zarr" / key / "zarr.json").write_text(json.dumps(item))


def about(run: Path, **changes: Any) -> None:
    """Changes attributes of the root."""
    file = run / "results.zarr" / "zarr.json"
    root = json.loads(file.read_text())
    root["attributes"].update(changes)
    file.write_text(json.dumps(root))


def chunk(run: Path, key: str = LOSS) -> Path:
    """The first chunk of an array."""
    return min(p for p in (run / "results.zarr" / key / "c").rglob("*") if p.is_file())


def texts(*words: str) -> bytes:
    """A chunk of strings."""
    packed = b"".join(struct.pack("<I", len(w.encode())) + w.encode() for w in words)
    return struct.pack("<I", len(words)) + packed


def title(run: Path, text: str) -> None:
    """Gives the first scenario a title."""
    chunk(run, "inputs/scenario_title").write_bytes(texts(text, "b", "c"))


def refused(run: Path, *commands: str, code: int = 74) -> None:
    """Each command ends with one clear line that holds no control character."""
    for command in commands:
        told = invoke(command, run, *COMMANDS[command])
        assert told.exit_code == code, (command, told.output[-500:])
        assert "\n" not in said(told) and "Traceback" not in told.stderr, command
        assert is_harmless(told.output)


def not_opened(run: Path) -> None:
    """What every command that reads results calls first refuses the run; so does `show`."""
    with pytest.raises(StoreError, match="not the results of a run"):
        open_run(run)
    refused(run, "show")


# -- files that are no files


@pytest.mark.parametrize("what", ["link", "pipe", "folder link", "manifest link", "journal link"])
def test_links_and_pipes_are_not_opened(what: str, run: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    place = {
        "folder link": run / "results.zarr" / "outcomes",
        "manifest link": run / "manifest.json",
        "journal link": run / "journal",
    }.get(what, chunk(run))
    if place.is_dir():
        place.rename(outside)
        place.symlink_to(outside)
    else:
        place.unlink()
        os.mkfifo(place) if what == "pipe" else place.symlink_to("/dev/zero")
    refused(run, *COMMANDS)


def test_nothing_is_written_through_a_link(tmp_path: Path, digests: Callable[[Path], dict[str, str]]) -> None:
    """A run that goes on would fill the folders that its own links name."""

    def begin() -> None:
        how: dict[str, Any] = {"backend": synthetic.simulate, "progress": "quiet"}
        run_scenarios([synthetic.scenario()], tmp_path / "run", paths=3000, seed=3, threads=1, **how)

    begin()
    next((tmp_path / "run" / "journal").glob("*/*.block.json")).unlink()
    for name in ("results.zarr/outcomes", "journal", "logs", "results.zarr/outcomes/theta/c/0"):
        place, outside = tmp_path / "run" / name, tmp_path / "outside"
        place.rename(outside)
        place.symlink_to(outside)
        before = digests(outside)
        with pytest.raises(StoreError, match="a link"):
            begin()
        assert digests(outside) == before
        place.unlink()
        outside.rename(place)
    begin()
    assert verify_run(tmp_path / "run").damaged == ()


# -- names that lead out of the folder


def seal(file: Path, name: str, body: Any) -> None:
    """A file of the journal with a checksum that fits."""
    seal = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    file.write_text(json.dumps({name: body, "sha256": seal}))


@pytest.mark.parametrize("name", ["/dev/zero", "../../../../../dev/zero", "a/../../x", "..\\x", "c:/x", ""])
def test_a_journal_names_only_files_of_the_run(name: str, run: Path) -> None:
    file = min((run / "journal").glob("*/*.block.json"))
    entry = json.loads(file.read_text())["entry"]
    entry["files"] = {name: [5, "0" * 64]}
    seal(file, "entry", entry)
    assert verify_run(run).damaged == (file.relative_to(run).as_posix(),)


def test_a_repair_writes_only_files_of_the_run(run: Path, tmp_path: Path) -> None:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../planted", b"owned")
        archive.writestr("bomb", b"\0")
    (run / "journal" / "originals.zip").write_bytes(packed.getvalue())
    files = {"../../planted": [5, hashlib.sha256(b"owned").hexdigest()]}
    whole = [len(packed.getvalue()), hashlib.sha256(packed.getvalue()).hexdigest()]
    seal(run / "journal" / "originals.json", "originals", {"files": files, "archive": whole})
    told = invoke("verify", run, "--repair")
    assert told.exit_code != 0
    assert not (tmp_path / "planted").exists()


# -- memory


def test_a_chunk_that_unpacks_to_more_than_it_should_is_not_unpacked(run: Path) -> None:
    bomb = Blosc("lz4", clevel=1).encode(np.zeros(2**28, np.uint8))
    assert len(bomb) < 2**21
    chunk(run).write_bytes(bomb)
    refused(run, *READING)


def test_strings_are_counted_before_they_are_made(run: Path) -> None:
    chunk(run, "inputs/scenario_title").write_bytes(struct.pack("<I", 2**32 - 1) + b"\0" * 64)
    refused(run, *READING)


def test_what_is_claimed_must_be_there(run: Path) -> None:
    metadata(run, LOSS, shape=[3, 10**12, 2, 7])
    not_opened(run)


CODECS: dict[str, Any] = {
    "gzip": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "gzip", "configuration": {"level": 9}}],
    "pickle": [{"name": "numcodecs.pickle", "configuration": {}}],
    "two blosc": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "blosc"}, {"name": "blosc"}],
    "none": [],
    "text": "bytes",
}


@pytest.mark.parametrize("name", CODECS)
def test_only_the_codecs_of_a_run_are_used(name: str, run: Path) -> None:
    metadata(run, LOSS, codecs=CODECS[name])
    not_opened(run)


STRANGE: dict[str, dict[str, Any]] = {
    "objects": {"data_type": "object"},
    "structured": {"data_type": {"name": "structured", "configuration": {}}},
    "huge chunk": {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 10**9, 2, 7]}}},
    "negative": {"shape": [3, -1, 2, 7]},
    "no shape": {"shape": "big"},
    "another grid": {"chunk_grid": {"name": "irregular", "configuration": {"chunk_shape": [1, 1, 1, 1]}}},
    "transformer": {"storage_transformers": [{"name": "x"}]},
    "format 2": {"zarr_format": 2},
}


@pytest.mark.parametrize("name", STRANGE)
def test_only_the_metadata_of_a_run_are_used(name: str, run: Path) -> None:
    metadata(run, LOSS, **STRANGE[name])
    not_opened(run)


def test_metadata_of_an_array_are_those_of_the_root(run: Path) -> None:
    file = run / "results.zarr" / LOSS / "zarr.json"
    item = json.loads(file.read_text())
    item["codecs"] = CODECS["gzip"]
    file.write_text(json.dumps(item))  # a run that goes on reads this one, and readers the root
    not_opened(run)


@pytest.mark.parametrize("name", ["manifest.json", "results.zarr/zarr.json"])
def test_huge_and_deep_metadata(name: str, run: Path) -> None:
    file = run / name
    sound = file.read_bytes()
    with open(file, "r+b") as f:
        f.truncate(40 * 2**20)
    refused(run, *COMMANDS)
    file.write_text('{"a":' + "[" * 200_000)
    refused(run, *(("show",) if "zarr" in name else ("status", "verify", "show")))
    file.write_bytes(b"\xff\xfe")
    refused(run, *(("show",) if "zarr" in name else ("status", "verify", "show")))
    file.write_bytes(sound)
    assert invoke("show", run).exit_code == 0


def test_a_manifest_counts_only_what_can_be(run: Path) -> None:
    raw = json.loads((run / "manifest.json").read_text())["run"]
    for place, key, value in (
        ("layout", "unit", 0), ("layout", "unit", -5), ("identity", "paths", 10**30), ("identity", "paths", "1"),
        ("identity", "digest", 5), ("identity", "weeks", None),
    ):  # fmt: skip
        changed = json.loads(json.dumps(raw))
        changed[place][key] = value
        seal(run / "manifest.json", "run", changed)
        refused(run, "status", "verify", "show")


def test_sums_of_a_block_are_plain_numbers() -> None:
    def tally(**changes: Any) -> bytes:
        spec = {"dtype": "<i8", "shape": [1, 1], "bytes": [1]} | changes
        head = json.dumps({"count": 1, "clipped": 0, "arrays": [spec] * 7}).encode()
        return b"SSTALLY2" + struct.pack("<Q", len(head)) + head

    for wrong in (tally(dtype="|O"), tally(shape=[2**20, 2**20]), tally(shape=[-1]), b"SSTALLY2"):
        with pytest.raises(ValueError):
            unpack(wrong)


# -- code


@pytest.mark.parametrize(
    ("name", "value"),
    [("policy_list_party", 10**7), ("markets_cn_list", -(10**7)), ("sources_bloc", 2), ("priors_factor", 99)],
)
def test_an_index_beyond_an_array_never_gets_to_the_loops(name: str, value: int, run: Path) -> None:
    """numba checks no index: this is how numbers become code. The store says which backend to use."""
    about(run, backend="numba")
    array = zarr.open_array(str(run / "results.zarr" / "inputs" / name), mode="r+")
    array[...] = value
    refused(run, "replay")


def test_a_single_number_that_is_an_index(run: Path) -> None:
    names = list(zarr.open_array(str(run / "results.zarr" / "inputs" / "scalar"))[:])
    values = zarr.open_array(str(run / "results.zarr" / "inputs" / "value"), mode="r+")
    for name, wrong in (("policy.tools_list", 1e9), ("initial.regime", -1.0), ("material.eta", np.nan)):
        kept = values[:]
        values[:, names.index(name)] = wrong
        refused(run, "replay")
        values[...] = kept


# -- the terminal and the page


def test_no_text_of_a_run_talks_to_the_terminal(run: Path) -> None:
    title(run, f"a{ESCAPE}b")
    refused(run, *READING)
    title(run, "sound")
    about(run, backend=ESCAPE)
    refused(run, *READING)
    about(run, backend="reference")
    (run / "results.zarr" / f"x{ESCAPE}").write_text("")
    (run / "journal" / "000-status_quo" / f"{ESCAPE}.json").write_text("x")
    for command in COMMANDS:
        assert is_harmless(invoke(command, run, *COMMANDS[command]).output), command


def test_no_text_of_a_run_becomes_part_of_the_page(run: Path) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}\u2028"
    title(run, evil)
    assert invoke("report", run, "-o", "page.html", "--no-stories").exit_code == 0
    page = Path("page.html").read_text()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "alert(1)" in page  # it is there, as text


def test_no_cell_of_a_table_is_a_formula() -> None:
    assert [plain_cell(x) for x in ("=1+1", "@x", "-2+3", "Dy", -2.5, "")] == ["'=1+1", "'@x", "'-2+3", "Dy", -2.5, ""]
    assert [plain_cell(x) for x in ("\t=1", "\r=1")] == ["'\t=1", "'\r=1"], "a spreadsheet drops what is white"


def test_a_title_is_no_formula_of_a_picture(run: Path) -> None:
    title(run, "$\\frac{a$ and $5")
    assert invoke("show", run, "--figure", "fan.png").exit_code == 0


def test_times_that_no_calendar_has(run: Path) -> None:
    root = json.loads((run / "results.zarr" / "zarr.json").read_text())
    known = root["consolidated_metadata"]["metadata"]["summary/time"]["attributes"]
    metadata(run, "summary/time", attributes=known | {"units": "days since 99999999-01-01"})
    not_opened(run)


# -- configs


CONFIGS = {
    "escape in a title": 'base: status_quo\ntitle: "\\x1b]0;gone\\x07"\n',
    "escape in a key": 'base: status_quo\n"\\x1b[31m": 1\n',
    "text that turns round": 'base: status_quo\ntitle: "abc\\u202edef"\n',
    "aliases of aliases": "base: status_quo\na: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"b{i}: &b{i} [{', '.join(['*' + (f'b{i - 1}' if i else 'a')] * 10)}]\n" for i in range(12)),
    "deep": "base: status_quo\na: " + "[" * 100_000 + "\n",
    "large": "base: status_quo\ntitle: " + "a" * 1_000_000 + "\n",
    "code": 'base: status_quo\na: !!python/object/apply:os.system ["id"]\n',
    "an alias of itself": "base: status_quo\na: &a [*a]\n",
    "a hexadecimal number without end": "base: status_quo\nweeks: 0x" + "f" * 6000 + "\n",
    "a number beyond floats": "base: status_quo\nparameters: {material.eta: " + "9" * 399 + "}\n",
    "a base without end": "base: " + "f" * 6000 + "\n",
    "data without end": "base: status_quo\ndata: " + "f" * 6000 + "\n",
    "a device as base": "base: /dev/zero\n",
    "a name with a path": "base: status_quo\nname: ../../x\n",
    "a long name": f"base: status_quo\nname: {'a' * 5000}\n",
    "many keys": "base: status_quo\n" + "".join(f"k{i}: 1\n" for i in range(3000)),
    "a quantity that keeps a pattern busy": 'base: status_quo\nlevers: {stockpile: [{market: Dy, initial: "1 a'
    + " " * 300_000
    + '/"}]}\n',
    "more weeks than are": "base: status_quo\nweeks: 1000000000\n",
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_is_refused_with_what_is_wrong(name: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(CONFIGS[name])
    with pytest.raises(ConfigError) as failure:
        load_scenario(file)
    message = str(failure.value)
    assert is_harmless(message)
    assert len(message) < 60_000


def test_a_chain_of_bases_has_an_end(tmp_path: Path) -> None:
    (tmp_path / "c0.yaml").write_text("base: status_quo\n")
    for i in range(1, 50):
        (tmp_path / f"c{i}.yaml").write_text(f"base: c{i - 1}.yaml\n")
    load_scenario(tmp_path / "c20.yaml")
    with pytest.raises(ConfigError, match="too many bases"):
        load_scenario(tmp_path / "c49.yaml")


def test_tables_of_a_data_set_are_bounded(tmp_path: Path) -> None:
    from supplyshock.scenarios.shipped import default_data

    data = shutil.copytree(default_data(), tmp_path / "data")
    (tmp_path / "config.yaml").write_text("base: status_quo\ndata: data\n")
    load_scenario(tmp_path / "config.yaml")
    kept = (data / "baskets.csv").read_text()
    for wrong in (kept + "x" * 11_000_000, kept.replace("expert judgement", ESCAPE)):
        (data / "baskets.csv").write_text(wrong)
        with pytest.raises(ConfigError) as failure:
            load_scenario(tmp_path / "config.yaml")
        assert is_harmless(str(failure.value))


# -- text


def test_harmless_text() -> None:
    for text in ("plain", "two\nlines\tand more", "Überlänge 半导体", ""):
        assert is_harmless(text) and harmless(text) == text
    for bad in ("\x1b", "\x07", "\x00", "\x7f", "\x9b", "\u202e", "\u200f", "\u061c", "\r"):
        assert not is_harmless(f"a{bad}b"), bad
        assert harmless(f"a{bad}b") == "a" + bad.encode("unicode_escape").decode() + "b"
    assert not is_harmless("\x1b[31m")
    with pytest.raises(ValueError, match="control characters"):
        load_json('["\\u001b"]')


def limited(limit: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


@pytest.mark.slow
def test_memory_stays_small_whatever_a_run_claims(run: Path) -> None:
    """2 GB in a chunk of 9 MB, by a process that may use 3 GB of addresses and says how much it used."""
    chunk(run).write_bytes(Blosc("lz4", clevel=1).encode(np.zeros(2**31 - 2**20, np.uint8)))
    code = (
        "import resource, sys; from supplyshock.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, "show", str(run)], capture_output=True, text=True, preexec_fn=limited(3 * 2**30)
    )
    assert told.returncode == 74
    assert int(told.stdout.split()[-1]) < 400_000


def test_status_of_a_run_whose_workers_lie(run: Path) -> None:
    (run / "workers").mkdir(exist_ok=True)
    (run / "workers" / "20260101T000000-00000000.json").write_text("[" * 100_000)
    assert run_status(run).status == "complete"
    assert open_run(run) is not None


@pytest.mark.parametrize(("name", "inside"), [("a/b", True), (".", False), ("./a", True), ("..", False), ("", False)])
def test_names_of_a_journal(name: str, inside: bool) -> None:
    assert is_inside(name) is inside


def test_fifty_years_of_series_are_what_a_run_makes() -> None:
    """26 markets x 2,600 weeks: a shard of 1,024 paths is larger than a chunk may be."""
    inner = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "blosc", "configuration": {}}]
    index = [{"name": "bytes"}, {"name": "crc32c"}]

    def array(chunk: list[int], shard: list[int]) -> dict[str, Any]:
        return {
            "data_type": "float32", "zarr_format": 3, "shape": [1, 1024, 2600, 26, 2],
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shard}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "codecs": [{"name": "sharding_indexed",
                        "configuration": {"chunk_shape": chunk, "codecs": inner, "index_codecs": index}}],
        }  # fmt: skip

    assert check_array("paths/price_ratio", array([1, 64, 2600, 26, 2], [1, 1024, 2600, 26, 2]))
    with pytest.raises(ForeignMetadata, match="too large"):
        check_array("paths/price_ratio", array([1, 1024, 2600, 26, 2], [1, 1024, 2600, 26, 2]))


def test_wrong_chunks_are_not_called_damage(run: Path) -> None:
    with pytest.raises(UsageError, match="no such chunks"):
        open_run(run, chunks={"path": "many"})
    with pytest.raises(UsageError, match="expected a mapping of keys, or None, got 3.5"):
        open_run(run, chunks=3.5)


def test_runs_are_opened_without_a_change_of_the_settings_of_zarr(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those of the whole process: other threads would see them. Saved again, the names are zarr's own."""
    monkeypatch.setattr(zarr.config, "set", None)
    tree = open_run(run)
    assert isinstance(tree["outcomes"]["theta"].encoding["compressors"][0], SizedBlosc)
    tree["outcomes"]["theta"].to_dataset().to_zarr(tmp_path / "again", zarr_format=3, consolidated=False)
    (name,) = [c["name"] for c in json.loads((tmp_path / "again/theta/zarr.json").read_text())["codecs"][1:]]
    assert name == "blosc"


def test_a_table_with_the_ends_of_lines_of_windows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\r\n1,2\r\n")
    problems: list[Problem] = []
    assert [dict(row) for _, row in read_rows(tmp_path, "t", ("a", "b"), problems).rows] == [{"a": "1", "b": "2"}]
    assert not problems
