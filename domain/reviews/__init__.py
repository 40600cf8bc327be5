"""A review: one juror's work on one application, from the question about conflicts of interest to the scores.

The facts stand in `facts`, what they add up to in `state`, the arithmetic in `scores`; the rules in `assigning` (who reads
what) and `writing` (what a review contains).
"""
