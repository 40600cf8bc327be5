"""A grant: what was awarded, from the offer to the last payment.

The facts are in `facts`, the state folded from them in `state`, and the rules in `rules`.
"""
