"""Read models, built from the history. For each: its tables, a function that folds facts into their rows, and
queries."""
