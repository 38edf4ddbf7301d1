#!/bin/sh
# Installs the published SDKs that the tests of this module drive, by their lock
# files: node_modules beside this script, .tmp/python, and .tmp/lmnr-0.7, which
# goes before the other in PYTHONPATH. Needs npm and python3 with venv.
set -eu
cd "$(dirname "$0")"
mkdir -p .tmp

node() {
	cmp -s package-lock.json .tmp/package-lock.json && test -d node_modules && return
	# None of these packages needs its install scripts, or what is optional, to run.
	npm ci --no-audit --no-fund --ignore-scripts --omit=optional --loglevel=error
	cp package-lock.json .tmp/
}

python() {
	cmp -s requirements.txt .tmp/requirements.txt && test -x .tmp/python/bin/python && return
	rm -rf .tmp/python .tmp/lmnr-0.7
	python3 -m venv .tmp/python
	pip="--quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes"
	.tmp/python/bin/pip install $pip -r requirements.txt
	.tmp/python/bin/pip install $pip --target .tmp/lmnr-0.7 -r requirements-lmnr-0.7.txt
	cp requirements.txt .tmp/
}

node & # the two don't need each other
python
wait $!
