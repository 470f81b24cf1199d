"""Goes on from the states that paths of a finished run had on a date."""
