"""The picture of the architecture is of today's code."""

from __future__ import annotations

import copy
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "docs/draw_architecture.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_architecture", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_of_today(script: ModuleType) -> None:
    assert script.differences(json.loads(script.COUNTS.read_text()), script.count_imports()) == []


def test_every_room_and_package_has_its_place(script: ModuleType) -> None:
    counts = script.count_imports()
    assert set(counts["rooms"]) <= script.ROOMS.keys() | script.UNDRAWN
    assert script.ROOMS.keys() <= set(counts["rooms"])
    assert list(script.PURPOSES) == counts["layers"]


def test_a_stale_picture_is_seen(script: ModuleType) -> None:
    drawn = json.loads(script.COUNTS.read_text())
    now = copy.deepcopy(drawn)
    now["imports"]["common > cli"] = 2
    now["imports"]["execution > store"] *= 2
    del now["modules"]["studies"]
    changes = script.differences(drawn, now)
    assert [line.split(":")[0] for line in changes] == [
        "modules, studies",
        "imports, common > cli",
        "imports, execution > store",
    ]
