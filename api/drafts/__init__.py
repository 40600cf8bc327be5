"""Drafts of long forms: saved while somebody writes, sealed, and merged when two devices wrote."""
