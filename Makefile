# Overwinter's everyday commands. `make` or `make help` lists them.
#
# PYTHON is the interpreter for building .venv (3.11 or newer). The settings of the program are listed in docs/settings.md.

PYTHON ?= python3
PYTEST_WORKERS ?= 2
SECONDS ?= 600

export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-storm check bench bench-large browser format lock messages pictures screenshots venv venv-dev

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: venv ## build .venv, start everything with a living demonstration, and print the address (Ctrl-C stops it)
	@exec .venv/bin/overwinter demo

test: venv-dev ## run the tests (15 to 20 minutes on two cores)
	@requirements/browser.sh --tell
	.venv/bin/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal -m "not long" tests

test-long: venv-dev ## run the tests that take longer (crashes under load, large data; an hour or two)
	@requirements/browser.sh --tell
	.venv/bin/python -m pytest -m long tests

check: venv-dev ## check lint rules, formatting, types and import rules
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy --strict domain history
	.venv/bin/mypy projections api
	.venv/bin/lint-imports

bench: venv-dev ## run the benchmarks and write benchmarks/results.json
	.venv/bin/python -m benchmarks

bench-large: venv-dev ## the same, also with a history of a million facts (takes a quarter of an hour)
	.venv/bin/python -m benchmarks --large

browser: ## install the browser for the page tests (needs root on Debian)
	@requirements/browser.sh

messages: venv-dev ## collect messages from code and templates into the translation catalogues
	.venv/bin/python -m tests.locales.collecting

pictures: venv-dev ## take the README's pictures again, from the living demonstration
	@requirements/browser.sh --tell
	.venv/bin/python -m tests.pages.pictures

screenshots: venv-dev ## take a picture of every page, wide and narrow, light and dark, in every language, into .screenshots
	@requirements/browser.sh --tell
	.venv/bin/python -m tests.pages.screenshots

test-storm: venv-dev ## test the history with concurrent writers, lost connections and killed processes (SECONDS=600, twice)
	STORM_SECONDS=$(SECONDS) .venv/bin/python -m pytest -m long tests/history/test_storm.py

format: venv-dev ## format the code and apply the linter's automatic fixes
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock: ## resolve requirements/*.in into requirements/*.txt with hashes (needs uv)
	cd requirements && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url dev.in -o dev.txt
	cd requirements && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url -c dev.txt runtime.in -o runtime.txt

# install.sh installs requirements/*.txt into .venv, and does nothing if they are installed already.
.venv: venv

venv:
	@requirements/install.sh runtime

venv-dev:
	@requirements/install.sh dev
