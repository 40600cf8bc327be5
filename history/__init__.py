"""The permanent history: appending, reading, sealing and committing facts, and the command runner that writes them."""
