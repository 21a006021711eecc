# The front door. Every target works on a fresh clone by itself: it sets up what it needs first.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV := .venv
READY := $(VENV)/.ready
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Where `make ui`, `make check` and `make expect` look: SIZE=demo for that workspace.
SIZE ?=
PLACE := $(if $(SIZE),workspaces/$(SIZE),.)
PORT ?= 5000

.PHONY: help setup demo quick repro test check expect ui bench lint lock
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## the virtual environment, from the pinned lock
$(READY): requirements.txt pyproject.toml
	@test -x $(VENV)/bin/python || python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## the whole pipeline on generated corpora: two minutes, no network
	@$(MAKE) --no-print-directory size-demo

quick: $(READY) ## the real corpora, a few nets of each lab, one seed
	@$(MAKE) --no-print-directory size-quick

size-%: $(READY)
	@rnnlab repro --folder "$$(rnnlab workspace $*)"
	@echo "The report: workspaces/$*/reports/report.md (report.zh.md in Chinese)."
	@echo "The runs:   make ui SIZE=$*"

repro: $(READY) ## the whole of it, as params.yaml says
	@rnnlab repro
	@echo "The report: reports/report.md (report.zh.md in Chinese)."

test: $(READY) ## all tests
	python -m pytest -n 2 --dist loadfile

check: $(READY) ## the gate: do reports, numbers, expectations and code belong together?
	cd $(PLACE) && rnnlab check

expect: $(READY) ## propose reports/expected.yaml from the seeds' spread
	cd $(PLACE) && rnnlab expect

lint: $(READY) ## formatting, style, types, the order of imports, workflows
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

ui: $(READY) ## compare runs in MLflow, on http://127.0.0.1:5000
	cd $(PLACE) && mlflow ui --host 127.0.0.1 --port $(PORT)

bench: $(READY) ## training speed here, beside what people would write instead
	python bench/training.py

lock: $(READY) ## pin all packages anew in requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check pip-tools
	pip-compile --quiet --upgrade --extra dev --strip-extras --allow-unsafe --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --output-file requirements.txt pyproject.toml
	sed -i 's/^\(torch==[0-9.]*\)+[a-z0-9]*/\1/' requirements.txt
