# Everything a developer runs. 'make' tells what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED ?= 0
MODULES := $(shell git ls-files go.mod "*/go.mod" | grep -v ^tools/ | xargs -n1 dirname)
TMP     := $(CURDIR)/.tmp
BIN     := $(TMP)/clew
# The race detector is written in C; nothing that ships is.
RACE    := CGO_ENABLED=1 go test -race -timeout 15m

.PHONY: help
help: ## tell what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## run the demo: a small system of processes, its trace and the UI
	go run ./server/cmd/clew demo

.PHONY: build
build: ## build the clew binary as .tmp/clew
	go build -trimpath -ldflags '-s -w' -o $(BIN) ./server/cmd/clew

.PHONY: test
test: lint unit modules contrib chain rivals web e2e interop clients clean-tree ## all that CI runs: every check and every test

.PHONY: unit
unit: ## Go tests of all modules in the workspace, race detector on
	$(RACE) work

.PHONY: lint
lint: ## gofmt, go vet (also as on Windows and macOS), staticcheck, errcheck
	@files=$$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -l); \
	if [ -n "$$files" ]; then echo "gofmt wants to change:"; echo "$$files"; exit 1; fi
	go vet work
	GOOS=windows go vet work
	GOOS=darwin go vet work
	@GOWORK=off go -C tools build -o $(TMP)/ honnef.co/go/tools/cmd/staticcheck github.com/kisielk/errcheck
	$(TMP)/staticcheck work
	$(TMP)/errcheck -ignoretests work

.PHONY: modules
modules: build ## build every module alone, without the workspace and without cgo; the binary's size
	@for m in $(MODULES); do echo "build $$m"; (cd $$m && GOWORK=off go build -o /dev/null ./... && GOWORK=off go vet ./... && GOWORK=off go mod verify >/dev/null); done
	@size=$$(stat -c %s $(BIN)); echo "clew binary: $$size bytes"; test $$size -le $$((40 * 1024 * 1024))

.PHONY: web
web: ## check, test and build the UI, and compare with the committed build
	cd server/web && npm ci --no-audit --no-fund && npm run check && npm test && npm run build
	@git diff --exit-code --stat -- server/web/dist || { echo "server/web/dist is not what its sources build: commit the result of 'make web'"; exit 1; }

.PHONY: e2e
e2e: build ## UI flows in a real headless Chromium against the real server
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || { echo "no chromium: 'make deps' installs it, or set CHROMIUM"; exit 1; }
	cd server/web && { test -d node_modules || npm ci --no-audit --no-fund; } && CLEW_BIN=$(BIN) npm run e2e

.PHONY: interop
interop: build ## published SDKs of others against the real server; prints what works with whom
	cd interop && ./install.sh && rm -f .tmp/table && export GOWORK=off CLEW_BIN=$(BIN) CLEW_INTEROP_TABLE=$(CURDIR)/interop/.tmp/table; \
	$(RACE) -count=1 -p 2 ./... || failed=1; go run ./table .tmp/table; test -z "$${failed:-}"

.PHONY: clients
clients: ## the Go clients of model providers against the transport that records them
	@GOWORK=off go -C tools build -o $(TMP)/ honnef.co/go/tools/cmd/staticcheck github.com/kisielk/errcheck
	@export GOWORK=off; cd interop/clients && go vet ./... && $(TMP)/staticcheck ./... && $(TMP)/errcheck -ignoretests ./... && $(RACE) ./...

.PHONY: contrib
contrib: ## check and test each module of contrib/ alone, against the library and broker that it adapts
	@GOWORK=off go -C tools build -o $(TMP)/ honnef.co/go/tools/cmd/staticcheck github.com/kisielk/errcheck
	@export GOWORK=off; for m in contrib/*/go.mod; do d=$$(dirname $$m); echo "test $$d"; \
	  (cd $$d && go vet ./... && $(TMP)/staticcheck ./... && $(TMP)/errcheck -ignoretests ./... && $(RACE) ./...); done

.PHONY: rivals
rivals: ## hold the SDK against its rivals: the same bytes, for how much less
	cd bench && GOWORK=off go test -count 1 .

.PHONY: chain
chain: build ## one trace through nine kinds of hops, and recipes for more libraries, with real servers
	@GOWORK=off go -C tools build -o $(TMP)/ honnef.co/go/tools/cmd/staticcheck github.com/kisielk/errcheck
	@export GOWORK=off CLEW_BIN=$(BIN); for d in chain examples/recipes; do echo "test $$d"; \
	  (cd $$d && go vet ./... && $(TMP)/staticcheck ./... && $(TMP)/errcheck -ignoretests ./... && $(RACE) ./...); done

.PHONY: soak-outage
soak-outage: ## the server is away for five minutes at 1,000 spans/s, the program is killed amid: nothing is lost
	cd server && CLEW_OUTAGE=5m go test -count 1 -v -timeout 30m -run Outage ./cmd/clew

.PHONY: prices
prices: ## take the embedded prices from the newest published genai-prices package
	@dir=$$(mktemp -d) && trap "rm -rf $$dir" EXIT && python3 -m pip download --quiet --no-deps --dest $$dir genai-prices && \
	cd server/internal/price/data && python3 refresh.py $$dir/genai_prices-*.whl $$(date -u +%F)
	go test ./server/internal/price

.PHONY: fuzz
fuzz: ## fuzz every parser for FUZZTIME each (default 30s)
	@for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' . | grep -v node_modules | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$pkg/*_test.go | sed 's/func //'); do \
	    echo "fuzz $$pkg $$f"; (cd $$pkg && GOWORK=off go test -run '^$$' -fuzz "^$$f$$" -fuzztime $${FUZZTIME:-30s} -fuzzminimizetime 1s .); done; done

.PHONY: fuzz-apis
fuzz-apis: ## fuzz requests and answers of each provider's API for FUZZTIME each (default 1m)
	@for api in $$(ls llmhttp/testdata); do for f in FuzzRequest FuzzResponse; do echo "fuzz $$api $$f"; \
	  go test -run '^$$' -fuzz "^$$f$$" -fuzztime $${FUZZTIME:-1m} -fuzzminimizetime 1s -parallel 1 ./llmhttp -args -api "$$api" || exit; done; done

.PHONY: soak-crash
soak-crash: ## kill the store one hundred times while it writes, deletes and keeps itself up, and check it each time
	CLEW_TEST_CRASHES=100 go test -count 1 -timeout 60m -run TestWhatWasAcknowledgedSurvivesKillNine -v ./server/internal/store/sqlite

.PHONY: soak-oracle
soak-oracle: ## compare the store with the oracle for CLEW_TEST_ORACLE (default 10m); CLEW_TEST_SEED replays
	CLEW_TEST_ORACLE=$${CLEW_TEST_ORACLE:-10m} go test -count 1 -timeout 120m -run TestARestlessStoreAnswersAsTheOracle -v ./server/internal/store/sqlite | grep -v '^ *--- PASS\|^=== RUN'

.PHONY: fixture
fixture: ## write the store that migrations from the present schema are tested with; once, before the first release that has it
	CLEW_TEST_WRITE_FIXTURE=1 go test -count 1 -run TestStoresOfEveryRelease ./server/internal/store/sqlite

.PHONY: bench
bench: ## benchmarks of all modules, and the comparison with rivals
	go test -run '^$$' -bench . -benchmem work
	cd bench && GOWORK=off go test -run '^$$' -bench . -benchmem -count 6 .

.PHONY: deps
deps: ## install what the tests need from the system (Debian; root)
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium python3-venv rabbitmq-server redis-server postgresql >/dev/null

.PHONY: clean-tree
clean-tree: ## fail when the tests left something behind
	@test -z "$$(git status --porcelain)" || { echo "the tests changed the tree:"; git status --short; exit 1; }
