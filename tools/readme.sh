#!/bin/sh
# readme.sh [--write] PROGRAM DB: runs the curl commands of README.md and holds their output against what stands below them;
# with --write, puts the output there.
set -eu
write=
if [ "$1" = --write ]; then
	write=1
	shift
fi
tmp=$(mktemp -d)
pid=
cleanup() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$tmp"
}
trap cleanup EXIT

"$1" serve --listen 127.0.0.1:0 --db "$2" 2>"$tmp/err" &
pid=$!
url=
for _ in $(seq 100); do
	url=$(sed -n 's/^listening on //p' "$tmp/err")
	[ -z "$url" ] || break
	sleep 0.1
done
[ -n "$url" ] || { cat "$tmp/err" >&2; exit 1; }

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
