"""What happened, kept for ever: append, read, seal, commit; and the command runner, the one way in."""
