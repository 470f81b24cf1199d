"""What people read: pages, plots and stories of single paths."""
