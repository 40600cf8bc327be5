"""A person: registered, known by a handle within each call or fund, and erased for good when asked.

The facts are in `facts`, the state folded from them in `state`, and the rules in `rules`.
"""
