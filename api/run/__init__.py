"""The processes: settings, wiring, serving, supervision, due dates, and the demonstration."""
