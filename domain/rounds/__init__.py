"""A round: one of a call's stages with its dates, from the first application to the decision.

The facts stand in `facts`, what they add up to in `state`, what may happen in `rules`.
"""
