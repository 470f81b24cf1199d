"""Presents results to people: pages, plots and stories of single paths."""
