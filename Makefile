# Tandem's commands. `make` alone lists them.
#
# Nothing is done twice: each step leaves a file behind and runs again only when what it was made
# from is newer. All that the steps make is ignored by git; `make clean` removes it.

PYTHON3 ?= python3
PYTHON := .venv/bin/python
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock"
SOURCES := crm leads campaigns deals
STATIC := $(shell find static $(SOURCES) -path '*static/*' -type f 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test check e2e fuzz faults bench bench-peer screenshots lock clean

help:  ## list these commands
	@grep -hE '^[a-z0-9]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: .venv/.run static/vendor/icons.svg  ## make the environment: Python packages, browser libraries

run: setup staticfiles/staticfiles.json  ## start Tandem with a demo company; PORT=8000
	@$(PYTHON) bin/run.py

test: setup .venv/.dev  ## run the whole suite, on every lane this machine has; ARGS="-k handoff"
	@$(PYTHON) bin/test_lanes.py test $(ARGS)

e2e: setup .venv/.dev  ## walk the journeys in a browser
	@$(PYTHON) bin/test_lanes.py e2e $(ARGS)

fuzz: setup .venv/.dev  ## send every hostile value to every parameter of every page, as every role
	@FUZZ_FULL=1 FUZZ_SEED=$${FUZZ_SEED:-1} $(PYTHON) -m pytest tests/fuzz -m fuzz -n auto $(ARGS)

faults: setup .venv/.dev  ## kill workers, hang the broker ... and count what got lost
	@$(PYTHON) bin/test_lanes.py faults $(ARGS)

bench: setup .venv/.dev staticfiles/staticfiles.json  ## measure speed; BENCH_SIZE=10k|100k|1m
	@$(PYTHON) -m bench

bench-peer: setup .venv/.dev staticfiles/staticfiles.json  ## Tandem's pages beside DjangoCRM's, in one run
	@$(PYTHON) -m bench.against

screenshots: setup .venv/.dev  ## draw the README's pictures
	@$(PYTHON) -m tests.e2e.screenshots

check: setup .venv/.dev  ## the one gate: lint, format, types, layers, templates, security, migrations
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) .venv/bin/lint-imports
	$(PYTHON) -m djlint --lint --quiet templates
	$(PYTHON) -m bandit --quiet --severity-level medium --configfile pyproject.toml --recursive $(SOURCES) bin
	$(PYTHON) manage.py check
	$(PYTHON) manage.py makemigrations --check --dry-run

lock:  ## pin the newest allowed versions; needs uv and npm
	$(LOCK) --upgrade requirements.in --output-file requirements.txt
	$(LOCK) --upgrade requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) --upgrade requirements-node.in --output-file requirements-node.txt
	npm install --package-lock-only --omit=dev --ignore-scripts

clean:  ## remove the environment and what was built; data in var/ stays
	rm -rf .venv .node node_modules static/vendor staticfiles .*_cache .hypothesis htmlcov .coverage

# The steps ---------------------------------------------------------------------------------------

.venv/.run: requirements.txt
	@$(PYTHON3) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
		"Tandem needs Python 3.11 or later, this is " + sys.version.split()[0] \
		+ ".\nName another one: make PYTHON3=/path/to/python3.11 run")'
	@$(PYTHON3) bin/set_up.py python requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	@$(PYTHON3) bin/set_up.py python requirements-dev.txt
	@touch $@

node_modules/.package-lock.json: package-lock.json .venv/.run
	@$(PYTHON3) bin/set_up.py browser
	@touch $@

static/vendor/icons.svg: node_modules/.package-lock.json static/icons.txt bin/build_vendor.py
	@$(PYTHON) bin/build_vendor.py

staticfiles/staticfiles.json: .venv/.run static/vendor/icons.svg $(STATIC)
	@$(PYTHON) manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@
