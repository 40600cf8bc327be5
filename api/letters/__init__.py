"""Letters by e-mail: written as messages, kept sealed in an outbox, and sent from there."""
