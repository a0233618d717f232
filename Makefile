# Mukulen: `make run` shows it, `make test` proves it. Everything is installed into .venv, all data lie in var/.
# The first Python that can make an environment, the system's own before others: one built by pyenv takes half as long
# again for plain loops. 3.11 comes first because the figures of docs/ are measured with it.
PYTHONS = $(foreach version,3.11 3.12 3.13 3.14,/usr/bin/python$(version) python$(version))
PYTHON ?= $(shell for python in $(PYTHONS); do $$python -c 'import ensurepip' 2>/dev/null && echo $$python && break; done)
HOST ?= 127.0.0.1
PORT ?= 8000
# More arguments for the one line that installs torch, such as an index of CPU-only builds (README).
TORCH_FLAGS ?=
# How many processes make clips.
JOBS ?= 2
# How many run the suite: on two cores four, for tests wait for browsers, servers and jobs much of the time. Tests that
# share what is long in the making run in the same one (tests/conftest.py).
TESTERS ?= 4

BIN = .venv/bin
MANAGE = $(BIN)/python manage.py
SERVE = HTTPS=0 SECRET_KEY_FILE=var/secret_key
PIP = $(BIN)/pip install --quiet --disable-pip-version-check

# Many tests start commands and servers, which would otherwise compile the code again each time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo run browser servers test test-postgres coverage mutants chaos fuzz load container newcomer check bench lighthouse \
	bench-stats translations schemas reference site screenshots clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup: .venv/.ready  ## .venv and everything that a user needs

.venv/.ready: requirements.txt requirements-nodeps.txt
	@test -n "$(PYTHON)" || { echo "Mukulen needs Python 3.11, 3.12, 3.13 or 3.14 with venv (on Debian: apt install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@echo "Installing (one to three minutes) ..."
	$(PIP) $(TORCH_FLAGS) "$$(grep -o '^torch==[^ ]*' requirements.txt)"
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-nodeps.txt
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.txt requirements-cluster.txt requirements-s3.txt requirements-scores.txt
	$(PIP) -r requirements-dev.txt
	@touch $@

demo: var/.demo  ## the demo study, built from the shipped weights and the songs

# Migrations run beside what needs no database.
var/.demo: .venv/.ready
	@mkdir -p var
	$(MANAGE) migrate --verbosity 0 & \
	$(MANAGE) prepare_corpus --out var/corpus.npz && \
	$(MANAGE) generate_stimuli --corpus var/corpus.npz --out var/packs/daur --seed 1 --workers $(JOBS) && \
	wait $$! && $(MANAGE) create_study fixtures/studies/daur.toml --pack var/packs/daur
	@touch $@

var/secret_key:
	@mkdir -p var
	@umask 077 && $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))' > $@

run: var/.demo var/secret_key  ## set up if needed, then serve the demo study and print a link into it
	@$(SERVE) $(MANAGE) collectstatic --noinput --verbosity 0 & \
	$(SERVE) $(MANAGE) migrate --verbosity 0 && wait $$!
	@$(SERVE) $(MANAGE) demo_login daur --site http://$(HOST):$(PORT)
	@$(SERVE) $(BIN)/gunicorn config.wsgi --bind $(HOST):$(PORT) --workers 2 --threads 4 --no-control-socket

# The suite drives three real browsers and draws Chinese figures. Without root the tests that need them fail and say so.
BROWSERS = chromium-headless-shell firefox-esr webkit2gtk-driver xvfb pulseaudio gstreamer1.0-plugins-good fontconfig fonts-noto-cjk
browser:
	@if [ "$$(id -u)" = 0 ] && ! { command -v chromium-headless-shell && command -v firefox-esr && \
		command -v WebKitWebDriver && command -v Xvfb && command -v pulseaudio && fc-list : family | grep -q "Noto Sans CJK"; } >/dev/null 2>&1; then \
		echo "apt install $(BROWSERS)"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $(BROWSERS) >/dev/null; fi

# What the examples in deploy/ and the tests on PostgreSQL start. Their tests say so where it is missing.
SERVERS = postgresql nginx-light openssl
servers:
	@if [ "$$(id -u)" = 0 ] && ! { command -v nginx && command -v openssl && ls /usr/lib/postgresql/*/bin/initdb; } \
		>/dev/null 2>&1; then echo "apt install $(SERVERS)"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $(SERVERS) >/dev/null; fi

test: .venv/.ready-dev browser servers  ## set up if needed, then the whole suite
	$(BIN)/pytest -n $(TESTERS)

test-postgres: .venv/.ready-dev browser servers  ## the same on a private PostgreSQL cluster; TESTS="tests/study" for a part
	$(BIN)/python -m tests.robustness.postgres $(BIN)/pytest -n $(TESTERS) $(TESTS)

coverage: .venv/.ready-dev browser servers  ## the suite once more, measured: per cent of the branches it takes
	rm -rf var/coverage && mkdir -p var/coverage
	$(BIN)/coverage run -m pytest -n $(TESTERS)
	$(BIN)/coverage combine --quiet
	$(BIN)/python -m tests.branches

mutants: .venv/.ready-dev  ## wrong code on purpose, and whether a test fails; MUTANTS="save --sample 0" for a part, whole
	$(BIN)/python -m tests.robustness.mutants --jobs $(JOBS) $(MUTANTS)

# Kinds of trials: single, pairs, sets, choices.
CHAOS = single pairs sets choices
chaos: .venv/.ready-dev servers  ## 7,800 answers of each kind while everything fails, on both stores; results in var/chaos
	for store in sqlite postgres; do for kind in $(CHAOS); do \
		$(BIN)/python -m tests.robustness.chaos --kind $$kind --store $$store --out var/chaos/$$store-$$kind || exit 1; \
	done; done

fuzz: .venv/.ready-dev  ## 10,000 damaged inputs for every reader
	FUZZ=10000 $(BIN)/pytest -n $(TESTERS) --timeout 0 tests/robustness/test_fuzz.py

load: .venv/.ready-dev servers  ## 200 experts at once, on both stores
	$(BIN)/python -m tests.robustness.load --store sqlite
	$(BIN)/python -m tests.robustness.load --store postgres

container: .venv/.ready-dev servers  ## the steps of deploy/Containerfile in a Debian root, served and logged in to; as root
	@command -v mmdebstrap >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null; }
	$(BIN)/python -m tests.robustness.container

newcomer: .venv/.ready-dev  ## the package from nothing: a wheel, pip install, mukulen serve, a login
	$(BIN)/python -m tests.robustness.newcomer

check: .venv/.ready-dev  ## lint, format, types, migrations, translations, documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MANAGE) check --fail-level WARNING
	$(MANAGE) makemigrations --check --dry-run
	$(BIN)/python -m tests.translations
	$(BIN)/python -m tests.schemas
	$(BIN)/python -m tests.reference
	$(BIN)/python -m tests.reproduction
	$(BIN)/sphinx-build --quiet --fail-on-warning docs var/site

bench: .venv/.ready-dev  ## the ratios of docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks

lighthouse: .venv/.ready-dev var/.demo browser  ## Lighthouse on five pages of the demo study; it comes from npm (npx)
	$(BIN)/python -m tests.benchmarks.lighthouse $(LIGHTHOUSE)

bench-stats: .venv/.ready-dev  ## false alarms, coverage and power over simulated studies
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.stats
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.power
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.comparisons

translations: .venv/.ready-dev  ## collect the strings into the catalogues and compile them
	$(BIN)/python -m tests.translations --update

schemas: .venv/.ready-dev  ## write the JSON Schemas of docs/reference/schemas from the models
	$(BIN)/python -m tests.schemas --update

reference: .venv/.ready-dev  ## write docs/reference/commands.md from the commands
	$(BIN)/python -m tests.reference --update

site: .venv/.ready-dev  ## the documentation as a site in var/site, with search
	$(BIN)/sphinx-build --quiet --fail-on-warning docs var/site

screenshots: .venv/.ready-dev var/.demo  ## redraw the pictures that docs show; every page's are left in var/screenshots
	SCREENSHOTS=1 $(BIN)/pytest tests/browser
	$(MANAGE) simulate_ratings daur --seed 1 --replace
	rm -rf var/simulated
	$(MANAGE) export_dataset daur-simulated --out var/simulated/dataset
	$(MANAGE) analyse var/simulated/dataset --out var/simulated/report
	$(BIN)/python -m tests.pictures var/screenshots var/simulated/report/figures

clean:  ## forget the demo study and everything else in var/
	rm -rf var
