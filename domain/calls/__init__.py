"""A call: what an initiative invites artists to apply for, by which form, rubric and limits.

The facts stand in `facts`, what they add up to in `state`, what may happen in `rules`.
"""
