"""Caches of compiled programs: they save time, and no fault of them ends a run or changes a number."""

from __future__ import annotations

import errno
import os
import random
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from supplyshock_kernels.backends import compile_cache
from supplyshock_kernels.backends.compile_cache import CacheWarning
from supplyshock_kernels.backends.jax_xla import program_cache
from supplyshock_kernels.backends.numba_cpu import kernel_cache
from supplyshock_kernels.backends.numba_cpu.compile_options import compiled_loop
from support.processes import run_code

NO_FOLDER = "/dev/null/cache"
"""What nobody can write, not even root."""


def twice(x: float) -> float:
    return x + x


def squared(x: float) -> float:
    return x * x


def no_user(number: int) -> None:
    raise KeyError(number)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test, and no private folder yet."""
    monkeypatch.setenv("SUPPLYSHOCK_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compile_cache, "_private", compile_cache._PrivateFolder())
    return tmp_path


def hits(function: object, x: object) -> int:
    """Calls a function that this process has not compiled yet; how many kernels came from the cache."""
    loop = compiled_loop(function)  # type: ignore[arg-type]
    assert loop(x) in (x + x, x * x)  # type: ignore[operator]
    return sum(loop.stats.cache_hits.values())


def test_a_kernel_is_kept_for_each_signature_in_a_file_of_its_own(cache: Path) -> None:
    """No index of files: two processes that write one at once may hand out one kernel for another."""
    for x in (np.float32(3), np.float64(3)):
        assert hits(twice, x) == 0
        assert hits(twice, x) == 1
    assert [len(list(cache.glob(f"kernels-*/*.twice-*{kernel_cache.ENDING}")))] == [2]
    assert not list(cache.rglob("*.partial"))


def test_a_damaged_kernel_is_not_executed_and_made_anew(cache: Path) -> None:
    hits(twice, 3.0)
    (file,) = cache.rglob("*.nbc")
    whole, chance = file.read_bytes(), random.Random(1)
    for _ in range(4):
        damaged, at = bytearray(whole), chance.randrange(len(whole))
        damaged[at] ^= 1 << chance.randrange(8)
        for data in (bytes(damaged), whole[:at], b""):
            file.write_bytes(data)
            assert hits(twice, 3.0) == 0
            assert hits(twice, 3.0) == 1


def test_without_a_folder_kernels_go_to_a_private_one_with_one_warning(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLYSHOCK_CACHE_DIR", NO_FOLDER)
    with pytest.warns(CacheWarning) as caught:
        assert [hits(twice, 3.0), hits(squared, 3.0), hits(twice, 3.0)] == [0, 0, 1]
    (warning,) = caught
    assert "Not a directory; set SUPPLYSHOCK_CACHE_DIR to a writable folder" in str(warning.message)
    assert Path(compile_cache.lend()).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_cache_that_takes_no_more_is_read_and_warned_of(
    number: int, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warm one that can only be read costs no word; a full one costs one."""
    hits(twice, 3.0)
    write = compile_cache._write_whole

    def full(path: Path, data: bytes) -> None:
        if path.is_relative_to(cache):
            raise OSError(number, os.strerror(number), str(path))
        write(path, data)

    monkeypatch.setattr(compile_cache, "_write_whole", full)
    assert hits(twice, 3.0) == 1
    with pytest.warns(CacheWarning, match=os.strerror(number)):
        assert hits(squared, 3.0) == 0
    assert hits(squared, 3.0) == 1
    (file,) = cache.rglob("*.nbc")
    file.write_bytes(b"damaged")
    assert hits(twice, 3.0) == 0


def test_without_any_temporary_folder_nothing_is_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPLYSHOCK_CACHE_DIR", NO_FOLDER)
    monkeypatch.setattr("tempfile.tempdir", NO_FOLDER)
    with pytest.warns(CacheWarning, match="kept in memory only"):
        assert hits(twice, 3.0) == 0
    assert hits(twice, 3.0) == 0


def test_a_process_that_is_started_uses_the_private_folder_of_its_parent(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLYSHOCK_CACHE_DIR", NO_FOLDER)
    place = Path(NO_FOLDER) / "kernels"
    folder = compile_cache.lend()
    with pytest.warns(CacheWarning):
        compile_cache.write_kept(place, "a", b"made by the parent")
    monkeypatch.setattr(compile_cache, "_private", compile_cache._PrivateFolder())
    assert compile_cache.read_kept(place, "a") is None
    compile_cache.borrow(folder)
    assert compile_cache.read_kept(place, "a") == b"made by the parent"
    compile_cache.write_kept(place, "b", b"made by the child")  # and no second warning
    assert (Path(folder) / "kernels" / "b").exists()


LEAVING = """
import os
from pathlib import Path
from supplyshock_kernels.backends import compile_cache
folder = Path(compile_cache.lend())
if os.fork() == 0:
    raise SystemExit(0)  # runs what is registered for the exit
os.wait()
print(folder, folder.is_dir())
"""


def test_the_private_folder_goes_with_the_process_that_made_it() -> None:
    """And not with one that it forked."""
    folder, there = run_code(LEAVING).stdout.split()
    assert there == "True"
    assert not Path(folder).exists()


def test_a_user_without_a_home_gets_no_folder_named_tilde(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPPLYSHOCK_CACHE_DIR")
    for variable in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", no_user)
    assert compile_cache.parent() == Path("/nonexistent")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_: "~/.cache/supplyshock")
    assert compile_cache.parent() == Path("/nonexistent")


def test_damaged_programs_of_jax_go_before_jax_sees_them(cache: Path) -> None:
    folder = cache / "jax"
    folder.mkdir()
    for name in ("whole", "cut", "changed"):
        (folder / f"{name}-cache").write_bytes(zlib.compress(name.encode() * 999))
    (folder / "cut-cache").write_bytes(b"x\x9c")
    assert program_cache.usable(folder) == folder
    assert {p.name for p in folder.glob("*-cache")} == {"whole-cache", "changed-cache"}
    (folder / "changed-cache").write_bytes(zlib.compress(b"other"))
    program_cache.usable(folder)
    assert {p.name for p in folder.iterdir()} == {"whole-cache", "whole-cache.sha256"}


def test_programs_of_jax_are_read_from_a_folder_that_takes_none(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = cache / "jax"
    folder.mkdir()
    (folder / "kept-cache").write_bytes(zlib.compress(b"program"))

    def full(place: Path, size: int) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(compile_cache, "check_writable", full)
    assert program_cache.usable(folder) == folder
    (folder / "cut-cache").write_bytes(b"x\x9c")
    with pytest.warns(CacheWarning, match="Read-only file system"):
        assert program_cache.usable(folder) == Path(compile_cache.lend()) / "jax"


JAX = """
from supplyshock_kernels.backends.jax_xla import program_cache
import jax
program_cache.keep_programs()
print(jax.config.jax_compilation_cache_dir, float(jax.jit(lambda x: x + x)(2.0)))
"""


def test_jax_computes_where_no_cache_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPLYSHOCK_CACHE_DIR", NO_FOLDER)
    ended = run_code(JAX)
    folder, value = ended.stdout.split()
    assert float(value) == 4
    assert Path(folder).name == "jax"
    assert not Path(folder).exists()
    assert ended.stderr.count("SUPPLYSHOCK_CACHE_DIR") == 1


def test_many_threads_make_one_private_folder(cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: compile_cache.lend(), range(64)))) == 1
