"""Runs docs/notebook.ipynb from top to bottom and stores its outputs, with nothing in them of the machine.

python docs/figures/notebook.py          # `make figures ONLY=notebook` runs it in a scratch copy
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from supplyshock.common.errors import ConfigError

FILE = "docs/notebook.ipynb"
ROOT = Path(__file__).resolve().parents[2]
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""Of a notebook, without the version of a machine."""
BY_CHANCE = "xr-"
"""In HTML that xarray draws with random names in it; its text says the same."""
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b|(?<![\w.])/(?:tmp|home|root|work|Users|dev/shm)/")


def execute(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, run in a folder by a kernel that is this Python."""
    with tempfile.TemporaryDirectory() as jupyter, _environment(Path(jupyter)):
        resources = {"metadata": {"path": str(folder)}}
        client = NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources=resources, record_timing=False, allow_errors=False
        )
        return client.execute()


@contextmanager
def _environment(jupyter: Path) -> Iterator[None]:
    """A kernel of this Python, which draws into the notebook."""
    spec = jupyter / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, **METADATA["kernelspec"]}), encoding="utf-8")
    changes = {
        "JUPYTER_PATH": str(jupyter),
        "IPYTHONDIR": str(jupyter / "ipython"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def cleaned(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Without what differs from run to run. Raises `ConfigError` for a path, a host or an address that is left."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict({})
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if BY_CHANCE in data.get("text/html", ""):
                del data["text/html"]
            _require_no_machine(output, f"cell {number}", folder)
    return notebook


def _require_no_machine(output: Mapping[str, object], where: str, folder: Path) -> None:
    data = output.get("data", {})
    texts = {k: v for k, v in data.items() if k != "image/png"} if isinstance(data, Mapping) else {}
    text = json.dumps([texts, output.get("text", "")])
    words = [str(folder)] if str(folder) in text else re.findall(rf"\b{re.escape(socket.gethostname())}\b", text)
    if hit := ADDRESS.search(text):
        words.append(hit[0])
    if words or output.get("name") == "stderr":
        got = ", ".join(words) or str(output.get("text"))[:80]
        raise ConfigError(
            "an output speaks of the machine", where=f"{FILE}, {where}", expected="results alone", got=got
        )


def main(root: Path = ROOT) -> None:
    """Runs the notebook of a project in a folder of its own, and writes it back."""
    file = root / FILE
    notebook = nbformat.read(file, as_version=4)
    with tempfile.TemporaryDirectory(prefix="notebook-") as folder:
        done = cleaned(execute(notebook, Path(folder)), Path(folder))
    nbformat.validate(done)
    nbformat.write(done, file)


if __name__ == "__main__":
    main()
