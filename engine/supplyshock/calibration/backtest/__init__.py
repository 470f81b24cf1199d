"""Simulated history: dated episodes, with the parameters of every scenario, against what was observed."""
