"""The data folder: its tables, labels and sources, read and checked."""
