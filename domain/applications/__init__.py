"""An application: what an artist submitted to a call, and what became of it.

The facts stand in `facts`, what they add up to in `state`, what may happen in `rules`.
"""
