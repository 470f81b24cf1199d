"""From a checked config and data set to the arrays of the kernels; one module per group of `Params`."""
