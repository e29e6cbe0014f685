#!/bin/sh
# check-mcp.sh PROGRAM DB: /mcp as the protocol's own tools see it (SDK, Inspector, conformance suite), and the bot of docs/bot.md; where the tools
# cannot be had, it says so. MCP_SCHEMA may name the JSON Schema of 2026-07-28, which answers are then held against too.
set -eu
program=$1
db=$2
packages='node@22.23.3 @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/inspector@2.12.0 @modelcontextprotocol/conformance@0.1.16'
scenarios='server-initialize ping tools-list dns-rebinding-protection'
dir=build/npm-mcp
patience=180 # seconds that an installation may take
command -v npm >/dev/null || { echo 'check-mcp: not checked, there is no npm here'; exit 0; }

PATH="$PWD/$dir/node_modules/.bin:$PATH"
# The installed node is asked for its version since its package may be there without the program.
if [ "$(cat "$dir/installed" 2>/dev/null)" != "$packages" ]; then
	rm -rf "$dir"
	mkdir -p "$dir"
	# shellcheck disable=SC2086  # a list of packages
	if ! timeout -k 5 "$patience" npm install --silent --no-audit --no-fund --prefix "$dir" $packages >"$dir/install.log" 2>&1 ||
		! "$dir/node_modules/.bin/node" --version >>"$dir/install.log" 2>&1; then
		cat "$dir/install.log" >&2
		rm -rf "$dir"
		echo 'check-mcp: not checked, npm could not install the tools'
		exit 0
	fi
	echo "$packages" >"$dir/installed"
fi

# shellcheck source=tools/serving.sh
. tools/serving.sh
bot=
stop_bot() {
	[ -z "$bot" ] || kill "$bot" 2>/dev/null || true
}
trap 'stop_bot; stop_serving' EXIT
start_serving "$program" serve --db "$db"
failed=0
fail() {
	failed=1
	echo "check-mcp: $1" >&2
}

# shellcheck disable=SC2086  # no argument where there is no schema
node tests/mcp/client.mjs "$url" ${MCP_SCHEMA:+"$MCP_SCHEMA"} >"$tmp/client" || fail 'the SDK client failed'
steps=$(sed -n 's/^SDK client //p' "$tmp/client")

# The Inspector keeps files in the home directory.
inspect() {
	HOME="$tmp" mcp-inspector --cli "$url/mcp" --transport http "$@" >"$tmp/inspector" 2>"$tmp/inspector.err" || {
		cat "$tmp/inspector" "$tmp/inspector.err" >&2
		fail "Inspector: $*"
	}
}
# holds EXPRESSION: is it true of the JSON ("it") that the Inspector wrote?
holds() {
	node -e "const it = JSON.parse(require('fs').readFileSync(0, 'utf8')); process.exit($1 ? 0 : 1)" <"$tmp/inspector" || {
		head -c 2000 "$tmp/inspector" >&2
		fail "Inspector: not so: $1"
	}
}
inspect --method tools/list
holds 'it.tools.length === 6 && it.tools.every((tool) => tool.inputSchema && tool.outputSchema)'
inspect --method tools/call --tool-name lookup_code --tool-arg code=486 --tool-arg lang=id
holds 'it.structuredContent.code === 486 && it.structuredContent.lang === "id" && it.content[0].text.startsWith("# 486")'

passed=0
for scenario in $scenarios; do
	if conformance server --url "$url/mcp" --scenario "$scenario" >"$tmp/conformance" 2>&1; then
		passed=$((passed + 1))
	else
		cat "$tmp/conformance" >&2
		fail "conformance: $scenario"
	fi
done

# shellcheck disable=SC2016  # the backquotes are Markdown's
sed -n '/^```js$/,/^```$/{//!p}' docs/bot.md | diff -u docs/examples/bot.mjs - >&2 || fail 'docs/bot.md does not show docs/examples/bot.mjs'

export BOT_SECRET=correct-horse BOT_LANGUAGE=id
BOT_PORT=0 SIPCODES_URL=$url node docs/examples/bot.mjs >"$tmp/bot" 2>&1 &
bot=$!
bot_url=
for _ in $(seq 100); do
	bot_url=$(sed -n 's/^listening on //p' "$tmp/bot")
	[ -z "$bot_url" ] || break
	kill -0 "$bot" 2>/dev/null || break
	sleep 0.1
done
if ! node tests/mcp/bot.mjs "$bot_url" "$BOT_LANGUAGE"; then
	cat "$tmp/bot" >&2
	fail 'the bot failed'
fi
# The question of the document, and the answer that stands below it.
if command -v curl >/dev/null && command -v jq >/dev/null && command -v openssl >/dev/null; then
	sed -n '/^\$ body=/,/^\$ curl /s/^\$ //p' docs/bot.md | sed "s|http://127.0.0.1:8090|$bot_url|" >"$tmp/question"
	# shellcheck disable=SC2016  # the backquotes are Markdown's
	sed -n '/^\$ curl /,/^```$/{//!p}' docs/bot.md >"$tmp/answer"
	sh "$tmp/question" | diff -u "$tmp/answer" - >&2 || fail 'docs/bot.md does not show what the bot answers'
fi
kill "$bot" 2>/dev/null || true
wait "$bot" 2>/dev/null || true
bot=

if grep -v '^listening on ' "$tmp/err" >&2; then
	fail 'the service wrote this'
fi
[ "$failed" -eq 0 ] || exit 1
echo "check-mcp: SDK client $steps, Inspector 2 calls, conformance $passed scenarios: all passed"
