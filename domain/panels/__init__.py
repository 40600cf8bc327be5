"""A panel: the jury's decision on a round, from a fixed ranking to an outcome for every application.

The facts are in `facts`, the state folded from them in `state`, the ranking in `ranking`, the rules for outcomes in
`outcomes`, and all other rules in `rules`.
"""
