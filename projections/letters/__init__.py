"""Which letters a fact gives rise to, to whom, and what may be told to each at a moment."""
