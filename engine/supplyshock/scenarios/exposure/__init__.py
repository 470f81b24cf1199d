"""The book of one firm: a file that says what it uses, holds, and would try."""
