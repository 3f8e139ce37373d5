# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs Python 3.11 or newer, make, git and a package index; everything else is installed into .dev/.
# The steps themselves are in tests/tools/steps.py.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# `make PYTHON=python3.12 …` takes that Python, in an environment of its own.
PYTHON ?=
TRANSCRIPT ?=
ARGS ?=
DEV := .dev
VENV := $(DEV)/venv$(if $(PYTHON),-$(notdir $(PYTHON)))
PY := $(VENV)/bin/python
CHECK := $(PY) tests/tools/check.py
FIND_PYTHON := tests/tools/find_python.sh 11 $(if $(PYTHON),$(PYTHON),python3.13 python3.12 python3.11 python3)

# The checkout under the name by which Ansible knows it, so that edits count at once.
EDIT := $(CURDIR)/$(DEV)/edit
LIVE := PYTHONPATH=$(EDIT):tests ANSIBLE_COLLECTIONS_PATH=$(EDIT)

.PHONY: help
help: ## show this help
	@echo "make TARGET [PYTHON=python3.12]"
	@echo
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.demo $(EDIT) ## watch a change by Ansible or Terraform start a workflow, and its verdict come back [TRANSCRIPT=FILE]
	@$(LIVE) PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(PY) tests/demo/demo.py $(if $(TRANSCRIPT),--transcript $(TRANSCRIPT)) $(ARGS)

.PHONY: test
test: $(VENV)/.test $(EDIT) ## everything below except bench, series and callback; the test of a change
	@$(CHECK) all

.PHONY: unit
unit: $(VENV)/.test $(EDIT) ## unit tests only: the inner loop, in seconds [ARGS='-k name']
	@$(LIVE) $(PY) -m pytest -q $(or $(ARGS),-n auto)

.PHONY: lint sanity integration cases terraform conformance molecule docs-lint build series callback
lint: ## formatter, linter, types, YAML, workflows, licences
sanity: ## ansible-test sanity, on every Python that is promised and present
integration: ## the integration targets, against the local GitHub
cases: ## tests/cases: what has gone wrong in the field
terraform: ## the Terraform modules, with each Terraform of this machine
conformance: ## the local GitHub, judged by clients and a contract that others wrote
molecule: ## the roles
docs-lint: ## documentation of plugins and roles, changelog
build: ## package, import check, install and run from the installed place
series: ## integration on every ansible-core for which a Python is present
callback: ## the cases of the callback on four ansible-cores
lint sanity integration cases terraform conformance molecule docs-lint build series callback: $(VENV)/.test $(EDIT)
	@$(CHECK) $@

.PHONY: bench
bench: $(VENV)/.test $(EDIT) ## ratios of CPU time against uri and other clients
	@$(LIVE) PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(PY) tests/benchmarks/run.py $(ARGS)

.PHONY: release
release: $(VENV)/.test ## turn changelogs/fragments into the changelog of the version in galaxy.yml
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" antsibull-changelog release

.PHONY: clean
clean: ## remove everything that make has built
	rm -rf $(DEV) tests/output

$(EDIT):
	@mkdir -p $@/ansible_collections/infradispatch
	@ln -sfn ../../../.. $@/ansible_collections/infradispatch/github

$(VENV)/.demo $(VENV)/.test: $(VENV)/.%: pyproject.toml
	@python=$$($(FIND_PYTHON)) || { echo "No usable Python 3.11 or newer (with venv) found; name one: make PYTHON=/path/to/python3" >&2; exit 1; }; \
	"$$python" tests/tools/environment.py $(VENV) $*
	@touch $@ $(if $(filter test,$*),$(VENV)/.demo)
