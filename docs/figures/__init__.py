"""Committed artefacts: figures, tables and console blocks of the pages, how each is made, and which are stale."""
