"""Runs as job arrays of Slurm: the batch script, and sending it."""
