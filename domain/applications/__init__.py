"""An application: what an artist submitted to a call, and what was decided about it.

The facts are in `facts`, the state folded from them in `state`, and the rules in `rules`.
"""
