#!/bin/sh
# readme.sh [--write] PROGRAM DB: runs the curl commands of README.md and holds their output against what stands below them;
# with --write, puts the output there.
set -eu
write=
if [ "$1" = --write ]; then
	write=1
	shift
fi
# shellcheck source=tools/serving.sh
. tools/serving.sh

start_serving "$1" serve --db "$2"
in_block=
while IFS= read -r line; do
	case $line in
	'$ curl '*)
		in_block=1
		printf '%s\n' "$line"
		printf '%s\n' "${line#\$ }" | sed "s|http://127.0.0.1:8080|$url|" >"$tmp/command"
		sh "$tmp/command"
		continue
		;;
	'```') in_block= ;;
	esac
	[ -n "$in_block" ] || printf '%s\n' "$line"
done <README.md >"$tmp/README.md"

if [ -n "$write" ]; then
	cp "$tmp/README.md" README.md
else
	diff -u README.md "$tmp/README.md" || { echo 'README.md does not show what the service answers; see: make golden' >&2; exit 1; }
	echo 'README.md shows what the service answers'
fi
