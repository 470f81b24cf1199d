"""Market calibration: simulated method of moments over the targets of the back-test, on common random numbers."""
