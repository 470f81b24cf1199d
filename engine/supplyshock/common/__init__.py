"""What every other package uses: errors, progress, signals, threads, numbers in text. Imports none of them."""
