"""Calibration of the markets: simulated method of moments over the targets of the back-test, on the same luck."""
