"""Many scenarios at once, each reduced to a few numbers: sweeps, sensitivities, bargains."""
