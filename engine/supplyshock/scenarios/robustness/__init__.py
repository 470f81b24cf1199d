"""The file of a robustness study: policies, futures and measures."""
