"""Places: every option that takes one knows addresses, and refuses those that nobody serves before anything starts."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from copy import copy
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from supplyshock.cli import main
from supplyshock.cli.places import LocalPath, OutputFile, Place
from supplyshock.cli.run_options import ConfigName
from supplyshock.common.errors import ConfigError, StoreError, UsageError
from supplyshock.common.places import SERVED, local_path, scheme_of
from supplyshock.reporting.page.write import write_report
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.store.atomic_files import check_writable, file_errors, write_text, write_whole
from supplyshock.store.object_store.address import SERVICES, Address, folder_of, place_of
from supplyshock.store.object_store.bucket import connect
from support.command import invoke, said

PATHLIKE = ("DIR", "FILE", "CSV", "MD", "JSON", "RUN", "F", "CONFIG", "BASE", "FOLDER")
NO_PLACE = {"--command", "--dask", "--like"}
"""A program, the address of a scheduler."""


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


def places() -> list[tuple[tuple[str, ...], click.Parameter]]:
    return [
        (words, p)
        for words, command in commands(main)  # type: ignore[arg-type]
        for p in command.params
        if isinstance(p.type, (LocalPath, ConfigName))
    ]


def test_no_option_takes_a_place_past_the_types() -> None:
    for words, command in commands(main):  # type: ignore[arg-type]
        for p in command.params:
            bare = isinstance(p.type, (click.Path, click.File)) and not isinstance(p.type, LocalPath)
            metavar = (p.metavar or "").strip("[].").partition(".")[0]
            untyped = metavar in PATHLIKE and not isinstance(p.type, (LocalPath, ConfigName))
            assert not bare, (words, p.opts)
            assert not untyped or set(p.opts) & NO_PLACE, (words, p.opts, p.metavar)
    assert len(places()) > 40


@pytest.mark.parametrize("address", ["ftp://host/x", "HTTPS://host/x.png", "gcs://bucket/x.csv", "s3a://b/x"])
def test_every_place_refuses_what_is_not_served(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words, p in places():
        value = f"{address}.png"
        answer = CliRunner().invoke(_only(p), [f"{p.opts[0]}={value}"] if p.opts[0].startswith("-") else [value])
        assert answer.exit_code == 2, (words, p.opts, answer.output)
        expected = ("gs://BUCKET/KEY", "az://") if isinstance(p.type, Place) else ("a path on this machine",)
        assert all(part in answer.stderr for part in expected), (words, p.opts, answer.stderr)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("scheme", ["s3", "gs", "AZ"])
def test_every_place_takes_the_address_or_says_that_it_needs_a_path(scheme: str) -> None:
    for words, p in places():
        context = click.Context(click.Command("x"))
        text = f"{scheme}://runs/x.png"
        if isinstance(p.type, Place):
            assert p.type.convert(text, p, context) == Address(scheme.lower(), "runs", "x.png"), words
            continue
        with pytest.raises((click.BadParameter, UsageError), match="needs a path"):
            p.type.convert(text, p, context)


def test_file_addresses_are_paths(tmp_path: Path) -> None:
    context = click.Context(click.Command("x"))
    for words, p in places():
        path = p.type.convert(f"FILE://{tmp_path}/a%20b.png", p, context)
        assert str(path) == f"{tmp_path}/a b.png", (words, p.opts)


def _only(p: click.Parameter) -> click.Command:
    """A command with this parameter alone, whose errors have codes as those of `supplyshock`."""
    p = copy(p)
    p.required = True
    return click.Command("x", params=[p], callback=lambda **_: None)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("s3://b/k", "s3"), ("S3://b/k", "s3"), (" gs://b/k", "gs"), ("file:///x", "file"), ("https://h/x", "https"),
        ("C://runs", ""), (r"C:\runs", ""), ("a:b", ""), ("runs/s3://x", ""), ("12:30", ""), ("s3:", ""),
        ("s3:/b/k", ""),        ("x+y://z", "x+y"), ("run: one", ""), ("", ""),
    ],
)  # fmt: skip
def test_schemes(text: str, scheme: str) -> None:
    assert scheme_of(text) == scheme


@pytest.mark.parametrize(
    "text", ["file://host/x", "file://", "file:///a%00b", "", "  ", "s3://b/k", "gs://b/k", "http://h/x"]
)
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(UsageError):
        local_path(text)


def test_paths() -> None:
    assert local_path("file://localhost/a/b%C3%A9") == Path("/a/bé")
    assert local_path("a:b/c") == Path("a:b/c")
    for lost in ("s3://b/k", "GS://b/k", "file:///x", "https://h/x"):
        with pytest.raises(UsageError, match="loses a slash"):
            local_path(Path(lost))
    assert local_path(Path("run:1/x")) == Path("run:1/x")


def test_addresses() -> None:
    assert tuple(SERVICES) == SERVED
    assert place_of("GS://runs/a/results.zarr/") == Address("gs", "runs", "a")
    assert str(place_of("Az://runs/a")) == "az://runs/a"
    for text in ("az://runs", "gs://runs/../x", "s3://key:secret@runs/a", "s3:///x", "gs://runs/a?version=1"):
        with pytest.raises(UsageError, match="not an address of a run"):
            place_of(text)
    with pytest.raises(UsageError, match="did you mean 'gs'"):
        place_of("gcs://runs/a")
    with pytest.raises(UsageError, match="needs a folder"):
        folder_of("az://runs/a", "this")


def test_each_service_has_its_store(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    for scheme, kind in (("s3", "S3Store"), ("gs", "GCSStore"), ("az", "AzureStore")):
        store = connect(Address(scheme, "runs", "a/b"), "results.zarr")
        assert type(store).__name__ == kind
        assert store.prefix == "a/b/results.zarr"
        assert "runs" in repr(store)  # which zarr calls
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME")
    answer = invoke("status", "az://runs/a")
    assert answer.exit_code == 2 and "AZURE_STORAGE_ACCOUNT_NAME" in said(answer)


def test_an_empty_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = invoke("run", "status_quo", "--paths", "10", "--out", "")
    assert answer.exit_code == 2 and "is a variable not set?" in said(answer)
    assert not list(tmp_path.iterdir())


def test_configs_name_paths_only(tmp_path: Path) -> None:
    for key in ("base", "data"):
        file = tmp_path / f"{key}.yaml"
        file.write_text(f"{key}: gs://bucket/x\n", encoding="utf-8")
        with pytest.raises(ConfigError, match=rf"{key}.yaml:1: {key}: .*gs://bucket/x"):
            load_scenario(file)
    file.write_text(f"base: {(tmp_path / 'b.yaml').as_uri()}\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("base: status_quo\nweeks: 7\n", encoding="utf-8")
    assert load_scenario(file).weeks == 7
    with pytest.raises(UsageError, match="a config needs a path"):
        load_scenario("s3://bucket/x.yaml")


def test_pages_from_python_too() -> None:
    with pytest.raises(UsageError, match="a page needs a path"):
        write_report(None, "s3://bucket/x.html")  # type: ignore[arg-type]


class TestFilesThatAreWritten:
    def test_what_cannot_be_written_is_said_before_anything_starts(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for place, why in ((tmp_path, "Is a directory"), (tmp_path / "file" / "x.csv", "Not a directory")):
            with pytest.raises(StoreError, match=why):
                check_writable(place)
        with pytest.raises(StoreError, match="name too long"):
            check_writable(tmp_path / ("x" * 300))
        check_writable(tmp_path / "new" / "x.csv")
        answer = invoke("bench", "-o", tmp_path / "file" / "x.json")
        assert answer.exit_code == 74 and "cannot write the file" in said(answer)
        assert [p.name for p in tmp_path.iterdir()] == ["file"]

    def test_links_are_followed_and_rights_stay(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        target.write_text("old", encoding="utf-8")
        target.chmod(0o640)
        link.symlink_to(target)
        write_text(link, "new")
        assert link.is_symlink() and target.read_text(encoding="utf-8") == "new"
        assert target.stat().st_mode & 0o777 == 0o640
        assert len(list(tmp_path.iterdir())) == 2

    def test_a_pipe_is_written_and_not_replaced(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        check_writable(tmp_path / "pipe")
        write_whole(tmp_path / "pipe", b"rows")
        assert os.read(reader, 10) == b"rows"
        os.close(reader)
        assert (tmp_path / "pipe").is_fifo()

    def test_names_that_are_no_utf8_stay_what_they_are(self, tmp_path: Path) -> None:
        write_text(tmp_path / "script", os.fsdecode(b"--out \xff"))
        assert (tmp_path / "script").read_bytes() == b"--out \xff"

    def test_a_failure_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_text(tmp_path / "x.csv", "text")
        assert not list(tmp_path.iterdir())


def test_output_files_are_all_checked() -> None:
    outputs = {(*words, p.opts[0]) for words, p in places() if isinstance(p.type, OutputFile)}
    expected = {("show", "--csv"), ("show", "--figure"), ("report", "-o"), ("slurm", "-o"), ("bench", "-o"),
                ("calibrate", "policy", "--out"), ("losses", "--page"), ("hindcast", "--figure")}  # fmt: skip
    assert expected <= outputs


def test_links_in_a_circle_and_limits_of_size_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(StoreError, match="links lead in a circle"):
        check_writable(tmp_path / "a")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(StoreError, match="ulimit -f"), file_errors(tmp_path / "x"):
            write_text(tmp_path / "x", "text" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_the_cache_is_a_place_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = invoke("measures", env={"SUPPLYSHOCK_CACHE_DIR": "s3://bucket/cache"})
    assert answer.exit_code == 2 and "SUPPLYSHOCK_CACHE_DIR needs a path" in said(answer)
    assert invoke("measures", env={"SUPPLYSHOCK_CACHE_DIR": tmp_path.as_uri()}).exit_code == 0
