"""Folding facts into rows: for each read model its tables, and the function that folds a fact into their rows.

These functions are pure: they depend only on the fact, its position and the present rows. If a row shows a stream's
state, it is computed by the domain's own `evolve` (`projections.rows.Shown`).
"""
