"""docs/notebook.ipynb runs from top to bottom, and is stored with outputs in which nothing is of a machine."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
import pytest
from figures.notebook import BY_CHANCE, METADATA, cleaned, execute
from nbclient.exceptions import CellExecutionError

from supplyshock.common.errors import ConfigError

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"
PATHS, FEW = "PATHS = 20_000", "PATHS = 600"


@pytest.fixture
def stored() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_it_runs_on_few_paths_and_shows_what_is_stored(stored: nbformat.NotebookNode, tmp_path: Path) -> None:
    """Every cell shows as many outputs, of the same kinds, as the stored one; other numbers, for other paths."""
    few = copy.deepcopy(stored)
    code_cells(few)[0].source = code_cells(few)[0].source.replace(PATHS, FEW)
    done = cleaned(execute(few, tmp_path), tmp_path)
    for mine, kept in zip(code_cells(done), code_cells(stored), strict=True):
        kinds = [[(o.output_type, *sorted(o.get("data", {}))) for o in cell.outputs] for cell in (mine, kept)]
        assert kinds[0] == kinds[1], kept.source
    assert code_cells(done)[1].outputs[0].data["text/plain"] == "(600, 104, True)"


def test_a_wrong_cell_would_be_found(stored: nbformat.NotebookNode, tmp_path: Path) -> None:
    stored.cells = [code_cells(stored)[0], nbformat.v4.new_code_cell("ss.open_run('runs/nowhere')")]
    with pytest.raises(CellExecutionError, match="no run here|no such|StoreError"):
        execute(stored, tmp_path)


def test_it_is_stored_small_with_outputs_of_no_machine(stored: nbformat.NotebookNode, tmp_path: Path) -> None:
    nbformat.validate(stored)
    assert NOTEBOOK.stat().st_size < 300_000
    assert stored.metadata == METADATA
    cells = code_cells(stored)
    assert PATHS in cells[0].source
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert cell.outputs, cell.source
        assert not cell.metadata
        assert BY_CHANCE not in str(cell.outputs)
    assert cleaned(copy.deepcopy(stored), tmp_path) == stored
    assert sum("image/png" in o.get("data", {}) for cell in cells for o in cell.outputs) == 3


@pytest.mark.parametrize("said", ["wrote /tmp/x/run", "<Axes at 0x7f3a2b1c9d10>", "{folder}/runs/first"])
def test_an_output_that_speaks_of_the_machine_is_refused(
    stored: nbformat.NotebookNode, said: str, tmp_path: Path
) -> None:
    output = nbformat.v4.new_output("stream", name="stdout", text=said.format(folder=tmp_path))
    code_cells(stored)[0].outputs = [output]
    with pytest.raises(ConfigError, match="cell 1: an output speaks of the machine"):
        cleaned(stored, tmp_path)
    code_cells(stored)[0].outputs = [nbformat.v4.new_output("stream", name="stderr", text="12 s")]
    with pytest.raises(ConfigError, match="speaks of the machine"):
        cleaned(stored, tmp_path)
