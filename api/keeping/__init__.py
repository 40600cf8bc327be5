"""Keeping an installation: backups, and what remains after an erasure."""
