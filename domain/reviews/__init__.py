"""A review: one juror's work on one application, from the question about conflicts of interest to the scores.

The facts are in `facts`, the state folded from them in `state`, the calculation of scores in `scores`, and the rules in
`assigning` (who reviews what) and `writing` (what a review contains).
"""
