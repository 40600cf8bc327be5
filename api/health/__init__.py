"""How an installation is: health, doctor and metrics."""
