#!/bin/sh
# valgrind.sh PROGRAM DB: an import, and a server that answers each kind of request, under valgrind; any error or leak fails.
set -eu
program=$1
db=$2
tmp=$(mktemp -d)
pid=
cleanup() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$tmp"
}
trap cleanup EXIT

check='valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible'

echo 'valgrind: import'
$check "$program" import --db "$tmp/kb.db" db/content >"$tmp/import.log"

echo 'valgrind: serve'
$check "$program" serve --listen 127.0.0.1:0 --db "$db" --threads 2 2>"$tmp/err" &
pid=$!
url=
for _ in $(seq 300); do
	url=$(sed -n 's/^listening on //p' "$tmp/err")
	[ -z "$url" ] || break
	sleep 0.1
done
[ -n "$url" ] || { cat "$tmp/err" >&2; exit 1; }
for target in / /codes '/codes?class=4&method=INVITE' /codes/486 /codes/486?lang=zh\&format=text /compare/486/600 /compare/404/503?format=text \
	/classes /classes/4 /glossary /glossary/proxy?format=text /problems /problems/not-found /openapi.json /livez /readyz \
	/codes/499 /codes/abc /codes/486?lang=fr /nothing /compare/486/486; do
	curl -sS -o /dev/null "$url$target"
done
curl -sS -o /dev/null -H 'Host: a' -H 'Host: b' "$url/"
curl -sS -o /dev/null -X POST -d hello "$url/codes"
curl -sS -o /dev/null -I "$url/codes/486"
kill "$pid"
status=0
wait "$pid" || status=$?
pid=
lines=$(grep -vc '^listening on ' "$tmp/err" || true)
if [ "$status" -ne 0 ] || [ "$lines" -ne 0 ]; then
	cat "$tmp/err" >&2
	exit 1
fi
echo 'valgrind: no errors, no leaks'
