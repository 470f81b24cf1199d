"""From a config file and a data set to the arrays of one simulation, with every error named by file, line and key."""
