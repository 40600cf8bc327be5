"""What people type into the inputs of forms, on pages and in drafts by JSON: read into answers and commands."""
