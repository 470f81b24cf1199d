"""The wheel: what a package index would get and show. Building it needs a package index, as `make test` does."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    built = subprocess.run(command, text=True, capture_output=True, timeout=300, check=False)
    assert built.returncode == 0, built.stderr
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as opened:
        yield opened


def test_the_wheel_has_the_sources_and_the_configs_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    expected = {
        f"{package}/{file.relative_to(folder).as_posix()}"
        for package, folder in (
            ("supplyshock", ROOT / "engine/supplyshock"),
            ("supplyshock_kernels", ROOT / "kernels/supplyshock_kernels"),
            ("supplyshock/_configs", ROOT / "configs"),
        )
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    }
    left_out = {name for name in expected if name.startswith("supplyshock/_configs/data/raw/")}
    assert left_out
    assert names == expected - left_out - {"supplyshock/_configs/build_data.py"}


def test_the_page_of_the_package_needs_no_file_of_the_repository(wheel: zipfile.ZipFile) -> None:
    """No picture and no link that leads nowhere outside of it."""
    (name,) = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
    metadata = Parser().parsestr(wheel.read(name).decode())
    text = str(metadata.get_payload())
    assert metadata["Author"] == "The supplyshock authors"
    assert metadata["Author-email"] is None
    assert "supplyshock run status_quo" in text
    assert not re.findall(r"\]\((?!https?://)", text)
