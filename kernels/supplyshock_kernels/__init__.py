"""Pure numbers: the model, its random numbers, its backends. Knows no files, no names, no units."""
