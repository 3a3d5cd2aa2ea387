# The commands of this repository. `make run` and `make test` are all that a newcomer needs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The seeds of the simulation that `make torture` runs.
SEEDS ?= 0..20000
.PHONY: help run web web-check test lint fmt arrows audit torture bench bench-cell docs screenshots
# What the page is made of.
WEB := $(shell find web/src web/public web/scripts -type f) web/index.html web/vite.config.ts

help:
	@echo 'make run      build and start nottermost; it prints its URL'
	@echo 'make test     run all tests'
	@echo 'make web      build the page, if it changed'
	@echo 'make lint     check format and lints'
	@echo 'make fmt      format the code'
	@echo 'make audit    check dependencies: advisories, licences, sources'
	@echo 'make torture  the long runs of the simulation and the kill tests'
	@echo 'make bench    measure the one process; prints what docs/PERFORMANCE.md records'
	@echo 'make bench-cell  the same for the services as processes of their own, on Kafka'
	@echo 'make docs     renew the generated pages'
	@echo 'make screenshots  renew the pictures of the page'

run: web
	@.ci/tools cargo cc openssl postgres
	cargo build --release -p nottermost --bin nottermost
	cargo run --quiet --release -p nottermost --bin nottermost

# The binary takes the page in, so it is built first.
web: web/dist/page/index.html

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@.ci/tools node
	npm --prefix web ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/page/index.html: $(WEB) web/node_modules/.package-lock.json
	npm --prefix web run --silent build

web-check: web
	npm --prefix web run --silent typecheck
	npm --prefix web run --silent lint
	npm --prefix web test --silent

screenshots: web
	@.ci/tools cargo cc openssl node postgres chromium
	web/e2e/run screenshots

test: web-check
	@.ci/tools cargo cc openssl nginx node python postgres strace java mvn chromium
	cargo test --workspace
	tests/clients/run
	tests/clients/run --cell
	web/e2e/run

lint:
	@.ci/tools cargo cc openssl
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

fmt:
	cargo fmt --all

arrows:
	cargo test -p architecture

audit:
	@.ci/tools cargo cc
	.ci/audit

torture:
	@.ci/tools cargo cc openssl nginx postgres strace java mvn
	SIMULATION_SEEDS=$(SEEDS) cargo test --release -p simulation
	cargo test --release -p simulation -p system-tests -- --ignored --nocapture

bench:
	@.ci/tools cargo cc openssl postgres
	cargo run --release -p bench

bench-cell:
	@.ci/tools cargo cc openssl nginx postgres java mvn
	cargo run --release -p bench -- --cell 1
	cargo run --release -p bench -- --cell 3

docs:
	UPDATE_DOCS=1 cargo test --workspace --test configuration_reference --test openapi --test asyncapi
