# Parlor. The two commands for a newcomer are `make run` and `make test`.

GO          ?= go
BIN         := .bin
STATICCHECK := $(BIN)/staticcheck
PKGS        ?= ./...

.PHONY: help run cluster build test race lint fuzz faults simulate bench bench-peers clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: build ## serve on 127.0.0.1:8080, data in ./parlor-data
	./parlor serve

CLUSTER := 127.0.0.1:7946,127.0.0.1:7956,127.0.0.1:7966

cluster: build ## three nodes on 127.0.0.1:8080, 8180 and 8280, data in ./parlor-data; ^C stops them
	@mkdir -p parlor-data
	@trap : INT; trap 'kill $$nodes' TERM HUP; \
	for i in 1 2 3; do \
	  ./parlor serve --node n$$i --data parlor-data/n$$i --expect 3 --join $(CLUSTER) \
	    --cluster 127.0.0.1:79$$((i+3))6 --listen 127.0.0.1:8$$((i-1))80 --admin 127.0.0.1:8$$((i-1))81 \
	    $(SERVEFLAGS) & nodes="$$nodes $$!"; \
	done; \
	until wait; do :; done

build: ## build ./parlor
	$(GO) build -o parlor ./cmd/parlor

test: ## run every test; says what is skipped, and why
	@command -v chromedriver >/dev/null || echo "skipped: browser tests (they want the packages chromium and chromium-driver)"
	@command -v nginx >/dev/null || test -x /usr/sbin/nginx || echo "skipped: proxy tests (they want the package nginx)"
	@command -v haproxy >/dev/null || test -x /usr/sbin/haproxy || echo "skipped: some proxy tests (they want the package haproxy)"
	@command -v kcat >/dev/null || echo "skipped: tests against another client of Kafka's (they want the package kcat)"
	@command -v node >/dev/null || echo "skipped: tests of scripts outside a browser (they want the package nodejs)"
	$(GO) test $(TESTFLAGS) $(PKGS)

race: ## run every test with the race detector
	@$(MAKE) --no-print-directory test TESTFLAGS="-race $(TESTFLAGS)"

lint: $(STATICCHECK) ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { echo "gofmt:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(STATICCHECK) ./...
	GOOS=darwin $(GO) vet ./actors/... ./httpfront/... ./persistence/... ./cluster/...

$(STATICCHECK):
	GOBIN=$(CURDIR)/$(BIN) $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)

STATICCHECK_VERSION := v0.7.0

FAULTS ?= all

faults: build ## hurt five real nodes and judge what became of it; FAULTS=ci or names, SEED=n
	$(GO) run ./cmd/parlor/faults -parlor ./parlor -faults $(FAULTS) $(if $(SEED),-seed $(SEED)) $(FAULTFLAGS)

SEEDS ?= 1000000

simulate: ## run the replication protocol through SEEDS schedules
	PARLOR_SEEDS=$(SEEDS) $(GO) test -run 'TestSimulator$$' -timeout 0 ./persistence/replication

FUZZTIME ?= 10s

fuzz: ## every fuzz target for FUZZTIME
	@grep -rlE '^func Fuzz' --include='*_test.go' . | sort | while read file; do \
	  for f in $$(sed -nE 's/^func (Fuzz[[:alnum:]_]*)\(.*/\1/p' $$file); do \
	    echo "$$file $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$(dirname $$file) </dev/null || exit 1; \
	  done; done

bench: build ## measure this machine; writes .bench/bench.json and .bench/bench.txt
	@mkdir -p .bench
	./parlor bench --out .bench/bench.json $(BENCHFLAGS)

bench-peers: ## the same, with nginx and Nchan side by side if they are installed
	@$(MAKE) --no-print-directory bench BENCHFLAGS="--peers $(BENCHFLAGS)"

clean: ## remove what was built and measured, not data
	rm -rf parlor $(BIN) .bench
