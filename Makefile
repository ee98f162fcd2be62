# `make` alone lists what there is.

SHELL := /bin/bash
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help demo wheel bundle test lint fmt bench soak screenshots

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## installs what is missing, builds, and starts the example app on http://localhost:8501
	@tools/demo

wheel: ## builds dist/streamlit_gatehouse-*.whl
	@tools/setup build
	@tools/wheel

bundle: ## builds the browser bundle alone, into frontend/dist
	@tools/setup build
	@source tools/env.sh && tools/bundle

test: ## installs what is missing and runs every test
	@tools/test

lint: ## formatting, clippy, ruff and mypy
	@tools/test setup lint

fmt: ## formats Rust and Python
	@source tools/env.sh && cargo fmt --all && ruff check --fix --quiet && ruff format --quiet

bench: ## measures against the budgets and the peers, into bench/REPORT.md (25 minutes; leave the machine alone)
	@tools/setup bench
	@tools/wheel
	@bench/run

soak: ## kills the endpoint a thousand times per database while it works, and writes bench/soak.md
	@tools/setup test
	@tools/soak

screenshots: ## pictures of every view, into tests/e2e/artifacts
	@tools/setup test
	@tools/wheel
	@source tools/env.sh && tools/venv .build/newest streamlit==1.67.0 && .venv/bin/python -m pytest tests/e2e/test_views.py
