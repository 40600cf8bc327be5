"""Read models built from the history: for each its tables, a function that folds facts into their rows, and queries."""
