"""Writes docs/calibration.md anew from the tables of the stored fit; its line about the search stays as it is."""

from __future__ import annotations

from pathlib import Path

from supplyshock.calibration.markets.market_report import page

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs/calibration.md"


def main() -> None:
    """Reads the tables and the old page, writes the new one."""
    tables = [(ROOT / f"configs/calibration_{name}.csv").read_text(encoding="utf-8") for name in ("fits", "parameters")]
    lines = FILE.read_text(encoding="utf-8").splitlines()
    search = next(line for line in lines if "Sum of squares" in line).partition(" Sum of squares")[0]
    FILE.write_text(page(tables[0], tables[1], search), encoding="utf-8")


if __name__ == "__main__":
    main()
