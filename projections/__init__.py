"""What can be asked: read models built from the history, each with its tables, its handlers and its queries."""
