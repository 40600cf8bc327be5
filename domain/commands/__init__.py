"""The commands: what can be asked for. Each file holds the requests and the plans of one concept; `register` lists all."""
