"""Forward scenarios against how often things happened: first moves, extremes, stops, truces, actions."""
