"""What is measured, and the rehearsal with real grants. `python -m benchmarks` and `python -m benchmarks.rehearse`."""
