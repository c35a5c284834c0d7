# Everything a contributor runs. `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Matrix encryption without libolm; what the caller has set stays.
export GOFLAGS := $(strip $(filter-out -tags=goolm,$(shell go env GOFLAGS)) -tags=goolm)

# The field tables of the Bot API, as JSON, if a folder beside this one has them: tests hold
# ours against them.
export TELEGRAM_API_TABLES ?= $(firstword $(abspath $(wildcard ../*/data/telegram-bot-api.json)))

TOOL := go tool -modfile=.ci/tools.mod

RUN ?= .
BENCH ?= .
FUZZTIME ?= 10s

.PHONY: help
help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## talk to the bot in this terminal, on a made-up campaign
	./bin/tocsin chat --demo

.PHONY: build
build: ## build bin/tocsin, one static file
	CGO_ENABLED=0 go build -trimpath -o bin/tocsin ./cmd/tocsin

.PHONY: test
test: ## vet and run all tests (under five minutes on two cores)
	go vet ./...
	go test ./...

.PHONY: race
race: ## run all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -timeout 30m ./...

.PHONY: soak
soak: ## run the tests with their full figures, for hours (RUN=regexp picks some)
	SOAK=1 go test -count=1 -p 1 -v -timeout 24h -run '$(RUN)' ./...

.PHONY: bench
bench: ## measure against the references, one line a figure (BENCH=regexp picks some)
	@BENCH='$(BENCH)' go test -tags=bench,goolm -count=1 -p 1 -v -timeout 3h -run '^TestBench' ./bench/... | awk '!/^===/ { print; fflush() }'

.PHONY: lint
lint: ## vet, staticcheck, and govulncheck where its database can be reached
	go vet ./...
	go vet -tags=bench,goolm ./...
	$(TOOL) staticcheck ./...
	@out=$$($(TOOL) govulncheck ./... 2>&1) || { \
		if grep -q 'fetching vulnerabilities' <<<"$$out"; \
		then out='govulncheck left out: its database cannot be reached from here'; \
		else echo "$$out"; exit 1; fi; }; \
	echo "$$out"

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (10s)
	@grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file target; do \
		echo "$${file%/*} $${target#func }"; \
		go test -run '^$$' -fuzz "^$${target#func }$$" -fuzztime '$(FUZZTIME)' "$${file%/*}" </dev/null; \
	done

.PHONY: cover
cover: ## write bin/cover.html: which lines the tests reach, across packages
	@mkdir -p bin
	go test -coverpkg=./... -coverprofile=bin/cover.out ./...
	go tool cover -html=bin/cover.out -o bin/cover.html
	go tool cover -func=bin/cover.out | tail -n 1

.PHONY: clean
clean: ## remove what was built
	rm -rf bin
