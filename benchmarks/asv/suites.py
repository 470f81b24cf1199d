"""The suites of `supplyshock bench` for airspeed velocity: `asv run --config benchmarks/asv.conf.json`."""

from supplyshock.benchmarking.suites import EndToEnd, Kernels, Markets, Scenarios, Store, Threads, Weeks, Workers

__all__ = ["EndToEnd", "Kernels", "Markets", "Scenarios", "Store", "Threads", "Weeks", "Workers"]
