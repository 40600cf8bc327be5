"""What may happen: facts, states, rules, and who may do what.

Pure code: no input or output, no clock, no randomness and no framework. It needs only the standard library and
msgspec, so every rule can be read, and tested, by itself.
"""
