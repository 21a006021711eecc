# The front door. Every target works on a fresh clone by itself: it sets up what it needs first. With
# SIZE=demo they look at what `make demo` has left.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
PIP := $(VENV)/bin/pip --disable-pip-version-check
LOCKED := $(PIP) install --quiet --no-deps --require-hashes
export MLFLOW_DISABLE_TELEMETRY := true
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Where `make ui`, `check`, `audit`, `html`, `picture` and `expect` look: SIZE=demo for that workspace.
SIZE ?=
PLACE := $(if $(SIZE),workspaces/$(SIZE),.)
AT_PLACE = @cd $(PLACE) 2>/dev/null || { echo "$(PLACE) is not there; run \`make $(SIZE)\` first." >&2; exit 1; }
BUDGET ?= 10m
PORT ?= 5000
CHROMIUM ?= chromium

.PHONY: help setup demo quick repro test attack check audit html picture expect ui bench lint lock
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## the virtual environment, from the locks
# All that is installed is locked, with its hashes. PyTorch for CPUs alone is on no default index: it is
# taken where pip is told of one that has it, and there is no GPU; else PyTorch and CUDA's libraries are.
$(READY): requirements.txt requirements-cpu.txt requirements-cuda.txt pyproject.toml
	@test -x $(VENV)/bin/pip || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); }
	$(LOCKED) -r requirements.txt
	@if command -v nvidia-smi >/dev/null || ! $(LOCKED) -r requirements-cpu.txt 2>/dev/null; then \
	  echo "PyTorch with CUDA: 3 GB. (README.md says how to have the one for CPUs.)"; \
	  $(LOCKED) -r requirements-cuda.txt; fi
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@$(PIP) check
	@touch $@

# Trainings of seconds: `rnnlab track`, at the end, brings all of them to the store at once.
demo: export RNNLAB_TRACKING := later
demo: $(READY) ## the whole pipeline on generated corpora: three to four minutes, no network
	@$(MAKE) --no-print-directory size-demo

quick: $(READY) ## the real corpora, a few nets of each lab: eleven minutes
	@$(MAKE) --no-print-directory size-quick

size-%: $(READY)
	@place="$$(rnnlab workspace $*)"; rnnlab repro --folder "$$place"
	-@cd workspaces/$* && rnnlab track
	@echo "The report: workspaces/$*/reports/report.md (report.zh.md in Chinese)."
	@echo "The runs:   make ui SIZE=$*"

repro: $(READY) ## the whole of it, as params.yaml says
	@rnnlab repro
	-@rnnlab track
	@echo "The report: reports/report.md (report.zh.md in Chinese)."

test: $(READY) ## all tests
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

attack: $(READY) ## hostile inputs and kills; the counts go to docs/reproducing.md: 15 minutes
	python -m tests.attack

check: $(READY) ## the gate: do reports, numbers, expectations and code belong together?
	$(AT_PLACE); rnnlab check

audit: $(READY) ## results drawn at random, made again: BUDGET=10m, or SIZE=demo
	$(AT_PLACE); rnnlab audit --budget $(BUDGET)

html: $(READY) ## the report as one self-contained page, reports/report.html
	$(AT_PLACE); rnnlab html

picture: html ## docs/report.png, the top of the report for the README (needs Chromium)
	$(CHROMIUM) --headless=new --no-sandbox --disable-gpu --no-first-run --hide-scrollbars \
	  --disable-background-networking --disable-component-update --disable-sync \
	  --user-data-dir="$$(mktemp -d)" --window-size=1000,1250 \
	  --screenshot=docs/report.png "file://$(CURDIR)/$(PLACE)/reports/report.html" 2>/dev/null
	python -c "from PIL import Image; name = 'docs/report.png'; \
	  Image.open(name).convert('P', palette=Image.Palette.ADAPTIVE, colors=64).save(name, optimize=True)"

expect: $(READY) ## propose reports/expected.yaml from the seeds' spread
	$(AT_PLACE); rnnlab expect

lint: $(READY) ## formatting, style, types, the order of imports, workflows
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

ui: $(READY) ## compare runs in MLflow, on http://127.0.0.1:5000
	$(AT_PLACE); env -u MLFLOW_TRACKING_URI rnnlab track
	@echo "The training runs: http://127.0.0.1:$(PORT)/#/experiments?workflowType=machine_learning"
	$(AT_PLACE); mlflow ui --host 127.0.0.1 --port $(PORT) --workers 1

bench: $(READY) bench/.venv/.ready ## speed here, beside what people would use instead: an hour
	python -m bench
	@echo "The page: docs/speed.md"

# Keras and its backends stay out of the project's own lock; without them the rest is measured.
bench/.venv/.ready: bench/requirements.txt
	@test -x bench/.venv/bin/pip || { rm -rf bench/.venv; $(PYTHON) -m venv bench/.venv; }
	@if bench/.venv/bin/pip install --quiet --disable-pip-version-check -r $<; then touch $@; \
	else echo "Keras does not install here; the benchmarks go on without it." >&2; fi

lock: $(READY) ## pin all packages anew, with hashes, in requirements*.txt
	$(PYTHON) -m venv --clear .locking && .locking/bin/pip install --quiet pip-tools
	PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_EXTRA_INDEX_URL= .locking/bin/pip-compile --quiet \
	  --upgrade --generate-hashes --extra dev --strip-extras --allow-unsafe --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --output-file .locked pyproject.toml
	for each in requirements.txt requirements-cuda.txt; do echo "# Written by \`make lock\`." > $$each; done
	awk '/^[^ ]/ {cuda = /^(cuda|nvidia|torch|triton)/} \
	  {print >> (cuda ? "requirements-cuda.txt" : "requirements.txt")}' .locked
	@rm -r .locked .locking
	@echo "requirements-cpu.txt: PyTorch's version, and what pip hash says of its build for CPUs."
