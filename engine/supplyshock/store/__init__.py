"""The folder of a run: results.zarr, its journal and its manifest."""
