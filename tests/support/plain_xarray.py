"""What somebody with xarray alone does with results: ``python -m support.plain_xarray RESULTS.zarr COPY.zarr``."""

from __future__ import annotations

import sys

import xarray as xr


def main() -> None:
    """Opens results, looks at every variable, writes a part as a store of its own, prints the run's number."""
    tree = xr.open_datatree(sys.argv[1], engine="zarr")
    assert not any(name.startswith("supplyshock") for name in sys.modules)
    for node in tree.subtree:
        for name, v in {**node.dataset.variables}.items():
            assert v.attrs.get("long_name") or name == "time", (node.path, name)
            assert v.attrs.get("units") or v.encoding.get("units"), (node.path, name)
            v.load()
            if name in node.dataset.dims:
                assert name in node.dataset.coords
        without = set(node.dataset.dims) - set(node.dataset.coords)
        assert without <= {"path", "figure", "recipe", "member", "state"}, (node.path, without)
    where = {"scenario": "swap_deal", "market": "Dy", "bloc": "XC", "time": "2026-01-12"}
    one = tree["summary"]["price_ratio_quantile"].sel(where)
    assert one.dims == ("quantile",)
    assert (one.diff("quantile") >= 0).all()
    frame = tree["outcomes"]["loss_usd_bn"].sel(party="US").isel(path=slice(3)).to_dataframe()
    assert not frame.empty
    part = tree["outcomes"].to_dataset().isel(scenario=0, path=slice(10))
    part.to_zarr(sys.argv[2], consolidated=False, zarr_format=3)
    print(tree.attrs["run"])


if __name__ == "__main__":
    main()
