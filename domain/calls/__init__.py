"""A call: what an initiative invites artists to apply for, with its forms, rubrics and limits.

The facts are in `facts`, the state folded from them in `state`, and the rules in `rules`.
"""
