#!/bin/sh
# lint-openapi.sh: Redocly on the OpenAPI description, by its own recommended rules; where it cannot be had, it says so.
set -eu
version=2.7.0
dir=build/npm
command -v npm >/dev/null || { echo 'lint-openapi: not checked, there is no npm here'; exit 0; }
if [ ! -x "$dir/node_modules/.bin/redocly" ]; then
	mkdir -p "$dir"
	timeout -k 5 180 npm install --silent --no-audit --no-fund --prefix "$dir" "@redocly/cli@$version" >"$dir/install.log" 2>&1 || {
		cat "$dir/install.log" >&2
		rm -rf "$dir"
		echo 'lint-openapi: not checked, npm could not install Redocly'
		exit 0
	}
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true "$dir/node_modules/.bin/redocly" lint openapi/openapi.json >"$log" 2>&1 || {
	cat "$log" >&2
	exit 1
}
if grep -q 'warning' "$log"; then
	cat "$log" >&2
	exit 1
fi
echo 'lint-openapi: no faults'
