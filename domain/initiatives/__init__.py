"""The installation, which has administrators, and its initiatives (the tenants), which have members with roles.

The facts are in `facts`, the states folded from them in `state`, and the rules in `rules`.
"""
