"""Ways in: API tokens and page sessions. Sign-in secrets are no facts; they live in tables of their own."""
