"""Runs scenarios into a folder: planning, scheduling, blocks of paths, processes, Slurm and Dask."""
