# Overwinter's everyday commands. `make` or `make help` lists them.
#
# PYTHON names the interpreter that .venv is built with (3.11 or newer); every other setting is the program's own and is
# listed in README.md.

PYTHON ?= python3
PYTEST_WORKERS ?= 2
SECONDS ?= 600

export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-storm check bench bench-large browser format lock messages screenshots venv venv-dev

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: venv ## build .venv, start everything with a small demonstration, and print the address (Ctrl-C stops it)
	@exec .venv/bin/overwinter demo

test: venv-dev ## run the tests (at most ten minutes)
	@requirements/browser.sh --tell
	.venv/bin/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal -m "not long" tests

test-long: venv-dev ## run the tests that take longer (crashes under load, large data)
	@requirements/browser.sh --tell
	.venv/bin/python -m pytest -m long tests

check: venv-dev ## lint, formatting, types and import order
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy --strict domain history
	.venv/bin/mypy projections api
	.venv/bin/lint-imports

bench: venv-dev ## measure, and write benchmarks/results.json
	.venv/bin/python -m benchmarks

bench-large: venv-dev ## the same, and a history of a million facts (a quarter of an hour)
	.venv/bin/python -m benchmarks --large

browser: ## install the browser that the page tests drive (needs root on Debian)
	@requirements/browser.sh

messages: venv-dev ## collect the messages of code and templates into the catalogues of translations
	.venv/bin/python -m tests.locales.collecting

screenshots: venv-dev ## take a picture of every page, wide and narrow, light and dark, in every language, into .screenshots
	@requirements/browser.sh --tell
	.venv/bin/python -m tests.pages.screenshots

test-storm: venv-dev ## let a storm of writers, cuts and kills rage over the history (SECONDS=600, twice)
	STORM_SECONDS=$(SECONDS) .venv/bin/python -m pytest -m long tests/history/test_storm.py

format: venv-dev ## format the code and mend what the linter can mend
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock: ## resolve requirements/*.in into the hashed lists (needs uv)
	cd requirements && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url dev.in -o dev.txt
	cd requirements && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url -c dev.txt runtime.in -o runtime.txt

# .venv holds what requirements/*.txt say; install.sh does nothing when it already does.
.venv: venv

venv:
	@requirements/install.sh runtime

venv-dev:
	@requirements/install.sh dev
