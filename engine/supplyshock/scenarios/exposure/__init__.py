"""The book of one firm: a file with its use, its stocks and its options."""
