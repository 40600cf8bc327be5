"""The JSON API over HTTP: from a request to a command or query, and from its answer to bytes."""
