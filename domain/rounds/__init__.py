"""A round: one of a call's stages with its dates, from the first application to the decision.

The facts are in `facts`, the state folded from them in `state`, and the rules in `rules`.
"""
