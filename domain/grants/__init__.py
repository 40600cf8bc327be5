"""A grant: what was awarded, from the offer to the last settled payment.

The facts stand in `facts`, what they add up to in `state`, what may happen in `rules`.
"""
