"""docs/notebook.ipynb runs from top to bottom on a small run, and is stored without outputs."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from support.command import small_run

__all__ = ["small_run"]

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


@pytest.fixture
def folder(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``runs/first`` in it, and a kernel that is this Python."""
    (tmp_path / "runs").mkdir()
    shutil.copytree(small_run, tmp_path / "runs" / "first")
    spec = tmp_path / "share" / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        f'{{"argv": ["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"],'
        ' "display_name": "Python 3", "language": "python"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    return tmp_path


def execute(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    return client.execute()


def test_it_runs_and_every_cell_of_code_shows_something(folder: Path) -> None:
    done = execute(nbformat.read(NOTEBOOK, as_version=4), folder)
    cells = [cell for cell in done.cells if cell.cell_type == "code"]
    assert len(cells) > 5
    for cell in cells:
        assert cell.outputs, cell.source
        assert not [o for o in cell.outputs if o.get("name") == "stderr"], cell.source
    assert sum("image/png" in o.get("data", {}) for cell in cells for o in cell.outputs) == 2


def test_a_wrong_cell_would_be_found(folder: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells = [notebook.cells[1], nbformat.v4.new_code_cell("ss.cvar(run, 'los:US')")]
    with pytest.raises(CellExecutionError, match="did you mean 'loss'"):
        execute(notebook, folder)


def test_it_is_stored_small_and_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert NOTEBOOK.stat().st_size < 20_000
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
