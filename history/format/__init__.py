"""The byte format of the history: stored documents, commitments, sealed fields and wrapped keys.

Pure functions on bytes: nothing here reads a clock, a file or a database. docs/history-format.md is the definition.
"""
