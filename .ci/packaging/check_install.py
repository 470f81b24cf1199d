"""Builds the packages, installs the wheel on each Python of this machine and uses it: ``make check-install``.

    python .ci/packaging/check_install.py                       # 3.11 to 3.14, those that are here
    python .ci/packaging/check_install.py --python /opt/py/bin/python3.13 --dist dist

The wheel is made from the source distribution, as package indexes and conda do. Each Python gets an environment with
the wheel and none of the extras, and a folder outside the checkout to run in. Exit code 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
NEEDED = (
    "supplyshock/__init__.py", "supplyshock/__init__.pyi", "supplyshock/py.typed", "supplyshock/cli/cite.py",
    "supplyshock/_configs/base.yaml", "supplyshock/_configs/parameter_spread.csv",
    "supplyshock/_configs/data/dataset.yaml", "supplyshock/_configs/data/states/first_day.npz",
    "supplyshock/reporting/page/assets/page.html", "supplyshock_kernels/py.typed",
)  # fmt: skip
UNWANTED = re.compile(
    r"(^|/)(raw|tests?|docs|benchmarks|packaging|\.ci|runs|__pycache__|\.git|\.venv)/|build_data\.py$|\.nb[ic]$"
)
TOP = re.compile(r"(supplyshock|supplyshock_kernels|supplyshock-[^/]+\.dist-info)/")
SOURCE_NEEDED = ("pyproject.toml", "CITATION.cff", "configs/build_data.py", "tests/conftest.py", "docs/model.md")

SMALL = ("run", "status_quo", "swap_deal", "--paths", "64", "--weeks", "12", "--quiet")
USES = (
    ("doctor",),
    (*SMALL, "--out", "numba"),
    (*SMALL, "--out", "jax", "--backend", "jax"),
    ("show", "numba"),
    ("report", "numba", "-o", "page.html"),
    ("cite", "numba"),
)
"""Commands that need no extra."""
PROGRAM = """
import supplyshock as ss
assert "site-packages" in ss.__file__, ss.__file__
run = ss.open_run("numba")
assert run["outcomes"].sizes["path"] == 64
print(ss.__version__, ss.compare(run, measure="loss:US").shape)
"""
EXTRAS = {
    "cloud": ("status", "s3://bucket/run"),
    "dask": (*SMALL, "--out", "dask", "--dask", "local"),
    "sensitivity": ("sensitivity", "status_quo", "--vary", "priors.parts", "--points", "8", "--out", "sobol"),
    "calibrate": ("calibrate", "markets", "--out", "fit", "--generations", "1"),
    "cuda12": (*SMALL, "--out", "gpu", "--backend", "jax", "--device", "gpu"),
}
"""A command that needs each extra."""


class Failed(Exception):
    """A check that did not pass."""


def call(command: Sequence[object], cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A finished process, whatever its exit code."""
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def must(command: Sequence[object], cwd: Path, env: dict[str, str] | None = None) -> str:
    """Stdout of a command. Raises `Failed` where it fails."""
    process = call(command, cwd, env)
    if process.returncode:
        words = " ".join(map(str, command))
        raise Failed(f"{words[:160]}: exit code {process.returncode}\n{process.stdout[-800:]}{process.stderr[-2500:]}")
    return process.stdout


def make_environment(python: Path | str, folder: Path) -> Path:
    """A new environment; its Python."""
    must([python, "-m", "venv", "--clear", folder], folder.parent)
    return folder / "bin" / "python"


def install(python: Path, *requirements: object) -> None:
    """Installs with pip. Raises `Failed`."""
    must([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements], python.parents[2])


def build(scratch: Path, dist: Path) -> tuple[Path, Path]:
    """The source distribution, and the wheel that is made from it."""
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    python = make_environment(sys.executable, scratch / "builder")
    install(python, *requires)
    made = scratch / "made"
    must([python, "-m", "hatchling", "build", "-t", "sdist", "-d", made], ROOT)
    (source,) = made.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(scratch / "source", filter="data")
    (unpacked,) = (scratch / "source").iterdir()
    must([python, "-m", "hatchling", "build", "-t", "wheel", "-d", made], unpacked)
    (wheel,) = made.glob("*.whl")
    dist.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy2(source, dist)), Path(shutil.copy2(wheel, dist))


def version_of(package: Path) -> str:
    """The version in the name of a source distribution or wheel."""
    return package.name.removesuffix(".tar.gz").split("-")[1]


def wheel_problems(names: Iterable[str]) -> Iterator[str]:
    """What a wheel lacks, and what it has and should not."""
    names = list(names)
    yield from (f"the wheel lacks {name}" for name in NEEDED if name not in names)
    yield from (f"the wheel contains {name}" for name in names if UNWANTED.search(name) or not TOP.match(name))


def source_problems(names: Iterable[str]) -> Iterator[str]:
    """The same for a source distribution, whose names begin with its own."""
    names = [name.partition("/")[2] for name in names]
    yield from (f"the source distribution lacks {name}" for name in SOURCE_NEEDED if name not in names)
    if not any(name.startswith("configs/data/raw/") for name in names):
        yield "the source distribution lacks the raw data"
    yield from (
        f"the source distribution contains {n}" for n in names if re.search(r"__pycache__|^docs/_build|^runs/", n)
    )


def check_packages(source: Path, wheel: Path) -> None:
    """Raises `Failed` where the contents or the versions are wrong."""
    with tarfile.open(source) as archive:
        problems = list(source_problems(archive.getnames()))
    with zipfile.ZipFile(wheel) as contents:
        problems += wheel_problems(contents.namelist())
    if version_of(source) != version_of(wheel):
        problems.append(f"the versions differ: {version_of(source)} and {version_of(wheel)}")
    if problems:
        raise Failed("\n".join(problems))


def find_python(version: str) -> Path | None:
    """A Python of that version on PATH or of pyenv that starts."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    places = [Path(p) / f"python{version}" for p in os.environ.get("PATH", "").split(os.pathsep)]
    places += sorted(pyenv.glob(f"{version}*/bin/python"), reverse=True)
    test = f"import sys, venv, ensurepip; assert '%d.%d' % sys.version_info[:2] == '{version}'"
    usable = (p for p in places if os.access(p, os.X_OK) and call([p, "-c", test], Path.cwd()).returncode == 0)
    return next(usable, None)


def use(python: Path | str, wheel: Path, scratch: Path) -> None:
    """Installs the wheel and uses it. Raises `Failed`."""
    own, work = make_environment(python, scratch / "env"), scratch / "work"
    work.mkdir()
    install(own, wheel)
    must([own, "-m", "pip", "check"], work)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SUPPLYSHOCK", "VIRTUAL_ENV"))}
    env |= {"SUPPLYSHOCK_CACHE_DIR": str(scratch / "cache")}
    command = own.parent / "supplyshock"
    printed = must([command, "--version"], work, env).split()[-1]
    if printed != version_of(wheel):
        raise Failed(f"--version prints {printed}, and the wheel is {version_of(wheel)}")
    for words in USES:
        must([command, *words], work, env)
    must([own, "-c", PROGRAM], work, env)
    for extra, words in EXTRAS.items():
        process = call([command, *words], work, env)
        if problem := extra_problem(extra, process.returncode, process.stderr):
            raise Failed(f"{' '.join(words)}, without the extra {extra}: {problem}\n{process.stderr[-1500:]}")


def extra_problem(extra: str, code: int, stderr: str) -> str:
    """What is wrong with how a command behaves without its extra; empty: nothing."""
    errors = [line for line in stderr.splitlines() if line.startswith("Error: ")]
    if code not in (2, 65, 69):
        return f"exit code {code}"
    if len(errors) != 1 or "Traceback" in stderr:
        return "not one clear error"
    return "" if f"supplyshock[{extra}]" in errors[0] else "the error does not name the extra"


def main(arguments: Sequence[str] | None = None) -> int:
    """Checks; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", action="append", help="an interpreter, in place of those that are found")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="folder for the packages (dist)")
    given = parser.parse_args(arguments)
    pythons = {name: name for name in given.python} if given.python else {v: find_python(v) for v in PYTHONS}
    failed = False
    with tempfile.TemporaryDirectory(prefix="check-install-") as name:
        source, wheel = build(Path(name), given.dist)
        check_packages(source, wheel)
        print(f"built    {source.name}, and the wheel from it", flush=True)
        for label, python in pythons.items():
            if python is None:
                print(f"absent   Python {label}", flush=True)
                continue
            scratch, began = Path(name) / f"python-{len(os.listdir(name))}", time.perf_counter()
            scratch.mkdir()
            try:
                use(python, wheel, scratch)
                print(f"sound    Python {label}: {python} ({time.perf_counter() - began:.0f} s)", flush=True)
            except Failed as problem:
                failed = True
                print(f"FAILED   Python {label}: {problem}", flush=True)
    return int(failed or not any(pythons.values()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as problem:
        sys.exit(str(problem))
