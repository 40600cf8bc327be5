"""Health, doctor and metrics of an installation."""
