"""The folder of a run: results.zarr, its journal, its manifest, logs of the commands that worked on it."""

RESULTS, JOURNAL, LOGS, WORKERS = "results.zarr", "journal", "logs", "workers"
