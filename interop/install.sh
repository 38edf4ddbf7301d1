#!/bin/sh
# Installs the published SDKs that the tests of this module drive, each by its
# own lock file, into .tmp beside this script. Needs npm and python3 with venv.
set -eu
cd "$(dirname "$0")"
for dir in */node; do
	target=.tmp/$dir
	mkdir -p "$target"
	cmp -s "$dir/package-lock.json" "$target/package-lock.json" && test -d "$target/node_modules" && continue
	cp "$dir/package.json" "$dir/package-lock.json" "$target/"
	# None of these packages needs its install scripts to run.
	(cd "$target" && npm ci --no-audit --no-fund --ignore-scripts)
done
for dir in */python; do
	target=.tmp/$dir
	cmp -s "$dir/requirements.txt" "$target/requirements.txt" && test -x "$target/bin/python" && continue
	rm -rf "$target"
	python3 -m venv "$target"
	"$target/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: -r "$dir/requirements.txt"
	cp "$dir/requirements.txt" "$target/"
done
