#!/bin/sh
# valgrind.sh PROGRAM DB: an import, and a server that answers each kind of request, under valgrind; any error or leak fails.
set -eu
program=$1
db=$2
# shellcheck source=tools/serving.sh
. tools/serving.sh

check='valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible'

echo 'valgrind: import'
$check "$program" import --db "$tmp/kb.db" db/content >"$tmp/import.log"

echo 'valgrind: serve'
# shellcheck disable=SC2086  # a command and its arguments
start_serving $check "$program" serve --db "$db" --threads 2
for target in / /codes '/codes?class=4&method=INVITE' /codes/486 /codes/486?lang=zh\&format=text /compare/486/600 /compare/404/503?format=text \
	/classes /classes/4 /glossary /glossary/proxy?format=text /problems /problems/not-found /openapi.json /livez /readyz \
	/codes/499 /codes/abc /codes/486?lang=fr /nothing /compare/486/486; do
	curl -sS -o /dev/null "$url$target"
done
curl -sS -o /dev/null -H 'Host: a' -H 'Host: b' "$url/"
curl -sS -o /dev/null -X POST -d hello "$url/codes"
curl -sS -o /dev/null -I "$url/codes/486"
for trace in tests/traces/rule-challenge-repeated.txt tests/traces/healthy-forked-call.txt tests/traces/format-sentence-id.txt; do
	curl -sS -o /dev/null --data-binary "@$trace" "$url/explain?format=text&vendor=kamailio"
	curl -sS -o /dev/null --data-binary "@$trace" "$url/explain?redact=false"
done
for message in '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' \
	'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"lookup_code","arguments":{"code":486}}}' \
	'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"explain_trace","arguments":{"text":"gets 486"}}}' '['; do
	curl -sS -o /dev/null -H 'Content-Type: application/json' -d "$message" "$url/mcp"
done
head -c 2000000 /dev/zero | curl -sS -o /dev/null --data-binary @- "$url/explain"
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
