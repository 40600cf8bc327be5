"""The commands and their plans. Each file holds those of one concept; `register` lists them all."""
