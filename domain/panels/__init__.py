"""A panel: the jury's decision on a round, from a fixed ranking to an outcome for every application.

The facts stand in `facts`, what they add up to in `state`, the order of applications in `ranking`, what may be decided in
`outcomes`, and what else may happen in `rules`.
"""
