"""Access to the program: tokens, page sessions and sign-in claims. Secrets are not facts; they have their own tables."""
