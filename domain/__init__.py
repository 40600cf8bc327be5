"""The domain: facts, states, rules and access.

Pure code: no input or output, no clock, no randomness and no framework. It needs only the standard library, msgspec and
a few libraries of data, so every rule can be read and tested by itself.
"""
