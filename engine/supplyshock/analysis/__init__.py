"""Reads results: fans, tail risks, paired differences, ranks. Plain functions on plain Datasets and DataTrees.

`supplyshock` has those for users, and `supplyshock.analysis.accessor` has them as methods. Nothing is imported here,
so that a command loads only what it needs.
"""
