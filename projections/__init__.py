"""What can be asked: read models built from the history, each with its tables, a function that folds facts into their rows,
and its queries."""
