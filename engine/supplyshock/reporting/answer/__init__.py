"""The answer of a run on one screen: five sentences, and a table of the figures behind them."""
