"""How facts become rows: for each read model its tables, and the function that folds a fact into their rows.

These functions are pure: they look at the fact, at its place and at the present rows, and at nothing else. Where a row shows
a stream's state, the domain's own `evolve` says what it is (`projections.rows.Shown`).
"""
